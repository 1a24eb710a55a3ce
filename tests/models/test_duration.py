"""Durations as people write and say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.models.duration import parse_duration, spoken

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


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0, "0s"),
        (45, "45s"),
        (59, "59s"),
        (60, "1m"),
        (720, "12m"),
        (3600, "1h"),
        (7500, "2h05m"),
        (86_399, "23h59m"),
        (86_400, "1d"),
        (223_200, "2d14h"),
        (604_812, "7d"),
    ],
)
def test_spans_show_their_two_largest_units(seconds: int, text: str) -> None:
    assert spoken(seconds) == text
