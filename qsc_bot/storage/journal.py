"""The journal: what this tool changes, written before and after each call, line by line, each bound to the one before.

Nothing is ever set aside here: a journal that cannot be read or written stops what would be written to it.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.operation import Anchor, Entry, Event
from qsc_bot.storage.chain import COLUMNS, START, Checked, Removal, chained, check, entry_of, line_of
from qsc_bot.storage.database import UnreadableFileError, is_unreadable, open_in_memory, open_kept, writing
from qsc_bot.storage.pruning import Cut, find_cut
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
_COLUMNS: Final = ", ".join(COLUMNS)
_PAGE: Final = 500


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
            self._append(db, operation, events)

    def entries(self, operation: str, *, item: str | None = None) -> list[Entry]:
        """The entries of one operation in their order, those of its other items left out where one is named."""
        sql = (
            f"SELECT {_COLUMNS} FROM entries WHERE operation = :operation AND kind <> 'anchor' "
            "AND (:item IS NULL OR item IS NULL OR item = :item) ORDER BY number"
        )
        with self._reading() as db:
            return [entry_of(row) for row in db.execute(sql, {"operation": operation, "item": item})]

    def outlines(self, operations: Sequence[str]) -> Mapping[str, list[sqlite3.Row]]:
        """The lines of several operations that tell what their items came to, whether they can be read or not."""
        found: dict[str, list[sqlite3.Row]] = {operation: [] for operation in operations}
        holes = ", ".join("?" * len(found))
        sql = f"SELECT {_COLUMNS} FROM entries WHERE operation IN ({holes}) AND kind <> 'answered' ORDER BY number"
        with self._reading() as db:
            for row in db.execute(sql, tuple(found)):
                found[row["operation"]].append(row)
        return found

    def operations(self, *, item: str | None = None, since: datetime | None = None) -> list[str]:
        """The ids of operations, the newest first: those that have this item, those that began since then."""
        sql = (
            "SELECT operation FROM entries WHERE kind = 'begun' AND (:since IS NULL OR at >= :since) AND "
            "(:item IS NULL OR operation IN (SELECT operation FROM entries WHERE item = :item)) ORDER BY number DESC"
        )
        with self._reading() as db:
            return [row["operation"] for row in db.execute(sql, {"since": _as_written(since), "item": item})]

    def changes(self, item: str, *, account_id: str, remote: str) -> list[tuple[str, str | None]]:
        """The operations that changed an item of an account, the newest first, each with the one that it took back."""
        sql = (
            "SELECT done.operation, json_extract(begun.body, '$.undoes') AS undoes FROM entries AS done "
            "JOIN entries AS begun ON begun.operation = done.operation AND begun.kind = 'begun' "
            "WHERE done.item = :item AND done.kind = 'settled' "
            "AND json_extract(done.body, '$.outcome.status') = 'changed' "
            "AND json_extract(begun.body, '$.account_id') = :account_id "
            "AND json_extract(begun.body, '$.remote') = :remote ORDER BY done.number DESC"
        )
        with self._reading() as db:
            rows = db.execute(sql, {"item": item, "account_id": account_id, "remote": remote}).fetchall()
        return [(row["operation"], row["undoes"]) for row in rows]

    def lines(self, *, since: datetime | None = None) -> Iterator[sqlite3.Row]:
        """Every line as it stands in the file, in order, those written since then; read page by page."""
        sql = (
            f"SELECT {_COLUMNS} FROM entries WHERE number > :number AND (:since IS NULL OR at >= :since) "
            f"ORDER BY number LIMIT {_PAGE}"
        )
        number = 0
        while True:
            with self._reading() as db:
                page = db.execute(sql, {"number": number, "since": _as_written(since)}).fetchall()
            yield from page
            if len(page) < _PAGE:
                return
            number = page[-1]["number"]

    def check(self, operation: str | None = None) -> Checked:
        """Whether the chain is whole, up to an operation's last entry where one is named."""
        sql = (
            f"SELECT {_COLUMNS} FROM entries WHERE :operation IS NULL "
            "OR number <= (SELECT max(number) FROM entries WHERE operation = :operation) ORDER BY number"
        )
        with self._reading() as db:
            db.execute("BEGIN")  # one look at the file, whatever others write to it
            try:
                return check(db.execute(sql, {"operation": operation}), _newest_removal(db))
            finally:
                db.execute("ROLLBACK")

    def prunable(self, before: datetime) -> Cut:
        """What `prune` would remove."""
        with self._reading() as db:
            return find_cut(db, before)

    def prune(self, before: datetime, *, by: str, host: str) -> Cut:
        """Remove whole operations that were done before a moment, from the start on, and anchor the rest of the chain.

        Space is given back unless another process writes just then.
        """
        with self._writing() as db:
            found = find_cut(db, before)
            if found.number:
                earlier = _newest_removal(db)
                sql = "SELECT hash FROM entries WHERE number = ?"
                last_hash = db.execute(sql, (found.number,)).fetchone()["hash"]
                operations = found.operations + (earlier.operations if earlier else 0)
                anchor = Anchor(removed=found.number, operations=operations, last_hash=last_hash, by=by, host=host)
                self._append(db, "", [(None, anchor)])
                db.execute("DELETE FROM entries WHERE number <= ?", (found.number,))
        if found.number:
            with self._reading() as db, suppress(sqlite3.OperationalError):
                db.execute("VACUUM")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return found

    @contextmanager
    def held(self, operation: str) -> Iterator[None]:
        """Be the only process that carries this operation out; raises `operation.running` while another does."""
        with self._writing() as db:
            if self._holder(db, operation) not in (None, self._presence.token):
                hint = ("wait until it ends", f"qsc-bot operation show {operation}")
                raise QscBotError(
                    "operation.running", f"{operation} is being carried out by another process", hint=hint
                )
            db.execute("REPLACE INTO runs (operation, token) VALUES (?, ?)", (operation, self._presence.token))
        try:
            yield
        finally:
            with suppress(QscBotError), self._writing() as db:  # else it is free when this process ends
                db.execute("DELETE FROM runs WHERE operation = ? AND token = ?", (operation, self._presence.token))

    def is_running(self, operation: str) -> bool:
        """Whether a process that is still there carries this operation out."""
        with self._reading() as db:
            return self._holder(db, operation) is not None

    def _append(self, db: sqlite3.Connection, operation: str, events: Iterable[tuple[str | None, Event]]) -> None:
        last = db.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
        number, before = (last["number"], last["hash"]) if last else (0, START)
        at = self._now()
        for item, event in events:
            number += 1
            line = line_of(number, at, operation, item, event)
            before = chained(before, line)
            db.execute(f"INSERT INTO entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", (*line, before))

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
            if "_db" in vars(self) or self._path.exists():
                yield self._db
                return
            with closing(open_in_memory(SCHEMA)) as nothing:
                yield nothing

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


def _newest_removal(db: sqlite3.Connection) -> Removal | None:
    rows = db.execute(f"SELECT {_COLUMNS} FROM entries WHERE kind = 'anchor' ORDER BY number DESC")
    return next(filter(None, map(Removal.of, rows)), None)


def _as_written(moment: datetime | None) -> str | None:
    """A moment as entries are dated, so that texts compare like moments."""
    return moment.astimezone(UTC).isoformat() if moment else None
