"""What stands around a secret that was pasted, or written into a variable: white space, quotes, the word Bearer."""

import re
from collections.abc import Sequence
from typing import Final

_BEARER: Final = re.compile(r"(authorization:\s*)?bearer\s+", re.IGNORECASE)
_QUOTES: Final = ('""', "''", "``", "“”", "‘’")  # also those that word processors make


def unwrapped(text: str) -> tuple[str, Sequence[str]]:
    """The text without what stands around a secret, and what was taken off.

    One line break at the end is the usual thing and not told.
    """
    rest, told = text.removesuffix("\n").removesuffix("\r"), dict[str, None]()
    before = None
    while rest != before:
        before = rest
        for shorter, what in _shortened(rest):
            if shorter != rest:
                rest = shorter
                told[what] = None
                break
    return rest, list(told)


def _shortened(text: str) -> list[tuple[str, str]]:
    is_quoted = len(text) > 1 and text[0] + text[-1] in _QUOTES
    return [
        (text.strip().strip("\ufeff"), "white space around it"),
        (text[1:-1] if is_quoted else text, "quotes around it"),
        (_BEARER.sub("", text, count=1) if _BEARER.match(text) else text, "the word Bearer before it"),
    ]
