"""A list that is followed on a terminal: one table, redrawn in place."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from qsc_bot.models.duration import spoken
from qsc_bot.output.feed import status_line
from qsc_bot.output.fields import Row, Shape
from qsc_bot.output.table import Screen, choose_columns, table, wrapped
from qsc_bot.output.text import cell_width, sanitise
from qsc_bot.results import Feed, Look

_COLORS: Final = re.compile(r"\x1b\[[0-9;]*m")
_CLEAR: Final = "\x1b[H\x1b[2J"
_ERASE_BELOW: Final = "\x1b[J"
_CURSOR_LINES: Final = 1  # the cursor rests below the table, where progress is told


class LiveTable:
    """What stands on the screen, and how many of its lines: the next drawing begins where this one did.

    A row is never cut: where it is wider than the screen, the terminal wraps it, and its lines are counted. Rows that
    do not fit the height are left out whole.
    """

    def __init__(self, feed: Feed, shape: Shape, size: Callable[[], tuple[int, int]]) -> None:
        self._columns = choose_columns(feed.columns, shape.fields)
        self._shape = shape
        self._size = size
        self._drawn_at: tuple[int, int] | None = None
        self._lines = 0

    def leave(self) -> None:
        """Something else was written below: what stands there stays, and the next drawing begins anew."""
        self._lines = 0

    def draw(self, look: Look, screen: Screen) -> str:
        """The text that replaces what stands on the screen."""
        width, height = size = self._size()
        is_resized = self._drawn_at not in (None, size)
        back = f"\x1b[{self._lines}A\r{_ERASE_BELOW}" if self._lines else ""
        start = _CLEAR if is_resized else back
        screen = replace(screen, width=width)
        foot = self._foot(look, screen)
        body = self._body(look, screen, height - _CURSOR_LINES - _height(foot, width))
        self._drawn_at, self._lines = size, _height([*body, *foot], width)
        return start + "".join(f"{line}\n" for line in (*body, *foot))

    def _body(self, look: Look, screen: Screen, room: int) -> list[str]:
        if not look.rows:
            return ["no conversations"][:room]
        rows = [_seen(self._shape.row(item), screen) for item in look.rows[: max(room, 1)]]
        lines = table(rows, self._columns, screen).splitlines()
        shown, left = _fitting(lines, screen.width, room), len(look.rows)
        if len(shown) <= left:
            shown = _fitting(lines, screen.width, room - 1)
            shown.append(f"and {left - max(len(shown) - 1, 0)} more")
        return shown[: max(room, 0)]

    def _foot(self, look: Look, screen: Screen) -> list[str]:
        texts = [*(f"warning: {sanitise(text)}" for text in look.warnings), status_line(look)]
        return [line for text in texts for line in wrapped(screen.fit(text), screen.width)]


def _seen(row: Row, screen: Screen) -> Row:
    """The row with the age of its reading, and whether that is old."""
    if row["observed_at"] is None:
        return row | {"seen": "never"}
    age = spoken((screen.now - datetime.fromisoformat(row["observed_at"])).total_seconds())
    return row | {"seen": f"{age} old" if row["stale"] else age}


def _fitting(lines: Sequence[str], width: int, room: int) -> list[str]:
    """The first lines that take no more than this many lines of the screen."""
    shown: list[str] = []
    for line in lines:
        room -= _height([line], width)
        if room < 0:
            break
        shown.append(line)
    return shown


def _height(lines: Sequence[str], width: int) -> int:
    """How many lines of the screen these take."""
    return sum(max(1, -(-cell_width(_COLORS.sub("", line)) // width)) for line in lines)
