"""Follows the list: one look after another, what changed between them, and how often there may be one."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, Final, Literal

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Conversation, ConversationEvent
from qsc_bot.models.profile import Stuck
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.listing import list_conversations
from qsc_bot.operations.query import Query
from qsc_bot.operations.rows import COLUMNS, PLAIN
from qsc_bot.operations.slo import Slo, breach
from qsc_bot.results import Column, Feed, Look

INTERVAL_FLOOR_SECONDS: Final = 10.0
LONGEST_BACKOFF_SECONDS: Final = 300.0
JITTER: Final = 0.1
BEAT_SECONDS: Final = 20.0
"""No sleep is longer: a sign of life is promised every 30 s, and a look takes some time too."""
LOOK_BEAT_SECONDS: Final = 10.0
"""How long a look may be silent, after such a sleep."""
LEAST_COST: Final = 2
"""Calls of a look that finds nothing new: a page of tagged contacts and a page of messages."""
LOOKS_REMEMBERED: Final = 10
SEEN: Final = Column("seen", "SEEN", "text", 0)
"""How old the reading of who holds it is: a list that is followed shows old rows beside new ones."""
COMPARED: Final = (
    "control",
    "holder",
    "escalated",
    "stuck",
    "last_message_at",
    "last_message_from",
    "status",
    "assigned_to",
)
"""A row is another one when one of these is; that a customer waits longer is no change."""


@dataclass(frozen=True, kw_only=True)
class Tempo:
    """How often to look: seconds between two looks, and how time passes, in seconds of this machine's clock."""

    interval_s: float
    now: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]


def interval_floor(cost_per_look: float, left: int | None, reserve: int, seconds_to_reset: float | None) -> float:
    """The shortest interval in seconds by which the calls that are left last until the limit is reset.

    `reserve` of them are not to be used. Where the limit is not known, nothing holds back.
    """
    if left is None or seconds_to_reset is None or seconds_to_reset <= 0 or cost_per_look <= 0:
        return 0.0
    looks = (left - reserve) / cost_per_look
    return seconds_to_reset if looks < 1 else seconds_to_reset / looks


def changes(
    before: Mapping[str, Conversation], now: Mapping[str, Conversation], *, checked_at: datetime
) -> list[ConversationEvent]:
    """What is new, what is another, and what is gone, in this order of the rows."""
    events = [
        _event(row, "modified" if row.id in before else "added", checked_at)
        for row in now.values()
        if row.id not in before or _differs(before[row.id], row)
    ]
    return events + [_event(row, "removed", checked_at) for row in before.values() if row.id not in now]


def _differs(one: Conversation, other: Conversation) -> bool:
    return any(getattr(one, field) != getattr(other, field) for field in COMPARED)


def _aged(row: Conversation, begun: datetime) -> Conversation:
    """The row, as old where who holds it was read before this look began."""
    is_old = row.observed_at is not None and row.observed_at < begun
    return msgspec.structs.replace(row, stale=is_old)


def _event(
    row: Conversation, change: Literal["added", "modified", "removed"], checked_at: datetime
) -> ConversationEvent:
    known: dict[str, Any] = {field: getattr(row, field) for field in row.__struct_fields__}
    return ConversationEvent(**known, change=change, checked_at=checked_at)


