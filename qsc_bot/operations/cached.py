"""The list as it is known on this machine, without a call."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Conversation
from qsc_bot.models.known import Coverage, Known, Wanted
from qsc_bot.models.profile import Profile, Stuck
from qsc_bot.models.wire import moment
from qsc_bot.operations.anew import Attempt, renewing
from qsc_bot.operations.judge import Judge
from qsc_bot.operations.known_rows import offline_view
from qsc_bot.operations.query import Query
from qsc_bot.operations.rows import left_out
from qsc_bot.results import Ending, Listing, ListSummary
from qsc_bot.storage.index import Index

NEVER_READ = "nothing was read of this account yet; the list without --cached reads it"


def list_known(index: Index, profile: Profile, query: Query, *, limits: Stuck, now: datetime) -> Listing[Conversation]:
    """What earlier runs found out, each row with its age; those too old are `stale`."""

    def attempt() -> Attempt:
        made = _Cached(index, profile, query, limits, now)
        return made.rows(), made.ending

    return renewing(index, attempt)


class _Cached:
    def __init__(self, index: Index, profile: Profile, query: Query, limits: Stuck, now: datetime) -> None:
        self._index = index
        self._query = query
        self._since = query.start(now)
        self._view = offline_view(index, profile, query, now)
        self._judge = Judge(index, lambda: self._view, limits)
        self._by_control: Counter[str] = Counter()
        self._by_code: Counter[str] = Counter()
        self._stuck = 0
        self._total = self._unlooked = self._undecided = 0

    def rows(self) -> Iterator[Conversation]:
        """The rows up to the limit."""
        query = self._query
        wanted = query.from_index(now=self._view.now, since=self._since)
        known = filter(self._is_tagged_as_wanted, self._index.select(wanted))
        rows = filter(self._is_accepted, (self._judge.row(self._view.row(one)) for one in known))
        for row in islice(rows, query.limit):
            self._total += 1
            self._by_control[row.control.value] += 1
            self._by_code.update(row.stuck or ())
            self._stuck += bool(row.stuck)
            yield row
        if self._total == query.limit:
            self._total += self._left(rows, wanted)

    def _is_tagged_as_wanted(self, known: Known) -> bool:
        self._undecided += self._query.escalated is not None and known.bears is None
        return self._query.escalated in (None, known.bears)

    def _is_accepted(self, row: Conversation) -> bool:
        is_accepted = self._query.accepts(row)
        self._unlooked += not is_accepted and row.observed_at is None
        return is_accepted

    def _left(self, rows: Iterator[Conversation], wanted: Wanted) -> int:
        if self._query.judges_rows or self._query.escalated is not None:
            return sum(1 for _ in rows)
        return self._index.count(wanted) - self._total

    def ending(self) -> Ending:
        """How many there are, and what may be missing."""
        shown = sum(self._by_control.values())
        doubts = [*self._unread(self._view.coverage), *self._left_out()]
        warnings = [*self._gaps(self._view.coverage), *doubts]
        return Ending(
            complete=not warnings and shown == self._total,
            summary=ListSummary(
                total=self._total,
                by_control=dict(self._by_control),
                stuck=self._stuck,
                stuck_by_code=dict(self._by_code),
                since=self._since,
                calls=0,
            ),
            warnings=warnings,
            hints=[f"{shown} of {self._total} shown; add --all"] if shown < self._total else [],
            failure=self._query.failure(shown) or self._ignorance(doubts),
        )

    def _ignorance(self, doubts: Sequence[str]) -> QscBotError | None:
        """The failure of a check that found nothing because it does not know: that is no good news."""
        if not doubts or not self._query.fails_if_any:
            return None
        return QscBotError("check.unknown", f"nothing was found, but not all is known: {doubts[0]}")

    def _left_out(self) -> Iterator[str]:
        reads = "the list without --cached reads it"
        if self._unlooked:
            yield f"{left_out(self._unlooked)}: who holds them was not read yet; {reads}"
        if self._undecided:
            yield f"{left_out(self._undecided)}: whether their tag is on is not known; {reads}"
        if self._query.waiting:
            wanted = self._query.from_index(now=self._view.now, since=self._since)
            if unclear := self._index.count_unclear(wanted):
                yield f"{left_out(unclear)}: since when their customer waits is not known"

    def _unread(self, cover: Coverage) -> Iterator[str]:
        begin = moment(cover.swept_from)
        if begin is None:
            yield NEVER_READ
        elif begin > self._since:
            yield f"messages from before {begin:%Y-%m-%dT%H:%M:%SZ} were not read; the list without --cached reads them"

    def _gaps(self, cover: Coverage) -> Iterator[str]:
        until = moment(cover.swept_until)
        if cover.tagged_at == 0:
            yield "the list of tagged contacts had gaps; the list without --cached tells them"
        if until is not None and until < self._view.now - self._query.max_age:
            yield f"messages were last read at {until:%Y-%m-%dT%H:%M:%SZ}; what came in since is not shown"
