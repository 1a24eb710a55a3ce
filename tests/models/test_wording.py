"""Numbers of things in sentences."""

import pytest

from qsc_bot.models.wording import counted


@pytest.mark.parametrize(
    ("number", "verb", "text"),
    [(0, "", "0 calls"), (1, "", "1 call"), (2, "", "2 calls"), (1, "are", "1 call is"), (2, "were", "2 calls were")],
)
def test_one_is_not_many(number: int, verb: str, text: str) -> None:
    assert counted(number, "call", verb) == text


def test_word_that_ends_in_y_has_its_own_plural() -> None:
    assert [counted(number, "entry", "are") for number in (1, 2)] == ["1 entry is", "2 entries are"]
