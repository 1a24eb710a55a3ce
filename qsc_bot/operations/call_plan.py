"""Which calls a command would make, as it is shown: by endpoint, with what is left of the hour."""

from collections.abc import Iterable
from typing import Final

from qsc_bot.models.call_plan import CallPlan, PlannedCalls
from qsc_bot.models.limits import Limits
from qsc_bot.results import Record

CONTACTS: Final = "GET /{account_id}/inbox/contacts"
MENTIONS: Final = "GET /{account_id}/inbox/mentions"
CONTACT: Final = "GET /{account_id}/inbox/contact/{service}/{service_id}"
HANDOVER: Final = "GET /{account_id}/inbox/handover/{service}/{service_id}"
MODE: Final = "GET /me?fields=messaging_feature_status"
THREADS: Final = "GET /{page_id}/conversations"
OWNER: Final = "GET /{page_id}/thread_owner"
SOCIAL_CONNECT: Final = "Social Connect"
META: Final = "Meta"
IN_ALL: Final = "in all"
FIRST_LOOK: Final = "in the first look"


def planned(
    endpoint: str, calls: int, reason: str, *, remote: str = SOCIAL_CONNECT, at_least: bool = False
) -> PlannedCalls:
    """The calls to one endpoint; `at_least` where only answers can tell how many more there are."""
    return PlannedCalls(endpoint=endpoint, remote=remote, calls=calls, at_least=at_least, reason=reason)


def as_record(
    items: Iterable[PlannedCalls], limits: Limits | None, *, scope: str = IN_ALL, looks: int | None = None
) -> Record:
    """A plan as it is shown, with what is known of the hour's calls; `scope` says of what its sum is."""
    calls = list(items)
    plan = CallPlan(
        items=calls,
        total=sum(one.calls for one in calls),
        at_least=any(one.at_least for one in calls),
        looks=looks,
        calls_left=limits.left if limits else None,
        reserve=limits.reserve if limits else None,
        resets_at=limits.reset_at if limits else None,
    )
    return Record(schema="call-plan", item=plan, view=_text(plan, scope), views_everywhere=True)


def _text(plan: CallPlan, scope: str) -> str:
    lines = [f"{_number(one.calls, one.at_least)}  {one.endpoint}\n{'':>10}{one.reason}" for one in plan.items]
    looks = "" if plan.looks is None else f"; {plan.looks} look{'' if plan.looks == 1 else 's'} at most"
    left = "" if plan.calls_left is None else f"; {plan.calls_left} left, {plan.reserve} kept for the bot"
    return "\n".join([*lines, f"{_number(plan.total, plan.at_least)}  calls {scope}{looks}{left}"])


def _number(calls: int, at_least: bool) -> str:
    return f"{calls}{' or more' if at_least else ''}".rjust(8)
