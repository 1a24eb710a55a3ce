"""SQLite files that several processes share: private, in WAL mode, and put aside where they cannot be read."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from qsc_bot.models.files import locked

BUSY_SECONDS: Final = 5.0
ASIDE: Final = "set-aside"
_COMPANIONS: Final = ("", "-wal", "-shm")
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class UnreadableFileError(sqlite3.DatabaseError):
    """The file holds something else than this version of the tool writes."""


def open_shared(
    path: Path,
    *,
    schema: Sequence[str],
    version: int,
    tell: Callable[[str], None],
    is_durable: bool = True,
    is_read_through: bool = True,
    leaves_versions: bool = False,
) -> sqlite3.Connection:
    """Open a small file of mode 0600 in a folder of mode 0700, made where there is none.

    One that is broken or from another version is renamed, a new one takes its place, and `tell` hears of it; with
    `leaves_versions` another version's stays where it is. What is not `is_durable` is a cache: a power cut may cost it.
    What may be large is not read through at each start. Raises OSError and sqlite3.Error where neither can be had.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(path.parent):  # WAL mode cannot be switched on by two at once
        try:
            return _open(path, schema, version, is_durable=is_durable, is_read_through=is_read_through)
        except sqlite3.DatabaseError as error:
            if not is_unreadable(error) or (leaves_versions and isinstance(error, UnreadableFileError)):
                raise
            aside = set_aside(path)
            tell(f"{path} cannot be read: {error}; it was set aside as {aside.name}, and a new one begun")
            return _open(path, schema, version, is_durable=is_durable, is_read_through=is_read_through)


def open_kept(path: Path, *, schema: Sequence[str], version: int) -> sqlite3.Connection:
    """Open a file that must never be lost: each transaction is on the disk before it counts, nothing is set aside.

    It may be large, so it is not read through. Raises OSError and sqlite3.Error, `UnreadableFileError` among them.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(path.parent):
        return _open(path, schema, version, is_durable=True, synchronous="FULL", is_read_through=False)


def open_in_memory(schema: Sequence[str]) -> sqlite3.Connection:
    """The same for this process alone, forgotten at its end."""
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    for statement in schema:
        db.execute(statement)
    return db


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One transaction; whatever is raised inside undoes it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has undone it already
            db.execute("ROLLBACK")
        raise


def is_unreadable(error: Exception) -> bool:
    """Whether the file itself is at fault, not its folder, its disk or another process."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(error, sqlite3.OperationalError) and code is None:
        return True  # text that is no UTF-8; SQLite has no code for that
    return isinstance(error, UnreadableFileError) or (code is not None and code & 0xFF in _BROKEN)


def set_aside(path: Path) -> Path:
    """Rename the file and what SQLite keeps beside it, over those of an earlier time."""
    aside = path.with_name(f"{path.name}.{ASIDE}")
    for companion in _COMPANIONS:
        target = aside.with_name(aside.name + companion)
        target.unlink(missing_ok=True)
        source = path.with_name(path.name + companion)
        if source.exists():
            source.replace(target)
    return aside


def _open(
    path: Path,
    schema: Sequence[str],
    version: int,
    *,
    is_durable: bool,
    synchronous: str = "NORMAL",
    is_read_through: bool = True,
) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
    try:
        db.row_factory = sqlite3.Row
        found = _found_version(db, version)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {synchronous if is_durable else 'OFF'}")
        if found < version:
            _make(db, schema, version)
        _check(db, schema, is_read_through=is_durable and is_read_through)
    except BaseException:
        db.close()
        raise
    return db


def _found_version(db: sqlite3.Connection, version: int) -> int:
    """The file's own, 0 for a new one; raises `UnreadableFileError` for another version's, which stays as it is."""
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > version:
        raise UnreadableFileError("it is from a newer version of qsc-bot")
    if found < version and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise UnreadableFileError("it is from an older version of qsc-bot")
    return found


def _make(db: sqlite3.Connection, schema: Sequence[str], version: int) -> None:
    """Give a new file its tables."""
    db.execute("BEGIN IMMEDIATE")
    for statement in (*schema, f"PRAGMA user_version = {version}"):
        db.execute(statement)
    db.execute("COMMIT")


def _check(db: sqlite3.Connection, schema: Sequence[str], *, is_read_through: bool) -> None:
    tables = {row["sql"] for row in db.execute("SELECT sql FROM sqlite_master")}
    if not tables.issuperset(schema):
        raise UnreadableFileError("its tables are others")
    fault = str(db.execute("PRAGMA quick_check(1)").fetchone()[0]) if is_read_through else "ok"
    if fault != "ok":
        raise UnreadableFileError(fault)
