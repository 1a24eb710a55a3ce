"""One operation for people: who did what, when and why, then what each item came to."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from qsc_bot.models.duration import spoken
from qsc_bot.output.fields import Row
from qsc_bot.output.plain import OUTCOME_FIELDS, outcome_row, plain_lines, plain_record
from qsc_bot.output.table import OUTCOME_COLUMNS, Screen, section, table

APART: Final = frozenset({"items", "counts"})
"""What is not told in a line of its own: each item has one."""


def operation_screen(row: Row, screen: Screen) -> str:
    """What is known of the whole, each on lines of its own, then a table of the items."""
    told = {name: text for name, text in _told(row) if text}
    items = table([outcome_row(item) for item in row["items"]], OUTCOME_COLUMNS, screen)
    return section(told, tuple(told), screen) + (f"\n{items}" if items else "")


def operation_lines(row: Row) -> str:
    """For pipes: the operation's fields and counts, then a line for each item, which begins with that word."""
    counts = {f"counts.{name}": number for name, number in row["counts"].items()}
    known = {name: value for name, value in row.items() if name not in APART} | counts
    items = ({"": "item", **outcome_row(item)} for item in row["items"])
    return plain_record(known, tuple(known)) + plain_lines(items, ("", *OUTCOME_FIELDS))


def _told(row: Row) -> Iterator[tuple[str, str | None]]:
    yield "operation", row["id"]
    yield "action", row["action"]
    yield "state", row["state"]
    yield "account", f"{row['account_id']} on {row['remote']} (profile {row['profile']})"
    yield "by", f"{row['by']} on {row['host']}"
    yield "started", _moment(row["started_at"])
    yield "ended", _ended(row)
    yield "reason", row["reason"]
    yield "undoes", row["undoes"]
    yield "command", row["command"]
    yield "items", _counts(row)


def _ended(row: Row) -> str | None:
    if row["ended_at"] is None:
        return None
    took = datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["started_at"])
    return f"{_moment(row['ended_at'])}, {spoken(took.total_seconds())} later"


def _counts(row: Row) -> str:
    found = [f"{number} {name.replace('_', ' ')}" for name, number in row["counts"].items() if number]
    left = row["total"] - sum(row["counts"].values())
    return ", ".join([*found, *([f"{left} not touched"] if left else [])]) or "none"


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"
