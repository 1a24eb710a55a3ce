"""What of a line's JSON tells of its request: not the address that a client came from, and its own time first."""

import re
from typing import Any, Final

import msgspec

from qsc_bot.setup.log_time import time_in

_OBJECT: Final = re.compile(rb"\{\s*[\"}]")
_REFERER: Final = re.compile(r"referr?er", re.IGNORECASE)
_BEFORE_CHARACTERS: Final = 120
_QUOTE: Final = r"(?:\\{0,15}[\"'])?"
_BEFORE: Final = re.compile(
    rf"referr?er[^\"'\\=:,{{}}\[\]]{{0,40}}{_QUOTE}\s{{0,15}}[:=]\s{{0,15}}\[?\s{{0,15}}{_QUOTE}\Z", re.IGNORECASE
)
_ASSIGNED: Final = re.compile(r"[\w.()-]{0,40}referr?er[\w.()-]{0,40}=", re.IGNORECASE)
_TIMES: Final = ("timestamp", "@timestamp", "time", "ts", "t", "date", "datetime", "eventTime", "receiveTimestamp")
"""The fields that hold a record's own time, the best first."""


def record_in(line: bytes) -> bytes | None:
    """The line with the JSON that it ends in as said above; None where it ends in none."""
    start = _OBJECT.search(line)
    if start is None:
        return None
    try:
        found = _without_referers(msgspec.json.decode(line[start.start() :]))
        times = [{key: found.pop(key)} for key in _TIMES if key in found]
        timed = next((one for one in times if time_in(msgspec.json.encode(one))), {})
        return line[: start.start()] + msgspec.json.encode({**timed, **found})
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def is_referer(text: str, word: re.Match[str]) -> bool:
    """Whether a word is the value of such a field, as its name stands before it."""
    before = text[max(0, word.start() - _BEFORE_CHARACTERS) : word.start()]
    return bool(_ASSIGNED.match(word[0]) or (before and _BEFORE.search(before)))


def _without_referers(value: Any) -> Any:
    """The same without fields of that name, also in JSON that is a text in JSON."""
    match value:
        case dict():
            if any(_is_name(part) for part in value.values()):
                return {}
            return {key: _without_referers(part) for key, part in value.items() if not _REFERER.search(key)}
        case list():
            return [] if value and _is_name(value[0]) else [_without_referers(part) for part in value]
        case str() if value.lstrip()[:1] in ("{", "["):
            return _within(value)
    return value


def _within(text: str) -> Any:
    try:
        return _without_referers(msgspec.json.decode(text))
    except (msgspec.MsgspecError, ValueError):
        return text


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _REFERER.fullmatch(value) is not None
