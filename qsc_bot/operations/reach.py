"""How far messages were read: one stretch of time without a gap, kept page by page, and never more than is true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from qsc_bot.models.mention import Mention
from qsc_bot.models.wire import moment
from qsc_bot.operations.tag_list import OVERLAP
from qsc_bot.storage.index import Index

_EDGE: Final = timedelta(seconds=1)
"""Moments are told in whole seconds, and of the last second on a page some messages may stand on the next."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of time to read: from its newest message back, or `is_forward` from its oldest on.

    `until` is None for one that has no end; `now` is when it was begun.
    """

    since: datetime
    until: datetime | None = None
    now: datetime
    is_forward: bool = False

    def edge(self, page: Sequence[Mention]) -> datetime | None:
        """Up to which moment a page that follows those before it has read; None where its messages do not say."""
        added = [at for one in page if (at := moment(one.date.added))]
        if not added:
            return None
        return max(added) if self.is_forward else min(added)

    def cut(self, edge: datetime, number: int) -> list[tuple[datetime, datetime | None]]:
        """What is beyond the edge in so many slices, those next to the edge first; they overlap by a second."""
        if self.is_forward:
            end = self.until or self.now
            step = (end - edge) / number
            slices = [(edge + at * step, edge + (at + 1) * step + _EDGE) for at in range(number - 1)]
            return [*slices, (end - step, self.until)]
        step = (edge - self.since) / number
        return [(self.since + at * step, self.since + (at + 1) * step + _EDGE) for at in reversed(range(number))]


class Reach:
    """What one run adds to the stretch that the index covers. Where another run changes that, it adds nothing more."""

    def __init__(self, index: Index, *, since: datetime, now: datetime, full: bool = False) -> None:
        self._index = index
        self._since = since
        self._now = now
        self._known = index.coverage().stretch
        begin, until = (moment(at) for at in self._known)
        self._is_joined = begin is not None and until is not None and since <= until <= now + OVERLAP
        self._reads_all = full or not self._is_joined
        self._is_mine = True

    def windows(self) -> list[Window]:
        """What is to be read, the newer part first; all of it where nothing that is known joins it."""
        begin, until = (moment(at) for at in self._known)
        if self._reads_all or begin is None or until is None:
            return [Window(since=self._since, now=self._now)]
        newer = Window(since=until - OVERLAP, now=self._now, is_forward=True)
        older = Window(since=self._since, until=begin + _EDGE, now=self._now)
        return [newer, older] if self._since < begin else [newer]

    def begin(self) -> None:
        """Before the first page is taken in: forget what does not join it."""
        if not self._is_joined:
            self._is_mine = self._index.begin_anew(self._known)
            self._known = (None, None) if self._is_mine else self._known

    def grow(self, window: Window, page: Sequence[Mention]) -> None:
        """After a page was taken in: all of its window up to its edge is known now."""
        edge = window.edge(page)
        if edge is None or (self._reads_all and self._is_joined):
            return
        begin, until = self._known
        if begin is None or until is None:
            self._claim(min(edge + _EDGE, self._now).timestamp(), self._now.timestamp(), is_new=True)
        elif window.is_forward:
            self._claim(begin, max(until, (min(edge, self._now) - _EDGE).timestamp()))
        else:
            self._claim(min(begin, (edge + _EDGE).timestamp()), until)

    def finish(self, window: Window) -> None:
        """After the last page of a window."""
        begin, until = self._known
        since, now = window.since.timestamp(), self._now.timestamp()
        begin = since if begin is None else min(begin, since)
        self._claim(begin, until if until is not None and window.until else now, is_new=window.until is None)

    def keep_from(self, oldest: datetime) -> None:
        """After older messages were forgotten."""
        begin, until = self._known
        if begin is not None and until is not None and begin < oldest.timestamp():
            self._claim(oldest.timestamp(), until)

    def missing(self) -> str:
        """Which messages were not read, in words; empty where all were."""
        begin, until = (moment(at) for at in self._known)
        if not self._is_joined and (begin is None or until is None):
            return "none were read"
        parts = []
        if until is not None and until < self._now:
            parts.append(f"those after {until:%Y-%m-%dT%H:%M:%SZ}")
        if begin is not None and begin > self._since:
            parts.append(f"those from before {begin:%Y-%m-%dT%H:%M:%SZ}")
        return " and ".join(parts) and f"{' and '.join(parts)} were not read"

    def _claim(self, begin: float, until: float, *, is_new: bool = False) -> None:
        """`is_new` says that all up to now was read now."""
        if self._is_mine and (is_new or (begin, until) != self._known):
            read_at = {"swept_at": self._now.timestamp()} if is_new else {}
            self._is_mine = self._index.claim(self._known, (begin, until), **read_at)
        if self._is_mine:
            self._known = (begin, until)
