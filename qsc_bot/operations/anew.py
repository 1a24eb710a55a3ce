"""A list from an index that shows damage: once, it is made again from a new one, where nothing was shown yet."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from qsc_bot.errors import FileSetAside
from qsc_bot.models.conversation import Conversation
from qsc_bot.operations.rows import listing_of
from qsc_bot.results import Ending, Listing
from qsc_bot.storage.index import Index

R = TypeVar("R")
Attempt = tuple[Iterator[Conversation], Callable[[], Ending]]
"""Rows, and the ending that is known after the last of them."""


def renewing(
    index: Index,
    attempt: Callable[[], Attempt],
    *,
    streams: bool = False,
    within: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Listing[Conversation]:
    """The list that an attempt makes, or a second one where the index was set aside during the first.

    Unless it `streams`, no row is given before all are known. Both attempts are made `within` one block. Raises
    `index.unusable` where rows were given already, and where the new index fails too.
    """
    made = _Renewing(index, attempt, streams=streams)

    def rows() -> Iterator[Conversation]:
        with within():
            yield from made.rows()

    return listing_of(rows(), lambda: made.ending())


def anew(index: Index, act: Callable[[], R]) -> R:
    """What an act gives, or gives at the second attempt where the index was set aside during the first."""
    try:
        return act()
    except FileSetAside:
        index.renew()
        return act()


class _Renewing:
    def __init__(self, index: Index, attempt: Callable[[], Attempt], *, streams: bool) -> None:
        self._index = index
        self._attempt = attempt
        self._streams = streams
        self._given = 0
        self.ending: Callable[[], Ending] = Ending

    def rows(self) -> Iterator[Conversation]:
        """The rows of the attempt that comes to its end."""
        try:
            yield from self._attempted()
        except FileSetAside:
            if self._given:
                raise
            self._index.renew()
            yield from self._attempted()

    def _attempted(self) -> Iterator[Conversation]:
        rows, self.ending = self._attempt()
        for row in rows if self._streams else list(rows):
            self._given += 1
            yield row
