"""Finds a recipe's marker in an access log of any shape and any size; what is held does not grow with it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from qsc_bot.setup.evidence import Sighting
from qsc_bot.setup.log_time import time_in
from qsc_bot.setup.marker import NAME_KEY, REVISION_KEY

PIECE_BYTES: Final = 1 << 16
"""A longer line is read in pieces of this size."""
AROUND_BYTES: Final = 2048
"""How far a marker's two parts, and the address that bears them, may reach."""
HEAD_BYTES: Final = 4096
"""How much of a line is searched for its time."""
MOST_REVISIONS: Final = 1000

_OVERLAP_BYTES: Final = 2 * AROUND_BYTES
_NEEDLE: Final = NAME_KEY.encode()
_BREAK: Final = re.compile(r"[\s\"'<>]+")
_NAME: Final = re.compile(rf"(?<![\w-]){NAME_KEY}=([a-z0-9-]+)(?![\w.~%-])")
_REVISION: Final = re.compile(rf"(?<![\w-]){REVISION_KEY}=([0-9a-f]{{12}})(?![\w.~%-])")
_QUOTE: Final = r"\\*\""
_VALUE_START: Final = rf"{_QUOTE}\s*:\s*\[?\s*{_QUOTE}"
_NAME_FIELD: Final = re.compile(rf"{_QUOTE}{NAME_KEY}{_VALUE_START}([a-z0-9-]+){_QUOTE}")
_REVISION_FIELD: Final = re.compile(rf"{_QUOTE}{REVISION_KEY}{_VALUE_START}([0-9a-f]{{12}}){_QUOTE}")
_ESCAPES: Final = (("\\u0026", "&"), ("\\u003d", "="), ("\\u003D", "="), ("&amp;", "&"))
_ENCODINGS: Final = 3


@dataclass
class _Line:
    """A line so far: its time, and the revisions found in it, each counted once."""

    at: datetime | None
    found: set[str] = field(default_factory=set)


@dataclass
class LogReader:
    """Counts the deliveries of one recipe, revision by revision, in bytes as they come."""

    name: str
    _rest: bytes = b""
    _line: _Line | None = None
    _sightings: dict[str, Sighting] = field(default_factory=dict)

    @property
    def held_bytes(self) -> int:
        """How much of the log is held: a piece at most, between two chunks."""
        return len(self._rest)

    def feed(self, chunk: bytes) -> None:
        """Read on."""
        whole = self._rest + chunk
        end = whole.rfind(b"\n") + 1
        if end:
            self._read_lines(whole, end)
        start = end
        while len(whole) - start > PIECE_BYTES:
            self._read_piece(whole, start, start + PIECE_BYTES)
            start += PIECE_BYTES - _OVERLAP_BYTES
        self._rest = whole[start:]

    def finish(self) -> dict[str, Sighting]:
        """What was found, revision by revision."""
        if self._rest:
            self._read_lines(self._rest + b"\n", len(self._rest) + 1)
            self._rest = b""
        return self._sightings

    def _read_lines(self, text: bytes, end: int) -> None:
        """Whole lines, of which only those with the marker are looked at; the first may go on from a piece."""
        at = text.find(_NEEDLE, 0, end)
        while at >= 0:
            start, stop = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
            self._find(text, start, stop, cut=stop, line=self._line if start == 0 else None)
            at = text.find(_NEEDLE, stop, end)
        self._line = None

    def _read_piece(self, text: bytes, start: int, stop: int) -> None:
        self._line = self._find(text, start, stop, cut=stop - AROUND_BYTES, line=self._line)

    def _find(self, text: bytes, start: int, stop: int, *, cut: int, line: _Line | None) -> _Line:
        """Look around each marker; one past `cut` is found in the next piece, with all that stands around it.

        `line` is given where this piece goes on from another, which looked at its first bytes already.
        """
        first = start if line is None else start + AROUND_BYTES
        line = line or _Line(time_in(text[start : min(stop, start + HEAD_BYTES)]))
        at = text.find(_NEEDLE, first, cut + len(_NEEDLE) - 1)
        while at >= 0:
            around = text[max(start, at - AROUND_BYTES) : min(stop, at + AROUND_BYTES)]
            for revision in _revisions(around.decode("utf-8", "replace"), self.name):
                self._count(revision, line)
            at = text.find(_NEEDLE, at + len(_NEEDLE), cut + len(_NEEDLE) - 1)
        return line

    def _count(self, revision: str, line: _Line) -> None:
        known = self._sightings.get(revision, Sighting(count=0))
        if revision in line.found or (known.count == 0 and len(self._sightings) >= MOST_REVISIONS):
            return
        line.found.add(revision)
        times = [moment for moment in (known.first, known.last, line.at) if moment]
        self._sightings[revision] = Sighting(
            count=known.count + 1, first=min(times, default=None), last=max(times, default=None)
        )


def read_log(chunks: Iterable[bytes], name: str) -> dict[str, Sighting]:
    """The deliveries of one recipe in a log, revision by revision."""
    reader = LogReader(name)
    for chunk in chunks:
        reader.feed(chunk)
    return reader.finish()


def _revisions(text: str, name: str) -> Iterator[str]:
    """The revisions that stand beside the recipe's name: in an address, or as fields of JSON."""
    for word in _BREAK.split(text):
        if NAME_KEY in word:
            yield from _paired(_decoded(word), name, _NAME, _REVISION)
    yield from _paired(text, name, _NAME_FIELD, _REVISION_FIELD)


def _paired(text: str, name: str, names: re.Pattern[str], revisions: re.Pattern[str]) -> Iterator[str]:
    places = list(revisions.finditer(text))
    for found in names.finditer(text) if places else ():
        if found[1] == name:
            near = min(places, key=lambda one: max(one.start() - found.end(), found.start() - one.end()))
            yield near[1]


def _decoded(word: str) -> str:
    for escape, character in _ESCAPES:
        word = word.replace(escape, character)
    for _ in range(_ENCODINGS):
        if "%" not in word:
            break
        word = unquote(word)
    return word
