"""The journal: what this tool changes, written before and after each call, line by line, each bound to the one before.

Nothing is ever set aside here: a journal that cannot be read or written stops what would be written to it.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.operation import Entry, Event
from qsc_bot.storage.database import UnreadableFileError, is_unreadable, open_kept, writing
from qsc_bot.storage.running import Presence, is_present

VERSION: Final = 1
SCHEMA: Final = (
    "CREATE TABLE entries (number INTEGER PRIMARY KEY, at TEXT NOT NULL, operation TEXT NOT NULL, item TEXT, "
    "kind TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL)",
    "CREATE INDEX entries_by_operation ON entries (operation, number)",
    "CREATE INDEX entries_by_item ON entries (item, operation) WHERE item IS NOT NULL",
    "CREATE INDEX entries_that_begin ON entries (number) WHERE kind = 'begun'",
    "CREATE TABLE runs (operation TEXT PRIMARY KEY, token TEXT NOT NULL) WITHOUT ROWID",
)
START: Final = ""
"""What stands for the hash before the first entry."""
_COLUMNS: Final = "number, at, operation, item, kind, body, hash"


class Journal:
    """The journal of a state folder, shared by all processes of this machine.

    Raises `config.state` where it cannot be written, `journal.unusable` where it cannot be read, `journal.locked` where
    another process holds it for long.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._turn = threading.Lock()

    def close(self) -> None:
        """Close what was opened, between two uses of it; what this process still holds is free then."""
        if "_db" in vars(self):
            with self._turn:
                self._db.close()
        if "_presence" in vars(self):
            self._presence.leave()

    def append(self, operation: str, events: Iterable[tuple[str | None, Event]]) -> None:
        """Add entries, each an item and what happened to it, all or none; they are on the disk when this returns."""
        with self._writing() as db:
            last = db.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
            number, before = (last["number"], last["hash"]) if last else (0, START)
            at = self._now().isoformat()
            for item, event in events:
                number += 1
                line = (number, at, operation, item, kind_of(event), msgspec.json.encode(event).decode())
                before = chained(before, line)
                db.execute(f"INSERT INTO entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", (*line, before))

    def entries(self, operation: str) -> list[Entry]:
        """The entries of one operation, in their order; none where it is not known."""
        with self._reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM entries WHERE operation = ? ORDER BY number", (operation,))
            return [_entry(row) for row in rows]

    def operations(self, *, item: str | None = None, newest_first: bool = True) -> list[str]:
        """The ids of operations by when they began, those that have this item where one is named."""
        order = "DESC" if newest_first else "ASC"
        having = "" if item is None else "AND operation IN (SELECT operation FROM entries WHERE item = ?)"
        sql = f"SELECT operation FROM entries WHERE kind = 'begun' {having} ORDER BY number {order}"
        with self._reading() as db:
            return [row["operation"] for row in db.execute(sql, () if item is None else (item,))]

    def last_change(self, item: str) -> str | None:
        """The operation that changed an item last."""
        sql = (
            "SELECT operation FROM entries WHERE item = ? AND kind = 'settled' "
            "AND json_extract(body, '$.outcome.status') = 'changed' ORDER BY number DESC LIMIT 1"
        )
        with self._reading() as db:
            row = db.execute(sql, (item,)).fetchone()
        return str(row["operation"]) if row else None

    def lines(self) -> Iterator[sqlite3.Row]:
        """Every entry as it stands in the file, in order; `chained` tells whether each is what it was."""
        with self._reading() as db:
            yield from db.execute(f"SELECT {_COLUMNS} FROM entries ORDER BY number")

    @contextmanager
    def held(self, operation: str) -> Iterator[None]:
        """Be the only process that carries this operation out; raises `operation.running` while another does."""
        with self._writing() as db:
            if self._holder(db, operation) not in (None, self._presence.token):
                raise QscBotError("operation.running", f"{operation} is being carried out by another process")
            db.execute("REPLACE INTO runs (operation, token) VALUES (?, ?)", (operation, self._presence.token))
        try:
            yield
        finally:
            with self._writing() as db:
                db.execute("DELETE FROM runs WHERE operation = ? AND token = ?", (operation, self._presence.token))

    def is_running(self, operation: str) -> bool:
        """Whether a process that is still there carries this operation out."""
        with self._reading() as db:
            return self._holder(db, operation) is not None

    def _holder(self, db: sqlite3.Connection, operation: str) -> str | None:
        row = db.execute("SELECT token FROM runs WHERE operation = ?", (operation,)).fetchone()
        if row is None or (row["token"] != self._own_token and not is_present(self._folder, row["token"])):
            return None
        return str(row["token"])

    @property
    def _folder(self) -> Path:
        return self._path.parent / "running"

    @property
    def _own_token(self) -> str | None:
        return self._presence.token if "_presence" in vars(self) else None

    @cached_property
    def _presence(self) -> Presence:
        return Presence(self._folder)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._telling(), self._turn, writing(self._db) as db:
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._telling(), self._turn:
            yield self._db

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn what SQLite and the system say into errors of ours."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> QscBotError:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            return QscBotError("journal.locked", f"another process holds {self._path}")
        if isinstance(error, UnreadableFileError) or is_unreadable(error):
            return QscBotError("journal.unusable", f"{self._path} cannot be used: {error}")
        return QscBotError("config.state", f"{self._path} cannot be written: {error}")

    @cached_property
    def _db(self) -> sqlite3.Connection:
        return open_kept(self._path, schema=SCHEMA, version=VERSION)


def chained(before: str, line: Sequence[object]) -> str:
    """The hash of an entry: SHA-256 over the hash of the one before and all its columns but this one."""
    return sha256(json.dumps([before, *line]).encode()).hexdigest()


def kind_of(event: Event) -> str:
    """The word that an entry is found by."""
    return str(event.__struct_config__.tag)


def _entry(row: sqlite3.Row) -> Entry:
    try:
        return Entry(
            number=row["number"],
            at=datetime.fromisoformat(row["at"]),
            operation=row["operation"],
            item=row["item"],
            event=msgspec.json.decode(row["body"], type=Event),
            hash=row["hash"],
        )
    except (ValueError, TypeError) as error:  # msgspec's errors are ValueErrors
        raise QscBotError("journal.broken", f"entry {row['number']} of the journal cannot be read") from error
