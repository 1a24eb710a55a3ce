"""Finds a recipe's marker in an access log of any shape and any size; what is held does not grow with it."""

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from qsc_bot.models.delivery import RECIPE_KEY, REVISION_KEY
from qsc_bot.setup.evidence import CLOCK_TOLERANCE, Sighting
from qsc_bot.setup.json_log import JsonRecords
from qsc_bot.setup.json_record import is_referer, record_in
from qsc_bot.setup.log_time import time_in
from qsc_bot.setup.request_line import OPENING_BYTES, requested_in

PIECE_BYTES: Final = 1 << 16
"""A longer line is read in pieces of this size."""
AROUND_BYTES: Final = 2048
"""How far a marker's two parts, and the address that bears them, may reach."""
HEAD_BYTES: Final = 4096
"""How much of a line is searched for its time."""
MOST_REVISIONS: Final = 1000

_OVERLAP_BYTES: Final = 2 * AROUND_BYTES
_NEEDLE: Final = RECIPE_KEY.encode()
_WORD: Final = re.compile(r"[^\s\"'<>]+", re.ASCII)
_KEY_START: Final = r"(?:(?<![\w.~%-])|(?<=\\u0026))"
_EQUALS: Final = r"(?:=|\\u003[dD])"
_NAME: Final = re.compile(rf"{_KEY_START}{RECIPE_KEY}{_EQUALS}([a-z0-9-]+)(?![\w.~%-])", re.ASCII)
_REVISION: Final = re.compile(rf"{_KEY_START}{REVISION_KEY}{_EQUALS}([0-9a-f]{{12}})(?![\w.~%-])", re.ASCII)
_QUOTE: Final = r"\\{0,15}\""
_SPACE: Final = r"\s{0,15}"
_VALUE_START: Final = rf"{_QUOTE}{_SPACE}:{_SPACE}\[?{_SPACE}{_QUOTE}"
_NAME_FIELD: Final = re.compile(rf"(?<=\"){RECIPE_KEY}{_VALUE_START}([a-z0-9-]+){_QUOTE}", re.ASCII)
_REVISION_FIELD: Final = re.compile(rf"(?<=\"){REVISION_KEY}{_VALUE_START}([0-9a-f]{{12}}){_QUOTE}", re.ASCII)


@dataclass
class _Line:
    """A line so far: its time, and the revisions found in it, each counted once."""

    at: datetime | None
    found: set[str] = field(default_factory=set)
    is_read: bool = False
    """Its request was visible, so the rest of the line tells nothing."""


