"""How many calls are left this hour: as last seen, or as asked now."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from qsc_bot.errors import ApiError
from qsc_bot.models.limits import Limits
from qsc_bot.models.wire import moment
from qsc_bot.results import Record
from qsc_bot.storage.facts import Facts
from qsc_bot.transport.clock import Clock
from qsc_bot.transport.pace import Meter

NEVER_SEEN: Final = "nothing was asked from this machine yet; qsc-bot limits --ask asks now, by one call"
NOT_TOLD: Final = "the remote told no limit"
RESET_PASSED: Final = "this hour is over: the whole limit is left, as far as this machine knows"


def show_limits(host: str, meter: Meter, facts: Facts, *, clock: Clock, ask: Callable[[], object] | None) -> Record:
    """The limit as last seen by this machine; with `ask`, as one call tells now.

    A call that is refused because the limit is reached tells it too. Where the hour that was seen is over, `left` is
    null: nobody asked since.

    https://developers.engagor.com/documentation/ratelimiting
    """
    if ask is None:
        return Record(schema="limits", item=_seen(host, facts, clock.now()))
    try:
        ask()
    except ApiError as error:
        if error.code != "api.rate_limited":
            raise
    return Record(schema="limits", item=_told(host, meter, clock.now()))


def keep_limits(meter: Meter, facts: Facts, *, clock: Clock) -> None:
    """Remember what the last answer told, for the next run."""
    if meter.left is not None:
        kept = {"limit": meter.limit, "left": meter.left, "period_s": meter.period_s, "reset": meter.reset_at_unix}
        facts.remember_limits(kept | {"at": clock.unix()})


def _told(host: str, meter: Meter, now: datetime) -> Limits:
    return Limits(
        host=host,
        limit=meter.limit,
        left=meter.left,
        period_s=meter.period_s,
        reset_at=moment(meter.reset_at_unix),
        seen_at=now,
        asked=True,
        note=NOT_TOLD if meter.left is None else None,
    )


def _seen(host: str, facts: Facts, now: datetime) -> Limits:
    kept = facts.limits()
    if kept is None:
        return Limits(host=host, note=NEVER_SEEN)
    seen = Limits(
        host=host,
        limit=kept.get("limit"),
        left=kept.get("left"),
        period_s=kept.get("period_s"),
        reset_at=moment(kept.get("reset")),
        seen_at=moment(kept.get("at")),
    )
    if seen.reset_at is not None and seen.reset_at <= now:
        return msgspec.structs.replace(seen, left=None, note=RESET_PASSED)
    return seen
