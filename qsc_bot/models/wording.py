"""Numbers of things in sentences."""

from collections.abc import Mapping
from typing import Final

_OF_ONE: Final[Mapping[str, str]] = {"are": "is", "were": "was"}


def counted(number: int, noun: str, verb: str = "") -> str:
    """So many of these: `1 call`, `2 calls`, `3 entries`; with a verb of many, `1 call is`, `2 calls are`."""
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    things = noun if number == 1 else several
    does = _OF_ONE[verb] if verb and number == 1 else verb
    return f"{number} {things} {does}".rstrip()
