"""Secrets as people paste them: what came along with them is taken off and told."""

from collections.abc import Sequence
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.wrapping import unwrapped

LARGEST_CHARACTERS: Final = 64 * 1024


def clean_secret(text: str, *, source: str) -> tuple[str, Sequence[str]]:
    """A secret without line breaks, spaces, quotes and `Bearer` around it, and what was taken off.

    Raises `config.secret` for what is no secret then.
    """
    rest, told = unwrapped(text)
    _check(rest, text, source)
    return rest, told


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
