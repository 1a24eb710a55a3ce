"""The lines of the journal: how an event stands in one, how each is bound to the one before, where the chain breaks."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.operation import Anchor, Entry, Event

START: Final = ""
"""What stands for the hash before the first entry."""
COLUMNS: Final = ("number", "at", "operation", "item", "kind", "body", "hash")
_EVENTS: Final = msgspec.json.Decoder(Event)  # made once: making it takes longer than reading an entry


@dataclass(frozen=True, kw_only=True)
class Break:
    """The first entry that is not what was written, as its line says, and what is wrong with it."""

    number: int
    at: str
    operation: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What is gone from the start of the chain: entries up to `number`, whose last had this hash; when and by whom."""

    number: int
    operations: int
    last_hash: str
    at: datetime
    by: str
    host: str

    @classmethod
    def of(cls, row: sqlite3.Row) -> "Removal | None":
        """What a line tells of it, if it is an anchor."""
        try:
            entry = entry_of(row)
        except QscBotError:
            return None
        if not isinstance(event := entry.event, Anchor):
            return None
        return cls(
            number=event.removed,
            operations=event.operations,
            last_hash=event.last_hash,
            at=entry.at,
            by=event.by,
            host=event.host,
        )


@dataclass(frozen=True, kw_only=True)
class Checked:
    """How far a chain is whole: what was removed before it, its entries, its last line, and where it breaks."""

    removal: Removal | None
    entries: int
    last: sqlite3.Row | None
    broken: Break | None


def chained(before: str, line: Sequence[object]) -> str:
    """The hash of an entry: SHA-256 over the hash of the one before and all its columns but this one."""
    return sha256(json.dumps([before, *line]).encode()).hexdigest()


def kind_of(event: Event) -> str:
    """The word that an entry is found by."""
    return str(event.__struct_config__.tag)


def line_of(number: int, at: datetime, operation: str, item: str | None, event: Event) -> tuple[object, ...]:
    """The columns of an entry but its hash."""
    return (number, at.isoformat(), operation, item, kind_of(event), msgspec.json.encode(event).decode())


def entry_of(row: sqlite3.Row) -> Entry:
    """The entry of a line; raises `journal.broken` where it is none."""
    try:
        return Entry(
            number=row["number"],
            at=datetime.fromisoformat(row["at"]),
            operation=row["operation"],
            item=row["item"],
            event=_EVENTS.decode(row["body"]),
            hash=row["hash"],
        )
    except (ValueError, TypeError) as error:  # msgspec's errors are ValueErrors
        raise QscBotError("journal.broken", f"entry {row['number']} of the journal cannot be read") from error


def check(rows: Iterable[sqlite3.Row], removal: Removal | None) -> Checked:
    """Follow the chain from what was removed, else from the start, to its end or its first break."""
    number, before = (removal.number, removal.last_hash) if removal else (0, START)
    last, entries, broken = None, 0, None
    for row in rows:
        if reason := _fault(row, number, before):
            broken = Break(number=row["number"], at=str(row["at"]), operation=str(row["operation"]), reason=reason)
            break
        number, before, last, entries = row["number"], row["hash"], row, entries + 1
    return Checked(removal=removal, entries=entries, last=last, broken=broken)


def _fault(row: sqlite3.Row, number: int, before: str) -> str | None:
    """What is wrong with a line that should follow the entry of this number and hash."""
    if row["number"] != number + 1:
        missing = f"entry {number + 1} is" if row["number"] == number + 2 else f"entries from {number + 1} on are"
        return f"{missing} missing before it"
    line = tuple(row[name] for name in COLUMNS[:-1])
    if any(isinstance(value, bytes) for value in line) or chained(before, line) != row["hash"]:
        return "it is not what was written"
    try:
        kind = kind_of(entry_of(row).event)
    except QscBotError:
        return "it cannot be read, though nothing shows that it was changed"
    return None if kind == row["kind"] else f"it is filed as {row['kind'][:40]!r}, which it is not"
