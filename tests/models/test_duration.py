"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.models.duration import parse_duration

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@given(st.integers(0, 10**9 - 1), st.sampled_from(sorted(SECONDS)))
def test_every_whole_number_with_a_unit_is_read(count: int, unit: str) -> None:
    assert parse_duration(f"{count}{unit}") == count * SECONDS[unit]


@given(st.text(max_size=8))
def test_anything_else_is_refused_in_a_sentence(text: str) -> None:
    number = text.rstrip("smhdw")
    if number.isascii() and number.isdigit() and text[len(number) :] in SECONDS:
        return
    with pytest.raises(ValueError, match="is not a duration: write a whole number"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "5", "s", "1.5h", "1h30m", "-5s", " 5s", "5s\n", "5 s", "5S", "٥s", "9999999999s"]
)
def test_near_misses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)