@dataclass
class LogReader:
    """Counts the deliveries of one recipe, revision by revision, in bytes as they come."""

    name: str
    now: Callable[[], datetime] | None = None
    """The clock: a delivery dated later counts without a time."""
    scanned_bytes: int = 0
    """How much was searched for a marker's parts: a small multiple of what was fed, whatever stands in it."""
    _records: JsonRecords = field(default_factory=JsonRecords)
    _latest: datetime | None = None
    _rest: bytes = b""
    _line: _Line | None = None
    _sightings: dict[str, Sighting] = field(default_factory=dict)

    @property
    def held_bytes(self) -> int:
        """How much of the log is held: a piece at most, between two chunks."""
        return len(self._rest) + self._records.held_bytes

    def feed(self, chunk: bytes) -> None:
        """Read on."""
        self._read(self._records.feed(chunk))

    def finish(self) -> dict[str, Sighting]:
        """What was found, revision by revision."""
        self._read(self._records.finish())
        if self._rest:
            self._read_lines(self._rest + b"\n", len(self._rest) + 1)
            self._rest = b""
        return self._sightings

    def _read(self, text: bytes) -> None:
        whole = self._rest + text
        end = whole.rfind(b"\n") + 1
        if end:
            self._read_lines(whole, end)
        start = end
        while len(whole) - start > PIECE_BYTES:
            self._read_piece(whole, start, start + PIECE_BYTES)
            start += PIECE_BYTES - _OVERLAP_BYTES
        self._rest = whole[start:]

    def _read_lines(self, text: bytes, end: int) -> None:
        """Whole lines, of which only those with the marker are looked at; the first may go on from a piece."""
        at = text.find(_NEEDLE, 0, end)
        while at >= 0:
            start, stop = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
            begun = self._line if start == 0 else None
            record = None if begun else self._record(text, start, stop)
            if record is None:
                self._find(text, start, stop, cut=stop, line=begun)
            else:
                self._find(record, 0, len(record), cut=len(record), line=None)
            at = text.find(_NEEDLE, stop, end)
        self._line = None

    def _record(self, text: bytes, start: int, stop: int) -> bytes | None:
        """A line that ends in JSON, as `record_in` gives it; a longer one is read as it is."""
        if stop - start > PIECE_BYTES or text.find(b"{", start, stop) < 0:
            return None
        self.scanned_bytes += stop - start
        return record_in(text[start:stop])

    def _read_piece(self, text: bytes, start: int, stop: int) -> None:
        self._line = self._find(text, start, stop, cut=stop - AROUND_BYTES, line=self._line)

    def _find(self, text: bytes, start: int, stop: int, *, cut: int, line: _Line | None) -> _Line:
        """Look around the markers; one past `cut` is found in the next piece, with all that stands around it.

        `line` is given where this piece goes on from another, which looked at its first bytes already.
        """
        first = start if line is None else start + AROUND_BYTES
        line = line or self._begin(text, start, stop)
        if line.is_read:
            return line
        at = text.find(_NEEDLE, first, cut + len(_NEEDLE) - 1)
        while at >= 0:
            until, left = min(cut, at + AROUND_BYTES), max(start, at - AROUND_BYTES)
            around = text[left : min(stop, until + AROUND_BYTES)].decode("latin-1")
            self._look(around, line, range(at - left, until - left))
            at = text.find(_NEEDLE, until, cut + len(_NEEDLE) - 1)
        return line

    def _begin(self, text: bytes, start: int, stop: int) -> _Line:
        """A line's time, and its request where it shows one."""
        line = _Line(time_in(text[start : min(stop, start + HEAD_BYTES)]))
        requested = requested_in(text[start : min(stop, start + OPENING_BYTES)])
        if requested is not None:
            line.is_read = True
            self._look(requested, line, range(len(requested)))
        return line

    def _look(self, around: str, line: _Line, names_at: range) -> None:
        self.scanned_bytes += len(around)
        for revision in _revisions(around, self.name, names_at):
            self._count(revision, line)

    def _count(self, revision: str, line: _Line) -> None:
        known = self._sightings.get(revision, Sighting(count=0))
        if revision in line.found or (known.count == 0 and len(self._sightings) >= MOST_REVISIONS):
            return
        line.found.add(revision)
        is_ahead = self._is_ahead(line.at)
        times = [moment for moment in (known.first, known.last, None if is_ahead else line.at) if moment]
        self._sightings[revision] = Sighting(
            count=known.count + 1,
            first=min(times, default=None),
            last=max(times, default=None),
            ahead=known.ahead + is_ahead,
        )

    def _is_ahead(self, at: datetime | None) -> bool:
        if at is None or self.now is None or (self._latest and at <= self._latest):
            return False
        self._latest = self.now() + CLOCK_TOLERANCE
        return at > self._latest


def read_log(chunks: Iterable[bytes], name: str, *, now: Callable[[], datetime] | None = None) -> dict[str, Sighting]:
    """The deliveries of one recipe in a log, revision by revision; one dated later than `now` has no time."""
    reader = LogReader(name, now)
    for chunk in chunks:
        reader.feed(chunk)
    return reader.finish()


def _revisions(text: str, name: str, names_at: range) -> Iterator[str]:
    """The revisions that stand beside the recipe's name: in an address, or as fields of JSON."""
    for word in _WORD.finditer(text):
        if RECIPE_KEY in word[0]:
            pairs = [*_paired(_found(_NAME, text, word), _found(_REVISION, text, word), name, names_at)]
            yield from () if pairs and is_referer(text, word) else pairs
    yield from _paired(list(_NAME_FIELD.finditer(text)), list(_REVISION_FIELD.finditer(text)), name, names_at)


def _found(pattern: re.Pattern[str], text: str, word: re.Match[str]) -> list[re.Match[str]]:
    return list(pattern.finditer(text, *word.span()))


def _paired(names: list[re.Match[str]], places: list[re.Match[str]], name: str, names_at: range) -> Iterator[str]:
    starts = [one.start() for one in places]
    for found in names if places else ():
        if found[1] != name or found.start() not in names_at:
            continue
        after = bisect(starts, found.start())
        beside = places[max(0, after - 1) : after + 1]
        near = min(beside, key=lambda one: max(one.start() - found.end(), found.start() - one.end()))
        if found.start() - AROUND_BYTES < near.start() and near.end() < found.start() + AROUND_BYTES:
            yield near[1]
