"""Puts each record of a JSON log on a line of its own, as it comes; any other log passes as it is.

Known at the beginning of a log, and again after each array: an array of objects, such an array as the first field of an
object over many lines, and objects over many lines one after another. Objects of one line each are lines already.
"""

import re
from typing import Final, Literal

OPENING_BYTES: Final = 512
"""So much of a log says whether it is JSON."""
WINDOW_BYTES: Final = 1 << 14
"""So much of a record is looked at in one go."""

_FIRST_FIELD: Final = rb"\{[ \t\r]*\n\s*\"[^\"\\\n]{1,64}\"\s*:\s*"
_OPENING: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(?:" + _FIRST_FIELD + rb")?\[\s*(?=\{)|(?=\{[ \t\r]*\n)|\[\s*\])"
)
_PLAIN: Final = rb"[\s\w.+:,\[\]-]*"
_TEXT: Final = rb"[^\"\\\n]*(?:\\.[^\"\\\n]*)*"
_BETWEEN: Final = re.compile(rb"[\s,]*")
_WITHIN: Final = re.compile(_PLAIN + rb"(?:\"" + _TEXT + rb"\"" + _PLAIN + rb")*")
_IN_STRING: Final = re.compile(_TEXT)
_NOTHING: Final = re.compile(rb"")
_BACKSLASH, _NEWLINE, _QUOTE, _OPEN, _CLOSE, _END = b'\\\n"{}]'


class JsonRecords:
    """Reads a log in bytes as they come; what it holds back is less than its opening."""

    def __init__(self) -> None:
        self._kind: Literal["unknown", "records", "lines"] = "unknown"
        self._held = b""
        self._depth = 0
        self._in_string = False
        self._is_escaped = False

    @property
    def held_bytes(self) -> int:
        """How much was fed and not yet given back."""
        return len(self._held)

    def feed(self, chunk: bytes) -> bytes:
        """What can be told of the log up to here, in lines."""
        return chunk if self._kind == "lines" else self._read(self._held + chunk, is_whole=False)

    def finish(self) -> bytes:
        """The rest, after the last chunk."""
        return self._read(self._held, is_whole=True)

    def _read(self, text: bytes, *, is_whole: bool) -> bytes:
        told: list[bytes] = []
        at, self._held = 0, b""
        while at < len(text):
            if self._kind == "records":
                at = self._read_records(text, at, told)
            elif self._kind == "lines":
                told.append(text[at:])
                break
            elif is_whole or len(text) - at >= OPENING_BYTES:
                at = self._open(text, at)
            else:
                self._held = text[at:]
                break
        return b"".join(told)

    def _open(self, text: bytes, at: int) -> int:
        """Where the first record begins; an array without any leaves it open what follows."""
        opening = _OPENING.match(text, at, at + OPENING_BYTES)
        if opening is None:
            self._kind = "lines"
            return at
        if not opening[0].endswith(b"]"):
            self._kind = "records"
        return opening.end()

    def _read_records(self, text: bytes, at: int, told: list[bytes]) -> int:
        """Read on in a record or between two, up to where there are no more."""
        start = at
        while at < len(text):
            limit = min(len(text), at + WINDOW_BYTES)
            passed = self._pattern().match(text, at, limit)
            assert passed is not None
            at = passed.end()
            if self._depth == 0:
                start = at
            if at == limit:
                continue
            if not self._takes(text[at]):
                told.append(_joined(text[start:at]))
                self._kind = "lines" if self._depth else "unknown"
                return at + (self._depth == 0 and text[at] == _END)
            at += 1
            if self._depth == 0:
                told.append(_joined(text[start:at]) + b"\n")
        if self._depth:
            told.append(_joined(text[start:]))
        return at

    def _pattern(self) -> re.Pattern[bytes]:
        """What stands there without telling anything."""
        if self._is_escaped:
            return _NOTHING
        if self._in_string:
            return _IN_STRING
        return _WITHIN if self._depth else _BETWEEN

    def _takes(self, byte: int) -> bool:
        """Whether a byte can stand there, and what it makes of what follows."""
        if self._in_string:
            is_kept = self._is_escaped or byte in (_BACKSLASH, _QUOTE)
            self._in_string = self._is_escaped or byte != _QUOTE
            self._is_escaped = not self._is_escaped and byte == _BACKSLASH
            return is_kept and byte != _NEWLINE
        if byte == _QUOTE and self._depth:
            self._in_string = True
        elif byte == _OPEN:
            self._depth += 1
        elif byte == _CLOSE and self._depth:
            self._depth -= 1
        else:
            return False
        return True


def _joined(part: bytes) -> bytes:
    """A part of a record on one line: in JSON a line's end stands only where a space may."""
    return part.replace(b"\n", b" ")
