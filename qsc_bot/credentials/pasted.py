"""Secrets as people paste them: what came along with them is taken off and told."""

import re
from typing import Final

from qsc_bot.errors import QscBotError

LARGEST_CHARACTERS: Final = 64 * 1024

_BEARER: Final = re.compile(r"(authorization:\s*)?bearer\s+", re.IGNORECASE)
_QUOTES: Final = ('""', "''", "``", "“”", "‘’")  # also those that word processors make


def clean_secret(text: str, *, source: str) -> tuple[str, list[str]]:
    """A secret without line breaks, spaces, quotes and `Bearer` around it, and what was taken off.

    One line break at the end is the usual thing and not told. Raises `config.secret` for what is no secret then.
    """
    rest, told = text.removesuffix("\n").removesuffix("\r"), []
    before = None
    while rest != before:
        before = rest
        for shorter, what in _shortened(rest):
            if shorter != rest:
                rest = shorter
                told.append(what)
                break
    _check(rest, text, source)
    return rest, list(dict.fromkeys(told))


def _shortened(text: str) -> list[tuple[str, str]]:
    is_quoted = len(text) > 1 and text[0] + text[-1] in _QUOTES
    return [
        (text.strip().strip("\ufeff"), "white space around it"),
        (text[1:-1] if is_quoted else text, "quotes around it"),
        (_BEARER.sub("", text, count=1) if _BEARER.match(text) else text, "the word Bearer before it"),
    ]


def _check(value: str, text: str, source: str) -> None:
    if not value:
        fault = "holds no secret"
    elif len(text) > LARGEST_CHARACTERS:
        fault = "is longer than any secret"
    elif "\n" in value or "\r" in value:
        fault = "holds more than one line"
    elif not (value.isascii() and value.isprintable()) or " " in value:
        fault = "holds a character that no secret has"
    else:
        return
    raise QscBotError("config.secret", f"{source} {fault}", hint=("give the secret alone, on one line",))
