"""A list from an index that shows damage: made once more, and only where nothing was shown."""

from collections.abc import Iterator

import pytest

from qsc_bot.errors import FileSetAside
from qsc_bot.models.conversation import Conversation, Method
from qsc_bot.operations.anew import Attempt, renewing
from qsc_bot.results import Ending
from qsc_bot.storage.index import Index, memory_index

ROW = Conversation(id="web:1", service="web", service_id="1", method=Method.TAG)


class Failing:
    """Attempts that give so many rows each before the index fails; None for one that comes to its end."""

    def __init__(self, *rows_before: int | None) -> None:
        self.attempts = 0
        self._rows_before = list(rows_before)

    def __call__(self) -> Attempt:
        self.attempts += 1
        number = self.attempts
        return self._rows(self._rows_before.pop(0)), lambda: Ending(warnings=[f"attempt {number}"])

    def _rows(self, before: int | None) -> Iterator[Conversation]:
        yield from [ROW] * (1 if before is None else before)
        if before is not None:
            raise FileSetAside("index.unusable", "damaged")


@pytest.fixture
def index() -> Index:
    return memory_index(now=lambda: 0.0)


@pytest.mark.parametrize(("rows", "streams"), [(0, True), (0, False), (2, False)])
def test_nothing_was_shown_so_it_is_made_again(index: Index, rows: int, *, streams: bool) -> None:
    listing = renewing(index, Failing(rows, None), streams=streams)
    assert list(listing.items) == [ROW]
    assert listing.ending().warnings == ["attempt 2"]


def test_rows_that_were_shown_are_not_shown_again(index: Index) -> None:
    attempts = Failing(2, None)
    shown: list[Conversation] = []
    with pytest.raises(FileSetAside):
        shown.extend(renewing(index, attempts, streams=True).items)
    assert (len(shown), attempts.attempts) == (2, 1)


def test_second_damage_is_an_error(index: Index) -> None:
    attempts = Failing(0, 0)
    with pytest.raises(FileSetAside):
        list(renewing(index, attempts).items)
    assert attempts.attempts == 2
