"""What to list, and in which order."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Control, Conversation
from qsc_bot.models.known import Wanted
from qsc_bot.models.wording import counted

Sort = Literal["waiting", "last", "id"]
LIMIT: Final = 50
MAX_AGE: Final = timedelta(minutes=2)
DAY: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to list. `limit` is None for all; `streams` asks for rows as soon as they are read, in the order read.

    `max_age` is how old a known fact may be; `full` trusts nothing that is known. With `codes` or `is_stuck` only stuck
    ones are wanted; `fails_if_any` makes a list that is not empty a failure. `max_calls` ends the run early;
    `across_reset` lets it wait for the next hour's calls where this hour's are used up.
    """

    controls: frozenset[Control] = frozenset()
    services: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    is_stuck: bool = False
    escalated: bool | None = None
    since: timedelta | datetime = DAY
    waiting: timedelta | None = None
    limit: int | None = LIMIT
    sort: Sort = "waiting"
    streams: bool = False
    max_age: timedelta = MAX_AGE
    full: bool = False
    fails_if_any: bool = False
    max_calls: int | None = None
    across_reset: bool = False

    def start(self, now: datetime) -> datetime:
        """Where the window begins."""
        return self.since if isinstance(self.since, datetime) else now - self.since

    @property
    def judges_rows(self) -> bool:
        """Whether it takes knowing who holds a row to know whether it is wanted."""
        return bool(self.controls or self.codes or self.is_stuck)

    def accepts(self, row: Conversation) -> bool:
        """Whether a row is wanted, as far as who holds it and being stuck decide."""
        if self.controls and row.control not in self.controls:
            return False
        if self.codes and not self.codes.intersection(row.stuck or ()):
            return False
        return bool(row.stuck) or not self.is_stuck

    def from_index(self, *, now: datetime, since: datetime) -> Wanted:
        """What of it the index can decide."""
        return Wanted(
            since=since.timestamp(),
            services=self.services,
            waits_before=(now - self.waiting).timestamp() if self.waiting else None,
            order=self.sort,
        )

    def failure(self, shown: int) -> QscBotError | None:
        """The failure that a list that is not empty was asked to be."""
        if not shown or not self.fails_if_any:
            return None
        return QscBotError("check.found", f"{counted(shown, 'conversation')} found, and none is allowed")


def limit_of(limit: int | None, *, all_: bool) -> int | None:
    """How many to show, None for all; raises `usage.invalid` for a limit on all."""
    if all_ and limit is not None:
        raise QscBotError("usage.invalid", "--all and --limit contradict each other")
    return None if all_ else limit or LIMIT
