"""What a run of writes will cost: the calls of each step, how many of them can go now, and about how long it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.models.conversation import Control, ConversationId, Method
from qsc_bot.models.duration import spoken
from qsc_bot.models.operation import Step
from qsc_bot.operations.acts import driver_of
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.reserve import Reserve
from qsc_bot.transport.budget import Forecast
from qsc_bot.transport.parallel import WRITERS

USUAL_SECONDS: Final = 0.3
"""How long a call takes where this run has made none yet: assumed."""
_MOVES: Final = frozenset({"handover.to_bot", "handover.to_agent", "handover.renew"})
_MAY_NEED_TAKING: Final = frozenset({None, Control.OTHER, Control.UNKNOWN})


@dataclass(frozen=True, kw_only=True)
class Calls:
    """So many calls to each remote."""

    social_connect: int = 0
    graph: int = 0

    def __add__(self, other: "Calls") -> "Calls":
        """Both together."""
        return Calls(social_connect=self.social_connect + other.social_connect, graph=self.graph + other.graph)


@dataclass(frozen=True, kw_only=True)
class Coming:
    """The most calls that a run takes where nothing fails, and how they go; `budget` is None without a token.

    `seconds_a_call` is as seen by this run, None where it has seen none.
    """

    conversations: int
    calls: Calls
    budget: Forecast | None
    left: int | None
    seconds_a_call: float | None

    @property
    def exceeds(self) -> bool:
        """Whether some of the calls cannot go within this hour."""
        return self.budget is not None and self.budget.later > 0

    @property
    def seconds(self) -> float:
        """About how long the calls take, waits for a next hour aside."""
        calls = self.calls.social_connect + self.calls.graph
        return calls * (self.seconds_a_call or USUAL_SECONDS) / min(WRITERS, max(self.conversations, 1))


def calls_of(step: Step, method: Method) -> Calls:
    """The most calls that one step takes where nothing fails: to read, to write, and to read back.

    Not counted: what is asked once a run, such as the topics of a bot channel that the profile does not name, and who
    holds the contact's other conversations.
    """
    compared = Calls(social_connect=_comparing(step, method)) if step.fingerprint else Calls()
    return compared + _writing(step, method)


def _comparing(step: Step, method: Method) -> int:
    """The calls to see that a conversation is as its plan found it: the newest messages, and the tag beside control."""
    return 1 if method is Method.TAG and not step.action.startswith("escalation.") else 2


def _writing(step: Step, method: Method) -> Calls:
    """The calls of a step whose state needs no comparing with that of its plan."""
    if step.action.startswith("escalation."):
        return Calls(social_connect=2)
    if step.action == "handover.renew":
        return Calls(graph=6)
    if step.action == "handover.extend":
        return Calls(graph=3) if method is Method.MESSENGER else Calls(social_connect=1)
    if method is Method.TAG:
        return Calls(social_connect=2)
    moving = 2 + step.verify
    if method is Method.HANDOVER:
        return Calls(social_connect=moving + _tag_calls(step))
    takes_first = step.action == "handover.to_agent" and step.expected in _MAY_NEED_TAKING
    return Calls(social_connect=_tag_calls(step), graph=moving + takes_first)


def _tag_calls(step: Step) -> int:
    """The calls for the tag beside control: to read and write it where it follows, else to tell that it is still on."""
    if ConversationId.parse(step.id).service in UNSUPPORTED:
        return 0
    if step.with_tag:
        return 2
    return int(step.verify and step.action == "handover.to_bot")


def foresee(connection: Connection, steps: Sequence[Step], reserve: Reserve) -> Coming:
    """What these steps will cost; nothing is called for it."""
    calls = _modes(connection, steps)
    for step in steps:
        calls += calls_of(step, driver_of(connection, step).method)
    budget, has_token = connection.budget, connection.can_read(Method.TAG)
    return Coming(
        conversations=len(steps),
        calls=calls,
        budget=budget.forecast(calls.social_connect, reserve=reserve.calls(connection.profile)) if has_token else None,
        left=budget.left_now if has_token else None,
        seconds_a_call=budget.seconds_a_call,
    )


def tell_shortage(connection: Connection, steps: Sequence[Step], reserve: Reserve) -> None:
    """Say first where the calls of this hour will not do for these steps."""
    coming = foresee(connection, steps, reserve)
    if coming.exceeds:
        reserve.tell(coming_words(coming, across_reset=reserve.across_reset))


def coming_words(coming: Coming, *, across_reset: bool) -> str:
    """The forecast as one sentence."""
    number = f"{coming.conversations} conversation{' takes' if coming.conversations == 1 else 's take'}"
    calls = f"{coming.calls.social_connect} calls to Social Connect"
    meta = f" and {coming.calls.graph} to Meta" if coming.calls.graph else ""
    pace = "" if coming.seconds_a_call else f" at {USUAL_SECONDS} s a call"
    text = f"{number} up to {calls}{meta}, about {spoken(max(coming.seconds, 1))}{pace}"
    return "; ".join(filter(None, (text, _budget_words(coming, across_reset=across_reset))))


def _budget_words(coming: Coming, *, across_reset: bool) -> str:
    budget = coming.budget
    if budget is None or coming.left is None:
        return ""
    kept = f", {budget.reserve} an hour kept for the bot" if budget.reserve else ""
    left = f"{coming.left} left{kept}"
    if not budget.later:
        return left
    when = f", the rest after {budget.resets_at:%H:%M} UTC" if budget.resets_at else ""
    last = (
        f", the last after {budget.ends_at:%H:%M} UTC" if budget.ends_at and budget.ends_at != budget.resets_at else ""
    )
    how = "" if across_reset else "; add --across-reset to wait for them, or resume the operation then"
    return f"{left}: {budget.now} can go now{when}{last}{how}"


def _modes(connection: Connection, steps: Sequence[Step]) -> Calls:
    """One call a run for each service whose thread control may be switched off."""
    moved = {ConversationId.parse(step.id).service for step in steps if step.action in _MOVES}
    return Calls(graph=sum(connection.drivers.method_of(service) is Method.MESSENGER for service in moved))
