"""Small SQLite files that several processes share; one that cannot be read is set aside and begun anew."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_MEMORY: Final = ":memory:"
_BUSY_MS: Final = 5000


def open_database(
    path: Path, *, schema: str, version: int, synchronous: str, tell: Callable[[str], None]
) -> sqlite3.Connection:
    """A connection to a file of mode 0600 in a folder of mode 0700, in WAL mode, its tables made.

    A file that is damaged or of a newer version is renamed, and that is told. Where no file can be had at all,
    everything is kept in memory until the process ends. One connection may be used by several threads in turn.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return _open(path, schema=schema, version=version, synchronous=synchronous)
        except (sqlite3.DatabaseError, _Newer) as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            aside = _set_aside(path)
            tell(f"{path} {error if isinstance(error, _Newer) else 'is damaged'}; it was set aside as {aside.name}")
            return _open(path, schema=schema, version=version, synchronous=synchronous)
    except (OSError, sqlite3.OperationalError):
        return memory_database(schema=schema, version=version)


def memory_database(*, schema: str, version: int) -> sqlite3.Connection:
    """The same tables, kept until the process ends."""
    return _prepared(_MEMORY, schema=schema, version=version, synchronous="OFF")


@contextmanager
def writing(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One transaction; whatever is raised inside undoes it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield database
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


class _Newer(Exception):
    """A file that a newer version wrote."""


def _open(path: Path, *, schema: str, version: int, synchronous: str) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return _prepared(str(path), schema=schema, version=version, synchronous=synchronous)


def _prepared(target: str, *, schema: str, version: int, synchronous: str) -> sqlite3.Connection:
    database = sqlite3.connect(target, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000)
    try:
        for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}"):
            database.execute(f"PRAGMA {pragma}")
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found > version:
            raise _Newer("is from a newer version of qsc-bot")
        if found < version:
            _make_tables(database, schema, version)
    except BaseException:
        database.close()
        raise
    return database


def _make_tables(database: sqlite3.Connection, schema: str, version: int) -> None:
    with writing(database):
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            database.execute(f'DROP TABLE "{table}"')
        for statement in filter(str.strip, schema.split(";")):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {version}")


def _set_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.unreadable")
    path.replace(aside)
    for companion in ("-wal", "-shm"):
        path.with_name(f"{path.name}{companion}").unlink(missing_ok=True)
    return aside
