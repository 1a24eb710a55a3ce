"""Formats for pipes: tab-separated lines, CSV and bare ids; full values, one record a line."""

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from qsc_bot.errors import QscBotError
from qsc_bot.output.fields import Row, value_at
from qsc_bot.output.text import csv_cell, sanitise

IDENTIFIERS: Final = ("id", "name", "scenario")
"""The fields that may name a row, the first of them that it has."""
OUTCOME_FIELDS: Final = ("id", "action", "status", "from", "to", "note")


def plain_lines(rows: Iterable[Row], fields: Sequence[str]) -> str:
    """One row a line, its values separated by tabs."""
    return "".join("\t".join(sanitise(flat(value_at(row, field))) for field in fields) + "\n" for row in rows)


def plain_record(row: Row, fields: Sequence[str]) -> str:
    """One field a line: its name, a tab, its value."""
    return "".join(f"{field}\t{sanitise(flat(row[field]))}\n" for field in fields)


def csv_table(rows: Iterable[Row], fields: Sequence[str]) -> str:
    """A header and one row a line, safe to open in a spreadsheet."""
    import csv

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([csv_cell(flat(value_at(row, field))) for field in fields] for row in rows)
    return text.getvalue()


def id_lines(rows: Iterable[Row]) -> str:
    """What names each row, one a line; `usage.invalid` when nothing does."""
    return "".join(f"{sanitise(_identifier(row))}\n" for row in rows)


def flat(value: Any) -> str:
    """A value in one cell: empty when unknown, a list joined, anything deeper as JSON."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() if not any(isinstance(part, (list, dict)) for part in value):
            return ", ".join(flat(part) for part in value)
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def outcome_row(row: Row) -> Row:
    """An outcome whose note says why it failed, where it has no other note."""
    failure = row["error"]
    if row["note"] is not None or failure is None:
        return row
    return row | {"note": f"{failure['message']} [{failure['code']}]"}


def check_ids(fields: Iterable[str]) -> None:
    """Refuse ids of rows that have none (`usage.invalid`)."""
    if not set(IDENTIFIERS).intersection(fields):
        raise _no_ids()


def _no_ids() -> QscBotError:
    return QscBotError("usage.invalid", "this result has no ids to print", hint=("choose another --output",))


def _identifier(row: Row) -> str:
    for field in IDENTIFIERS:
        if row.get(field) is not None:
            return str(row[field])
    raise _no_ids()