class Watch:
    """A list that is followed: what it showed last, what it cost, and why it failed."""

    def __init__(
        self,
        connection: Connection,
        query: Query,
        tempo: Tempo,
        *,
        limits: Stuck,
        slos: Sequence[Slo] = (),
        exits_on_breach: bool = False,
        options: str = "",
        tell: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._query = query
        self._tempo = tempo
        self._limits = limits
        self._slos = slos
        self._exits_on_breach = exits_on_breach
        self._options = options
        self._tell_on = tell
        self._signed_at = tempo.now()
        self._feed: Feed | None = None
        self._rows: dict[str, Conversation] = {}
        self._checked_at: datetime | None = None
        self._failure: QscBotError | None = None
        self._failures = 0
        self._warnings: list[str] = []
        self._costs: deque[int] = deque(maxlen=LOOKS_REMEMBERED)

    def feed(self) -> Feed:
        """The looks, to be shown as they come."""
        columns = [column for column in COLUMNS if column.field != "observed_at"]
        after = [column.field for column in columns].index("id") + 1
        self._feed = Feed(
            schema="conversation-event",
            event=ConversationEvent,
            columns=[*columns[:after], SEEN, *columns[after:]],
            plain=PLAIN,
            looks=self._looks(),
        )
        return self._feed

    def _looks(self) -> Iterator[Look]:
        """Without end; raises what more looks cannot mend, and `slo.breached` where that was asked for."""
        while True:
            events = self._look()
            pause = self._pause()
            yield self._state(pause, is_new=True, events=events)
            failure = breach(self._slos, list(self._rows.values()), options=self._options)
            if failure and self._exits_on_breach:
                raise failure
            beats = max(1, ceil(pause / BEAT_SECONDS))
            for left in reversed(range(beats)):
                self._tempo.sleep(pause / beats)
                if left:
                    yield self._state(pause * left / beats)

    def _look(self) -> list[ConversationEvent]:
        """Read the list once more; what changed. Where that failed for a while, what was known stays, as old."""
        calls, self._signed_at = self._connection.budget.calls, self._tempo.now()
        is_first = not self._costs
        try:
            rows, failure = self._read()
        except QscBotError as error:
            if not error.retryable:
                raise
            rows, failure = {}, error
        self._costs.append(LEAST_COST if is_first else self._connection.budget.calls - calls)
        now = self._connection.clock.now()
        self._failure = failure
        self._failures = self._failures + 1 if failure else 0
        if failure:
            rows = {key: msgspec.structs.replace(row, stale=True) for key, row in self._rows.items()} | rows
        else:
            self._checked_at = now
        before, self._rows = self._rows, rows
        return changes(before, rows, checked_at=now)

    def _read(self) -> tuple[dict[str, Conversation], QscBotError | None]:
        """The rows, and why they are not all of them."""
        listing = list_conversations(self._connection, self._query, tell=self._tell, limits=self._limits)
        begun = self._connection.clock.now()
        rows = {row.id: _aged(row, begun) for row in listing.items}
        ending = listing.ending()
        if ending.failure and not ending.failure.retryable:
            raise ending.failure
        self._warnings = list(ending.warnings)
        return rows, ending.failure

    def _tell(self, text: str) -> None:
        """Tell how far a look is; where that takes long, give a sign of life too."""
        self._tell_on(text)
        if self._feed and not 0 <= self._tempo.now() - self._signed_at < LOOK_BEAT_SECONDS:
            self._signed_at = self._tempo.now()
            self._feed.beat(self._state(0.0))

    def _pause(self) -> float:
        """Seconds until the next look: as asked for, as the calls that are left allow, longer after each failure."""
        budget, now = self._connection.budget, self._connection.clock.now()
        to_reset = (budget.resets_at - now).total_seconds() if budget.resets_at else None
        cost = sum(self._costs) / len(self._costs)
        reserve = self._connection.profile.budget_reserve
        asked = self._tempo.interval_s
        longer = min(LONGEST_BACKOFF_SECONDS, asked * 2.0 ** min(self._failures, LOOKS_REMEMBERED))
        pause = max(asked, longer, interval_floor(cost, budget.left, reserve, to_reset))
        return pause * (1 + JITTER * self._tempo.jitter())

    def _state(self, next_in_s: float, *, is_new: bool = False, events: Sequence[ConversationEvent] = ()) -> Look:
        rows, budget = list(self._rows.values()), self._connection.budget
        return Look(
            rows=rows,
            events=events,
            is_new=is_new,
            at=self._connection.clock.now(),
            checked_at=self._checked_at,
            next_in_s=next_in_s,
            calls=budget.calls,
            calls_left=budget.left,
            failure=self._failure,
            warnings=self._warnings,
            breaches=[f"{slo} by {len(found)}" for slo in self._slos if (found := slo.breached_by(rows))],
        )
