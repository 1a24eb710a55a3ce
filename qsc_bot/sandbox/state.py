"""The sandbox's memory: one SQLite file that several processes share."""

import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contacts (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL,
    email TEXT NOT NULL DEFAULT '', company TEXT NOT NULL DEFAULT '', phone TEXT NOT NULL DEFAULT '',
    customattributes TEXT NOT NULL DEFAULT '[]',
    added INTEGER NOT NULL, updated INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS contacts_by_added ON contacts (added);
CREATE INDEX IF NOT EXISTS contacts_by_updated ON contacts (updated);
CREATE TABLE IF NOT EXISTS contact_tags (
    position INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL, tag TEXT NOT NULL, UNIQUE (tag, contact_id));
CREATE INDEX IF NOT EXISTS tags_by_contact ON contact_tags (contact_id);
CREATE TABLE IF NOT EXISTS people (
    service TEXT NOT NULL, service_id TEXT NOT NULL, contact_id INTEGER NOT NULL,
    private INTEGER NOT NULL DEFAULT 1, owner TEXT NOT NULL DEFAULT 'bot', writes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (service, service_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS people_by_contact ON people (contact_id);
CREATE TABLE IF NOT EXISTS mentions (
    id INTEGER PRIMARY KEY, service TEXT NOT NULL, service_id TEXT NOT NULL, type TEXT NOT NULL,
    managed INTEGER NOT NULL, content TEXT NOT NULL, source_id TEXT NOT NULL, reply_to TEXT,
    application TEXT, status TEXT NOT NULL DEFAULT 'new', assignee TEXT, added INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS mentions_by_date ON mentions (added);
CREATE INDEX IF NOT EXISTS mentions_by_type ON mentions (type, added);
CREATE INDEX IF NOT EXISTS mentions_by_service ON mentions (service, added);
CREATE INDEX IF NOT EXISTS mentions_by_both ON mentions (service, type, added);
CREATE INDEX IF NOT EXISTS mentions_by_person ON mentions (service, service_id, added);
CREATE TABLE IF NOT EXISTS actions (
    id INTEGER PRIMARY KEY, mention_id INTEGER NOT NULL, type TEXT NOT NULL, description TEXT NOT NULL,
    metadata TEXT NOT NULL, added INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS actions_by_mention ON actions (mention_id);
CREATE TABLE IF NOT EXISTS publications (id INTEGER PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS threads (
    psid TEXT PRIMARY KEY, service TEXT NOT NULL, owner TEXT, expires REAL,
    updated INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS threads_by_date ON threads (service, updated);
CREATE TABLE IF NOT EXISTS refused_sends (psid TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS apps (
    id TEXT PRIMARY KEY, callback TEXT NOT NULL, fields TEXT NOT NULL,
    page_fields TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS webhooks (
    name TEXT PRIMARY KEY, content TEXT NOT NULL, url_secret TEXT NOT NULL, authorization TEXT NOT NULL,
    last_delivery_at INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recipes (name TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    webhook TEXT PRIMARY KEY, sent INTEGER NOT NULL, failed INTEGER NOT NULL,
    last_status INTEGER, last_error TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bot_seen (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS budgets (user INTEGER PRIMARY KEY, started REAL NOT NULL, used INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS served (address TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (endpoint TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY, pattern TEXT NOT NULL, rule TEXT NOT NULL, times INTEGER,
    used INTEGER NOT NULL DEFAULT 0);
"""

TABLES = tuple(name for name in re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", SCHEMA) if name != "served")


class State:
    """The open database: short transactions only, never held while something is sent or slept."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = OFF"):
            self._db.execute(f"PRAGMA {pragma}")
        with self.writing() as db:
            for statement in SCHEMA.split(";"):
                db.execute(statement)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that may write; whatever is raised inside undoes it."""
        with self._transaction("BEGIN IMMEDIATE") as db:
            yield db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the state."""
        with self._transaction("BEGIN") as db:
            yield db

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute(begin)
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file; the state stays."""
        with self._lock:
            self._db.close()


def read_meta(db: sqlite3.Connection, key: str, default: str = "") -> str:
    """One fact about the sandbox as a whole, such as its seed."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return default if row is None else str(row["value"])


def write_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    """Keep one fact about the sandbox as a whole."""
    db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


def clear(db: sqlite3.Connection) -> None:
    """Forget everything but the addresses that it is served at."""
    for table in TABLES:
        db.execute(f"DELETE FROM {table}")  # noqa: S608 (the names are constants of this file)


def count_write(db: sqlite3.Connection, *, service: str, service_id: str) -> None:
    """Note that a call through the API changed something about this conversation."""
    db.execute("UPDATE people SET writes = writes + 1 WHERE service = ? AND service_id = ?", (service, service_id))


def count_refused_send(db: sqlite3.Connection, *, psid: str) -> None:
    """Note that Messenger let an app write nothing to this person."""
    db.execute(
        "INSERT INTO refused_sends (psid, number) VALUES (?, 1) ON CONFLICT (psid) DO UPDATE SET number = number + 1",
        (psid,),
    )
