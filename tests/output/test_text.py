"""Text is safe to print, names are hidden, spans are short."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.output.text import cell_width, csv_cell, encodable, mask, sanitise, shorten


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        pytest.param("plain words, ünïcode 日本", "plain words, ünïcode 日本", id="harmless"),
        pytest.param("\x1b[31mred", "�[31mred", id="escape"),
        pytest.param("a\x00b\x7fc\x9bd", "a�b�c�d", id="controls"),
        pytest.param("a\tb\nc\r\nd\re", "a b c d e", id="tabs and lines"),
        pytest.param("\u202e\u2066\u200e\u200f\u061c", "�����", id="direction"),
        pytest.param("\u2028\u2029", "��", id="separators"),
        pytest.param("a\ud800b", "a�b", id="lone surrogate"),
        pytest.param("[/b][bold]", "[/b][bold]", id="markup is only text"),
    ],
)
def test_unsafe_characters_are_replaced_visibly(text: str, safe: str) -> None:
    assert sanitise(text) == safe


def test_newlines_stay_where_a_text_has_lines() -> None:
    assert sanitise("a\r\nb\nc\rd\te\x1b", keep_newlines=True) == "a\nb\nc d e�"


@given(st.text(alphabet=st.characters(codec=None)))
def test_whatever_comes_in_one_printable_line_comes_out(text: str) -> None:
    safe = sanitise(text)
    safe.encode("utf-8")
    assert len(safe.splitlines()) <= 1
    assert "\x1b" not in safe
    assert sanitise(safe) == safe


def test_only_lone_surrogates_cannot_be_encoded() -> None:
    assert encodable("a\ud800\x1b日") == "a�\x1b日"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        pytest.param("Ada Example", "A… E…", id="two words"),
        pytest.param("Ada", "A…", id="one word"),
        pytest.param("", "", id="empty"),
        pytest.param(" \n ", "", id="blank"),
        pytest.param("\x1b", "�…", id="one hostile character"),
        pytest.param("\u202eAda", "�…", id="hostile start"),
        pytest.param("👩‍🚒 Ada", "👩… A…", id="emoji"),
        pytest.param("x" * 10_000, "x…", id="one long word"),
        pytest.param("a " * 5_000, "a… a… a… a…", id="many words"),
        pytest.param("A… E…", "A… E…", id="masked already"),
    ],
)
def test_names_become_initials(name: str, masked: str) -> None:
    assert mask(name) == masked


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\t=", " ="])
def test_a_spreadsheet_takes_no_cell_for_a_formula(start: str) -> None:
    assert csv_cell(f"{start}cmd()").startswith("'")


def test_other_cells_stay_as_they_are() -> None:
    assert csv_cell("whatsapp:1") == "whatsapp:1"


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)],
    ids=["ascii", "wide", "combining", "empty"],
)
def test_width_is_counted_in_columns_of_the_screen(text: str, width: int) -> None:
    assert cell_width(text) == width


@pytest.mark.parametrize("text", ["abcdefgh", "日本日本日本", "👩‍🚒👩‍🚒👩‍🚒"])
@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_a_shortened_text_fits(text: str, width: int) -> None:
    assert cell_width(shorten(text, width)) <= width
