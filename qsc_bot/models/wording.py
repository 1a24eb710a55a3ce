"""Numbers of things in sentences."""

from collections.abc import Mapping
from typing import Final

_OF_ONE: Final[Mapping[str, str]] = {"are": "is", "were": "was"}


def counted(number: int, noun: str, verb: str = "") -> str:
    """So many of these: `1 call`, `2 calls`; with a verb of many, `1 call is`, `2 calls are`."""
    things = noun if number == 1 else f"{noun}s"
    does = _OF_ONE[verb] if verb and number == 1 else verb
    return f"{number} {things} {does}".rstrip()
