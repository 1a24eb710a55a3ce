"""Forms for people on a terminal: tables that fit its width, sections, the requests of a dry run.

Cells are padded here by their width on screen and not by rich's tables, which take 0.5 ms a row; text that
meets no markup parser cannot break one either.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from qsc_bot.models.conversation import Call
from qsc_bot.models.duration import spoken
from qsc_bot.output.fields import Row, encode, value_at
from qsc_bot.output.plain import flat
from qsc_bot.output.text import ELLIPSIS, cell_width, sanitise, shorten
from qsc_bot.results import Column

OUTCOME_COLUMNS: Final = (
    Column("status", "STATUS", rank=0),
    Column("id", "ID", rank=0),
    Column("from", "FROM"),
    Column("to", "TO"),
    Column("note", "NOTE", rank=2),
)

_GAP: Final = "  "
_SHORTEST_CUT: Final = 24  # screen columns that free text keeps at least; narrower than that, its column goes
_SHORTEST_VALUE: Final = 20


@dataclass(frozen=True, kw_only=True)
class Screen:
    """The terminal that a form is made for: its width, its characters, its time and its look of a header."""

    width: int
    now: datetime
    fit: Callable[[str], str]
    header: Callable[[str], str]


def choose_columns(columns: Sequence[Column], fields: Sequence[str]) -> Sequence[Column]:
    """The columns of the wanted fields, in the wanted order; a field without a column gets one."""
    known = {column.field: column for column in columns}
    return [known.get(field, Column(field, field.upper())) for field in fields] or columns


def table(rows: Sequence[Row], columns: Sequence[Column], screen: Screen) -> str:
    """A header and one row a line; columns that do not fit are left out whole. No rows, no text."""
    if not rows:
        return ""
    cells = {column: [_cell(value_at(row, column.field), column.kind, screen) for row in rows] for column in columns}
    widths = {column: max(cell_width(text) for text in (column.title, *cells[column])) for column in columns}
    shown = _share(_kept(columns, widths, screen.width), widths, screen.width)
    header = screen.header(_line([_pad(column.title, width, screen) for column, width in shown.items()]))
    body = zip(
        *([_pad(text, width, screen) for text in cells[column]] for column, width in shown.items()),
        strict=True,
    )
    return "".join(f"{line}\n" for line in (header, *map(_line, body)))


def section(row: Row, fields: Sequence[str], screen: Screen) -> str:
    """One thing as aligned lines of field and value; long values are wrapped, never cut."""
    label = max((len(field) for field in fields), default=0)
    width = max(screen.width - label - len(_GAP), _SHORTEST_VALUE)
    lines: list[str] = []
    for field in fields:
        kind = "duration" if field.endswith("_s") else "text"
        first, *more = wrapped(_cell(row[field], kind, screen) or "-", width)
        lines += [f"{field:{label}}{_GAP}{first}", *(f"{'':{label}}{_GAP}{line}" for line in more)]
    return "".join(f"{line}\n" for line in lines)


def request_lines(requests: Sequence[Call]) -> str:
    """What would be sent: method and path, then the body's values as they are, not as they are encoded."""
    lines: list[str] = []
    for request in requests:
        lines.append(f"{request.method} {sanitise(request.path)}")
        lines += [f"  {sanitise(key)}: {sanitise(_unescaped(value))}" for key, value in (request.body or {}).items()]
    return "".join(f"{line}\n" for line in lines)


def _cell(value: Any, kind: str, screen: Screen) -> str:
    return screen.fit(sanitise(_words(value, kind, screen.now)))


def _words(value: Any, kind: str, now: datetime) -> str:
    match kind, value:
        case _, bool():
            return "yes" if value else "no"
        case "duration", int():
            return spoken(value)
        case "left", str():
            return spoken((datetime.fromisoformat(value) - now).total_seconds())
        case "ago", str():
            return spoken((now - datetime.fromisoformat(value)).total_seconds())
        case "time", str():
            moment = datetime.fromisoformat(value)
            return f"{moment:%H:%M}" if abs(now - moment) < timedelta(days=1) else f"{moment:%Y-%m-%d}"
        case _:
            return flat(value)


def _kept(columns: Sequence[Column], widths: dict[Column, int], room: int) -> list[Column]:
    kept = list(columns)
    while sum(_least(column, widths) + len(_GAP) for column in kept) - len(_GAP) > room:
        rank = max(column.rank for column in kept)
        if rank == 0:
            break
        kept.remove([column for column in kept if column.rank == rank][-1])
    return kept


def _least(column: Column, widths: dict[Column, int]) -> int:
    if column.kind != "text" or column.rank == 0:
        return widths[column]
    return min(widths[column], max(_SHORTEST_CUT, len(column.title)))


def _share(kept: Sequence[Column], widths: dict[Column, int], room: int) -> dict[Column, int]:
    shown = {column: _least(column, widths) for column in kept}
    spare = room - sum(shown.values()) - len(_GAP) * (len(kept) - 1)
    for column in kept:
        extra = max(min(spare, widths[column] - shown[column]), 0)
        shown[column] += extra
        spare -= extra
    return shown


def _pad(text: str, width: int, screen: Screen) -> str:
    missing = width - cell_width(text)
    if missing >= 0:
        return text + " " * missing
    ellipsis = screen.fit(ELLIPSIS)
    return shorten(text, width - len(ellipsis)) + ellipsis


def _line(cells: Iterable[str]) -> str:
    return _GAP.join(cells).rstrip(" ")


def wrapped(text: str, width: int) -> list[str]:
    """A sanitised text on lines of at most this many columns of the screen; words that are longer are broken."""
    from rich.cells import chop_cells

    lines, line = [], ""
    for word in text.split(" "):
        if cell_width(joined := f"{line} {word}" if line else word) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width)
        lines += full
    return [*lines, line]


def _unescaped(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(encode(value), ensure_ascii=False)
