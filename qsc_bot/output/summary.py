"""The last line on stderr: what was found or done, in numbers, and what it cost."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from qsc_bot.models.conversation import Control, Counts
from qsc_bot.models.duration import spoken
from qsc_bot.models.wording import counted
from qsc_bot.output.fields import Row
from qsc_bot.output.text import sanitise
from qsc_bot.results import ListSummary

_MINUTE: Final = 60


def summary_line(
    summary: ListSummary,
    *,
    profile: str | None,
    account_id: str | None,
    shown: int,
    read_at: datetime,
    now: datetime,
) -> str:
    """How many conversations there are, who holds them, when that was read, and the calls it took."""
    account = f" ({account_id})" if account_id else ""
    owner = f"{profile or 'no profile'}{account}"
    period = f", last {_period(summary.since, now)}" if summary.since else ""
    total = f"{shown} of {summary.total}" if summary.total > shown else str(summary.total)
    controls = ", ".join(f"{number} {word}" for word, number in _by_control(summary) if number)
    found = f"{total} = {controls}" if controls else total
    stuck = f"; {summary.stuck} stuck" if summary.stuck else ""
    return sanitise(f"{owner}{period}: {found}{stuck}; read {read_at.astimezone(UTC):%H:%M}; {_calls(summary)}")


def read_at(rows: Sequence[Row]) -> datetime | None:
    """When the newest of what is shown was read."""
    moments = [row["observed_at"] for row in rows if row.get("observed_at")]
    return datetime.fromisoformat(max(moments)) if moments else None


def counts_line(counts: Counts) -> str:
    """How many items came to what; empty when there were none."""
    numbers = {word: getattr(counts, word) for word in counts.__struct_fields__}
    return ", ".join(f"{number} {word.replace('_', ' ')}" for word, number in numbers.items() if number)


def _period(since: datetime, now: datetime) -> str:
    """How far back was looked: to the minute, as the clock may have been corrected by some seconds meanwhile."""
    seconds = (now - since).total_seconds()
    return spoken(seconds if seconds < _MINUTE else round(seconds / _MINUTE) * _MINUTE)


def _by_control(summary: ListSummary) -> list[tuple[str, int]]:
    order = {control.value: at for at, control in enumerate(Control)}
    return sorted(summary.by_control.items(), key=lambda pair: order.get(pair[0], len(order)))


def _calls(summary: ListSummary) -> str:
    calls = counted(summary.calls, "call")
    return calls if summary.calls_left is None else f"{calls}, {summary.calls_left} left"
