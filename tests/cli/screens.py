"""A terminal's screen, as far as what is redrawn in place needs one: text, the cursor, erasing, wrapping, scrolling."""

import re
from typing import Final

_PARTS: Final = re.compile(r"\x1b\[(\d*)([AHJm])|\x1b\[(1;)?\d+m|\n|\r|[^\x1b\n\r]")


class Screen:
    """What a person sees after a text was written."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._lines = [""]
        self._row = self._column = 0

    def write(self, text: str) -> "Screen":
        """Show more."""
        written = 0
        for part in _PARTS.finditer(text):
            assert part.start() == written, text[written : part.start()]
            written = part.end()
            self._take(part)
        assert written == len(text), text[written:]
        return self

    @property
    def lines(self) -> list[str]:
        """Its lines, without the empty end of each."""
        return [line.rstrip() for line in self._lines]

    def _take(self, part: re.Match[str]) -> None:
        match part[0], part[2]:
            case "\n", _:
                self._column = 0
                self._down()
            case "\r", _:
                self._column = 0
            case _, "A":
                assert int(part[1]) <= self._row, "the cursor went above the screen"
                self._row -= int(part[1])
            case _, "H":
                self._row = self._column = 0
            case _, "J":
                self._lines = [""] if part[1] == "2" else [*self._lines[: self._row], ""]
            case _, "m":
                pass
            case character, _ if not character.startswith("\x1b"):
                self._put(character)

    def _put(self, character: str) -> None:
        if self._column == self._width:
            self._column = 0
            self._down()
        line = self._lines[self._row].ljust(self._column)
        self._lines[self._row] = line[: self._column] + character + line[self._column + 1 :]
        self._column += 1

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self._lines):
            self._lines.append("")
        if len(self._lines) > self._height:
            self._lines.pop(0)
            self._row -= 1
