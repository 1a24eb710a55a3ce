"""Brings the index up to date for the fewest calls: what is new since the last time, and what must be asked again."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Final

from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.mention import Mention
from qsc_bot.models.wording import counted
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.reach import Reach, Window
from qsc_bot.operations.sweep import Sieve
from qsc_bot.operations.tag_list import TagList
from qsc_bot.transport.parallel import beside, in_turn

KEPT: Final = timedelta(days=28)
"""Messages are kept as long as the API itself looks back by default."""
MOST_SLICES: Final = 6
SLICE_PAGES: Final = 3
"""A list is a chain of page tokens; a slice of time is a chain of its own, and ends with a page that is not full."""
_PAGE: Final = 100
_LOOK_SECONDS: Final = 1.0
"""How often it is told that the list of tagged contacts is being waited for."""


class Refresh:
    """One run's way of bringing the index up to date. `sieve` counts what was read, and `reach` tells how far.

    `foresee` hears of coming calls, and says whether all of them can go now.
    """

    def __init__(
        self, connection: Connection, *, full: bool, tell: Callable[[str], None], foresee: Callable[[int], bool]
    ) -> None:
        self._connection = connection
        self._index = connection.index
        self._full = full
        self._tell = tell
        self._foresee = foresee
        self.sieve = Sieve(connection.mentions.is_filtered)
        self.tags = TagList(connection, full=full)
        self.reach: Reach | None = None

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
            while wait([tags], timeout=_LOOK_SECONDS).not_done:
                self._tell("reading the list of tagged contacts")
            tags.result()
        self._prove(met)

    def one_by_one(self, start: Callable[[datetime], datetime]) -> Iterator[list[ConversationId]]:
        """Tags first, so that each page's customers can be shown as soon as it was read."""
        self.tags.bring_up_to_date()
        yield from self.messages(start)

    def messages(self, start: Callable[[datetime], datetime]) -> Iterator[list[ConversationId]]:
        """Read what is not known of the messages since `start`; the customers that each page shows first.

        The time comes from a remote that was already asked. Each page counts as soon as it is taken in, so that the
        next run reads on where this one was ended.
        """
        now = self._connection.clock.now()
        since = start(now)
        self.reach = reach = Reach(self._index, since=since, now=now, full=self._full)
        for window in reach.windows():
            for page in self._pages(window):
                if not self.sieve.seen:
                    reach.begin()
                fresh = self._take(page)
                reach.grow(window, page)
                yield fresh
            reach.finish(window)
        if since > now - KEPT:
            self._index.drop_messages(before=(now - KEPT).timestamp())
            reach.keep_from(now - KEPT)

    def _take(self, page: list[Mention]) -> list[ConversationId]:
        """The customers that a page shows first; not being on the list of tagged contacts counts for them."""
        fresh = self._index.take(list(self.sieve.private_messages(page)))
        self._tell(f"{counted(self.sieve.seen, 'message')} read")
        self._prove(fresh)
        return fresh

    def _prove(self, people: Iterable[ConversationId]) -> None:
        if self._index.coverage().tagged_at:
            proves = self._connection.escalations.proves_absence
            self._index.prove([person for person in people if proves(person.service)])

    def _pages(self, window: Window) -> Iterator[list[Mention]]:
        """The pages of one window, each joined to those before it; a long window is cut into slices of time.

        Slices are read side by side; where not all of their calls can go now, one chain of pages gets furthest.
        """
        counts: list[int] = []
        mentions = self._connection.mentions
        read = mentions.oldest_first if window.is_forward else mentions.newest_first
        chain = read(window.since, window.until, counted=counts.append)
        first = next(chain, [])
        yield first
        edge = window.edge(first)
        left = (counts[0] if counts else 0) - len(first)
        can_go = self._foresee(ceil(left / _PAGE))
        if edge is None or left <= SLICE_PAGES * _PAGE or not can_go:
            yield from chain
            return
        number = min(MOST_SLICES, ceil(left / _PAGE / SLICE_PAGES))
        with in_turn([read(*one) for one in window.cut(edge, number)]) as pages:
            yield from pages
