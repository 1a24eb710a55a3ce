"""Numbers of things in sentences."""

import pytest

from qsc_bot.models.wording import counted


@pytest.mark.parametrize(
    ("number", "verb", "text"),
    [(0, "", "0 calls"), (1, "", "1 call"), (2, "", "2 calls"), (1, "are", "1 call is"), (2, "were", "2 calls were")],
)
def test_one_is_not_many(number: int, verb: str, text: str) -> None:
    assert counted(number, "call", verb) == text
