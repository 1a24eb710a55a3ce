"""Which entries of the journal are old enough to go: whole operations, and only from its start, so that the rest stays
one chain."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qsc_bot.models.operation import Ended, State
from qsc_bot.storage.chain import entry_of

_SPANS: Final = (
    "SELECT operation, min(number) AS first, max(number) AS last FROM entries WHERE kind <> 'anchor' "
    "GROUP BY operation ORDER BY first"
)
_ENDS: Final = (  # SQLite takes the other columns from the row of the maximum
    "SELECT max(number), entries.* FROM entries WHERE kind IN ('begun', 'resumed', 'ended') GROUP BY operation"
)


@dataclass(frozen=True, kw_only=True)
class Span:
    """Where the entries of one operation begin and end; `done_at` is None where it was not finished."""

    operation: str
    first: int
    last: int
    done_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Cut:
    """So many entries may go, of so many operations, all up to `number`; `unfinished` is what keeps all since."""

    number: int
    entries: int
    operations: int
    unfinished: str | None


def spans(db: sqlite3.Connection) -> list[Span]:
    """Every operation by where it begins; raises `journal.broken` where an entry cannot be read."""
    done = {row["operation"]: _done_at(row) for row in db.execute(_ENDS)}
    return [
        Span(operation=row["operation"], first=row["first"], last=row["last"], done_at=done.get(row["operation"]))
        for row in db.execute(_SPANS)
    ]


def find_cut(db: sqlite3.Connection, before: datetime) -> Cut:
    """What may go of the operations that were done before a moment."""
    found = spans(db)
    number, operations = longest_start(found, before)
    entries = int(db.execute("SELECT count(*) FROM entries WHERE number <= ?", (number,)).fetchone()[0])
    unfinished = next((span.operation for span in found if span.done_at is None), None)
    return Cut(number=number, entries=entries, operations=operations, unfinished=unfinished)


def longest_start(found: Sequence[Span], before: datetime) -> tuple[int, int]:
    """The last entry, and the number of operations, of the longest start that holds only whole ones done by then."""
    number = operations = reach = 0
    for place, span in enumerate(found):
        if span.first > reach:
            number, operations = reach, place
        if span.done_at is None or span.done_at >= before:
            return number, operations
        reach = max(reach, span.last)
    return reach, len(found)


def _done_at(row: sqlite3.Row) -> datetime | None:
    entry = entry_of(row)
    is_done = isinstance(entry.event, Ended) and entry.event.state is State.DONE
    return entry.at if is_done else None
