"""The text of a result in every format that is rows: table, plain, csv and id."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qsc_bot.output.certificate import certificate_lines, certificate_screen
from qsc_bot.output.explanation import explanation_lines, explanation_screen
from qsc_bot.output.fields import Row
from qsc_bot.output.formats import Format
from qsc_bot.output.operation import operation_lines, operation_screen
from qsc_bot.output.plain import OUTCOME_FIELDS, csv_table, id_lines, outcome_row, plain_lines, plain_record
from qsc_bot.output.rescue import STEP_COLUMNS, STEP_FIELDS, spoken_steps
from qsc_bot.output.table import OUTCOME_COLUMNS, Screen, choose_columns, section, table
from qsc_bot.output.text import sanitise
from qsc_bot.results import Column, Listing, Record

SCREENS: Final[Mapping[str, Callable[[Row, Screen], str]]] = {
    "certificate": certificate_screen,
    "explanation": explanation_screen,
    "operation": operation_screen,
}
LINES: Final[Mapping[str, Callable[[Row], str]]] = {
    "certificate": certificate_lines,
    "explanation": explanation_lines,
    "operation": operation_lines,
}
"""Records with a form of their own on a terminal, and in pipes."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A format of rows, the fields that the user wants in it, and the screen it is for."""

    format: Format
    fields: Sequence[str]
    screen: Screen

    def listing(self, listing: Listing[Any], rows: Sequence[Row]) -> str:
        """The text of a list."""
        return self._rows(rows, fields=listing.plain, columns=listing.columns)

    def record(self, record: Record, row: Row) -> str:
        """The text of one thing; its own view where it has one for people."""
        fields = self.fields or record.fields or tuple(row)
        if record.schema == "rescue-plan" and not self.fields:
            return self._steps(row["steps"])
        if record.parts and (self.fields or self.format in (Format.CSV, Format.ID)):
            return self._rows(row[record.parts], fields=fields, columns=())
        match self.format:
            case Format.TABLE | Format.PLAIN if self._is_viewed(record):
                return whole_lines(record.view or "")
            case Format.TABLE if (screen := SCREENS.get(record.schema)) and not self.fields:
                return screen(row, self.screen)
            case Format.PLAIN if (lines := LINES.get(record.schema)) and not self.fields:
                return lines(row)
            case Format.TABLE:
                return section(row, fields, self.screen)
            case Format.PLAIN:
                return plain_record(row, fields)
            case _:
                return self._rows([row], fields=fields, columns=())

    def _steps(self, steps: Sequence[Row]) -> str:
        rows = list(spoken_steps(steps)) if self.format is Format.TABLE else steps
        return self._rows(rows, fields=STEP_FIELDS, columns=STEP_COLUMNS)

    def _is_viewed(self, record: Record) -> bool:
        wanted = self.format is Format.TABLE or record.views_everywhere
        return wanted and record.view is not None and not self.fields

    def outcomes(self, rows: Sequence[Row]) -> str:
        """The text of what an operation came to, item by item."""
        return self._rows([outcome_row(row) for row in rows], fields=OUTCOME_FIELDS, columns=OUTCOME_COLUMNS)

    def _rows(self, rows: Sequence[Row], *, fields: Sequence[str], columns: Sequence[Column]) -> str:
        match self.format:
            case Format.TABLE:
                return table(rows, choose_columns(columns, self.fields), self.screen)
            case Format.CSV:
                return csv_table(rows, self.fields or fields)
            case Format.ID:
                return id_lines(rows)
            case _:
                return plain_lines(rows, self.fields or fields)


def whole_lines(text: str) -> str:
    """A text of several lines, safe to print and ended."""
    safe = sanitise(text, keep_newlines=True)
    return safe if not safe or safe.endswith("\n") else f"{safe}\n"
