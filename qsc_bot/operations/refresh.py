"""Brings the index up to date for the fewest calls: what is new since the last time, and what must be asked again."""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Final

from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.mention import Mention
from qsc_bot.models.wire import moment
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.sweep import Sieve
from qsc_bot.operations.tag_list import OVERLAP, TagList
from qsc_bot.transport.parallel import beside, side_by_side

KEPT: Final = timedelta(days=28)
"""Messages are kept as long as the API itself looks back by default."""
MOST_SLICES: Final = 6
SLICE_PAGES: Final = 3
"""A list is a chain of page tokens; a slice of time is a chain of its own, and ends with a page that is not full."""
_PAGE: Final = 100
_EDGE: Final = timedelta(seconds=1)


class Refresh:
    """One run's way of bringing the index up to date. `sieve` counts what was read; `foresee` hears of coming calls."""

    def __init__(
        self, connection: Connection, *, full: bool, tell: Callable[[str], None], foresee: Callable[[int], None]
    ) -> None:
        self._connection = connection
        self._index = connection.index
        self._full = full
        self._tell = tell
        self._foresee = foresee
        self.sieve = Sieve(connection.mentions.is_filtered)
        self.tags = TagList(connection, full=full)

    def all_at_once(self, start: Callable[[datetime], datetime]) -> Iterator[list[ConversationId]]:
        """Tags and messages side by side; messages begin once the first answer has told the remote's time."""
        asked = threading.Event()
        with beside(partial(self.tags.bring_up_to_date, on_answer=asked.set)) as tags:
            tags.add_done_callback(lambda _: asked.set())
            met: list[ConversationId] = []
            try:
                asked.wait()
                for fresh in self.messages(start):
                    met += fresh
                    yield fresh
            except BaseException:
                self.tags.give_up()
                raise
            tags.result()
        self._prove(met)

    def one_by_one(self, start: Callable[[datetime], datetime]) -> Iterator[list[ConversationId]]:
        """Tags first, so that each page's customers can be shown as soon as it was read."""
        self.tags.bring_up_to_date()
        yield from self.messages(start)

    def messages(self, start: Callable[[datetime], datetime]) -> Iterator[list[ConversationId]]:
        """Read what is not known of the messages since `start`; the customers that each page shows first.

        The time comes from a remote that was already asked. What is left unread is read again the next time.
        """
        now = self._connection.clock.now()
        cover, since = self._index.coverage(), start(now)
        until, begin = moment(cover.swept_until), moment(cover.swept_from)
        is_joined = until is not None and begin is not None and since <= until <= now + OVERLAP
        windows = self._windows(since, begin, until) if is_joined and until and begin else [(since, None)]
        if self._full and is_joined:
            windows = [(since, None)]
        for window in windows:
            for page in self._pages(*window):
                if not is_joined and not self.sieve.seen:
                    self._index.drop_messages()
                yield self._take(page)
        if since > now - KEPT:
            self._index.drop_messages(before=(now - KEPT).timestamp())
        oldest = max(min(since, begin) if is_joined and begin else since, now - KEPT)
        self._index.mark(swept_from=oldest.timestamp(), swept_until=now.timestamp(), swept_at=now.timestamp())

    def _take(self, page: list[Mention]) -> list[ConversationId]:
        """The customers that a page shows first; not being on the list of tagged contacts counts for them."""
        fresh = self._index.take(list(self.sieve.private_messages(page)))
        self._tell(f"{self.sieve.seen} messages read")
        self._prove(fresh)
        return fresh

    def _prove(self, people: Iterable[ConversationId]) -> None:
        if self._index.coverage().tagged_at:
            proves = self._connection.escalations.proves_absence
            self._index.prove([person for person in people if proves(person.service)])

    def _windows(self, since: datetime, begin: datetime, until: datetime) -> list[tuple[datetime, datetime | None]]:
        newer: list[tuple[datetime, datetime | None]] = [(until - OVERLAP, None)]
        return [*newer, (since, begin + _EDGE)] if since < begin else newer

    def _pages(self, since: datetime, until: datetime | None) -> Iterator[list[Mention]]:
        """The pages of one window; a long one is cut into slices of time that are read side by side."""
        counts: list[int] = []
        chain = self._connection.mentions.newest_first(since, until, counted=counts.append)
        first = next(chain, [])
        yield first
        oldest = min((at for one in first if (at := moment(one.date.added))), default=None)
        left = (counts[0] if counts else 0) - len(first)
        self._foresee(ceil(left / _PAGE))
        if oldest is None or left <= SLICE_PAGES * _PAGE:
            yield from chain
            return
        number = min(MOST_SLICES, ceil(left / _PAGE / SLICE_PAGES))
        step = (oldest - since) / number
        read = self._connection.mentions.newest_first
        slices = [read(since + at * step, since + (at + 1) * step + _EDGE) for at in reversed(range(number))]
        with side_by_side(slices) as pages:
            yield from pages
