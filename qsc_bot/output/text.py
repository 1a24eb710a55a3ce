"""Text from strangers made safe for a terminal, and values made short for people."""

import re
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"

_MASKED_WORDS: Final = 4
_FORMULA_STARTS: Final = ("=", "+", "-", "@")
_BREAKS = re.compile(r"[\t\n\r]")
_BREAKS_BUT_NEWLINES = re.compile(r"[\t\r]")
_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # text direction
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # lone surrogates
    "]"
)
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def sanitise(text: str, *, keep_newlines: bool = False) -> str:
    """Make a text that nobody vouches for harmless to a terminal, visibly where something was taken out."""
    single_lines = text.replace("\r\n", "\n")
    breaks = _BREAKS_BUT_NEWLINES if keep_newlines else _BREAKS
    return _UNSAFE.sub(REPLACEMENT, breaks.sub(" ", single_lines))


def encodable(text: str) -> str:
    """The same text without lone surrogates, which no encoding can carry."""
    return _LONE_SURROGATES.sub(REPLACEMENT, text)


def mask(name: str) -> str:
    """Initials in place of a person's name; the number of letters stays hidden."""
    words = sanitise(name).split(maxsplit=_MASKED_WORDS)[:_MASKED_WORDS]
    return " ".join(f"{word[0]}{ELLIPSIS}" for word in words)


def cell_width(text: str) -> int:
    """How many columns of the screen a sanitised text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def shorten(text: str, width: int) -> str:
    """The start of a sanitised text that fits a number of columns of the screen."""
    if text.isascii():
        return text[:width]
    from rich.cells import set_cell_size

    return text if cell_width(text) <= width else set_cell_size(text, width)


def csv_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    safe = sanitise(text)
    return f"'{safe}" if safe.lstrip().startswith(_FORMULA_STARTS) or text[:1] in ("\t", "\r") else safe
