"""The ledger of calls: one for all processes on this machine, by host and user; never the token itself."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from qsc_bot.models.address import is_loopback
from qsc_bot.storage import window as windows
from qsc_bot.storage.account import Account, Look, Process, Usage, Use
from qsc_bot.storage.database import is_unreadable, open_in_memory, open_shared
from qsc_bot.storage.window import DOUBT_SECONDS, Instant, Refused, Ticket, Told, Verdict, Waiting, Window

VERSION: Final = 1
LONGEST_QUEUE_SECONDS: Final = 60.0
"""A next turn further away than this comes from a clock that jumped."""
FULL_PERCENT: Final = 95
USAGE_TRUSTED_SECONDS: Final = 300.0
_COLUMNS: Final = tuple(field.name for field in fields(Window))
_NAMES: Final = ", ".join(f'"{name}"' for name in _COLUMNS)
_values = attrgetter(*_COLUMNS)
_SCHEMA: Final = (
    "CREATE TABLE aliases (token TEXT PRIMARY KEY, user TEXT NOT NULL) WITHOUT ROWID",
    f"CREATE TABLE windows (who TEXT PRIMARY KEY, {_NAMES}) WITHOUT ROWID",
    "CREATE TABLE uses (who TEXT, process TEXT, command TEXT NOT NULL, serial INTEGER NOT NULL, calls INTEGER NOT NULL,"
    " in_flight INTEGER NOT NULL, since REAL NOT NULL, seen REAL NOT NULL, PRIMARY KEY (who, process)) WITHOUT ROWID",
    "CREATE TABLE turns (who TEXT PRIMARY KEY, next REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE usages (who TEXT PRIMARY KEY, percent INTEGER NOT NULL, seen REAL NOT NULL, seen_at REAL NOT NULL,"
    " regains REAL) WITHOUT ROWID",
)
_SELECT: Final = f"SELECT {_NAMES} FROM windows WHERE who = ?"
_REPLACE: Final = f"INSERT OR REPLACE INTO windows VALUES (?{', ?' * len(_COLUMNS)})"
_COUNT: Final = """
INSERT INTO uses (who, process, command, serial, calls, in_flight, since, seen) VALUES (?, ?, ?, ?, 1, 1, ?, ?)
ON CONFLICT (who, process) DO UPDATE SET
    command = excluded.command, in_flight = in_flight + 1, seen = excluded.seen, serial = excluded.serial,
    calls = CASE WHEN serial = excluded.serial THEN calls + 1 ELSE 1 END,
    since = CASE WHEN serial = excluded.serial THEN since ELSE excluded.since END
"""
_MERGE_USES: Final = """
INSERT INTO uses SELECT ?, process, command, ?, calls, in_flight, since, seen FROM uses WHERE who = ?
ON CONFLICT (who, process) DO UPDATE SET calls = calls + excluded.calls, in_flight = in_flight + excluded.in_flight
"""

R = TypeVar("R")


class Ledger:
    """The file of the ledger, opened on first use; where it cannot be had, counting goes on in memory and is told."""

    def __init__(self, path: Path, *, process: Process, tell: Callable[[str], None]) -> None:
        self._path = path
        self.process = process
        self.warnings: list[str] = []
        self._tell_on = tell
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def __del__(self) -> None:
        """Close the file of a ledger that nobody holds any more."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def take(self, account: Account, *, at: Instant, floor: int | None, asks_first: bool, is_patient: bool) -> Verdict:
        """Leave for one call, to be settled or given back; see `window.take`."""
        verdict = self.take_together(account, 1, at=at, floor=floor, asks_first=asks_first, is_patient=is_patient)
        return verdict[0] if isinstance(verdict, list) else verdict

    def take_together(
        self, account: Account, calls: int, *, at: Instant, floor: int | None, asks_first: bool, is_patient: bool
    ) -> list[Ticket] | Waiting | Refused:
        """Leave for so many calls, or for none; for the first alone while nothing is known of the window."""

        def act(db: sqlite3.Connection) -> list[Ticket] | Waiting | Refused:
            who = _who(db, account)
            if floor and not asks_first and (full := _full(db, who, at)):
                return full
            before = window = _window(db, who)
            others = _in_flight(db, who, at)
            tickets: list[Ticket] = []
            while len(tickets) < calls and not (tickets and tickets[0].is_first):
                window, verdict = windows.take(
                    window,
                    now=at.local,
                    floor=floor,
                    by=self.process.name,
                    others=others + len(tickets),
                    asks_first=asks_first,
                    is_patient=is_patient and others > 0,
                )
                if not isinstance(verdict, Ticket):
                    return verdict
                tickets.append(verdict)
            _write(db, who, window)
            if window.serial != before.serial:
                _forget_ended(db, who, at)
            row = (who, self.process.name, self.process.command(), window.serial, at.remote, at.local)
            db.executemany(_COUNT, [row] * len(tickets))
            return tickets

        return self._transact(act)

    def settle(
        self, account: Account, ticket: Ticket, told: Told, *, at: Instant, usage: Usage | None = None
    ) -> Window:
        """The window after a call's answer, or after none that can be trusted."""

        def act(db: sqlite3.Connection) -> Window:
            who = _who(db, account)
            self._end_call(db, who, at)
            before = _window(db, who)
            window = windows.settle(before, ticket, told, at=at, others=_in_flight(db, who, at))
            _write(db, who, window)
            if window.serial != before.serial:
                self._begin_anew(db, who, window.serial, at)
            if usage is not None:
                row = (who, usage.percent, at.local, usage.seen_at, usage.regains)
                db.execute("INSERT OR REPLACE INTO usages VALUES (?, ?, ?, ?, ?)", row)
            return window

        return self._transact(act)

    def give_back(self, account: Account, ticket: Ticket, *, at: Instant) -> None:
        """Undo the taking of a call that was never sent."""

        def act(db: sqlite3.Connection) -> None:
            who = _who(db, account)
            self._end_call(db, who, at, calls=1)
            _write(db, who, windows.give_back(_window(db, who), ticket))

        self._transact(act)

    def turn(self, account: Account, *, at: Instant, interval_s: float) -> float:
        """How long to wait until a call may set out that keeps an interval to those before it, in any process."""

        def act(db: sqlite3.Connection) -> float:
            row = db.execute("SELECT next FROM turns WHERE who = ?", (account.by_token,)).fetchone()
            wait = max(0.0, row["next"] - at.local) if row else 0.0
            wait = wait if wait <= LONGEST_QUEUE_SECONDS else interval_s
            following = at.local + wait + interval_s
            db.execute("INSERT OR REPLACE INTO turns VALUES (?, ?)", (account.by_token, following))
            return wait

        return self._transact(act)

    def look(self, account: Account, *, at: Instant) -> Look:
        """What is known now; no file is made for it."""
        if self._db is None and not self._path.exists():
            return Look(window=None, uses=[], usage=None)

        def act(db: sqlite3.Connection) -> Look:
            who = _who(db, account)
            row = db.execute(_SELECT, (who,)).fetchone()
            window = Window(**row) if row else None
            serial = window.serial if window and not window.is_over(at.local) else None
            in_flight = _in_flight(db, who, at)
            return Look(window=window, uses=_uses(db, who, serial), usage=_usage(db, who), in_flight=in_flight)

        return self._transact(act)

    def learn(self, account: Account, user_id: str, *, at: Instant) -> None:
        """Keep whose a token is: what was counted for the token is the user's from now on."""

        def act(db: sqlite3.Connection) -> None:
            old, user = _who(db, account), account.by_user(user_id)
            db.execute("INSERT OR REPLACE INTO aliases VALUES (?, ?)", (account.by_token, user))
            if old == user or db.execute(_SELECT, (old,)).fetchone() is None:
                return
            merged = windows.merge(_window(db, old), _window(db, user), now=at.local)
            _write(db, user, merged)
            db.execute(_MERGE_USES, (user, merged.serial, old))
            db.execute("UPDATE uses SET serial = ? WHERE who = ?", (merged.serial, user))
            for table in ("windows", "uses"):
                db.execute(f"DELETE FROM {table} WHERE who = ?", (old,))

        self._transact(act)

    def forget_this_machine(self) -> None:
        """Forget what is known of remotes on this machine, whose clock and counts are the user's to change."""
        if self._db is None and not self._path.exists():
            return

        def act(db: sqlite3.Connection) -> None:
            for (who,) in db.execute("SELECT who FROM windows").fetchall():
                if is_loopback(urlsplit(f"//{who.split()[1]}").hostname or ""):
                    for table in ("windows", "uses", "usages", "turns"):
                        db.execute(f"DELETE FROM {table} WHERE who = ?", (who,))

        self._transact(act)

    def _end_call(self, db: sqlite3.Connection, who: str, at: Instant, *, calls: int = 0) -> None:
        """One call of this process is on its way no more; `calls` are taken off what it has used."""
        db.execute(
            "UPDATE uses SET in_flight = max(in_flight - 1, 0), calls = max(calls - ?, 0), seen = ?"
            " WHERE who = ? AND process = ?",
            (calls, at.local, who, self.process.name),
        )

    def _begin_anew(self, db: sqlite3.Connection, who: str, serial: int, at: Instant) -> None:
        """The call that is settled is the first of a window that began while it was on its way."""
        _forget_ended(db, who, at)
        row = (serial, at.remote, who, self.process.name)
        db.execute("UPDATE uses SET serial = ?, calls = 1, since = ? WHERE who = ? AND process = ?", row)

    def _transact(self, act: Callable[[sqlite3.Connection], R]) -> R:
        """One transaction; a file that fails makes way for a new one, and where that fails too, for memory."""
        with self._lock:
            try:
                return _committed(self._opened(), act)
            except (sqlite3.Error, OSError) as error:
                if self._db is None or not is_unreadable(error):
                    return _committed(self._in_memory(error), act)
                self._db.close()
                self._db = None
            try:
                return _committed(self._opened(), act)
            except (sqlite3.Error, OSError) as error:
                return _committed(self._in_memory(error), act)

    def _tell(self, text: str) -> None:
        self.warnings.append(text)
        self._tell_on(text)

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = open_shared(self._path, schema=_SCHEMA, version=VERSION, tell=self._tell)
        return self._db

    def _in_memory(self, error: Exception) -> sqlite3.Connection:
        if self._db is not None:
            self._db.close()
        reason = error.strerror if isinstance(error, OSError) else error
        self._tell(f"calls are counted in this process alone: {self._path} cannot be used: {reason}")
        self._db = open_in_memory(_SCHEMA)
        return self._db


def _committed(db: sqlite3.Connection, act: Callable[[sqlite3.Connection], R]) -> R:
    db.execute("BEGIN IMMEDIATE")
    try:
        result = act(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return result


def _who(db: sqlite3.Connection, account: Account) -> str:
    row = db.execute("SELECT user FROM aliases WHERE token = ?", (account.by_token,)).fetchone()
    return str(row["user"]) if row else account.by_token


def _window(db: sqlite3.Connection, who: str) -> Window:
    row = db.execute(_SELECT, (who,)).fetchone()
    return Window(**row) if row else Window()


def _write(db: sqlite3.Connection, who: str, window: Window) -> None:
    db.execute(_REPLACE, (who, *_values(window)))


def _in_flight(db: sqlite3.Connection, who: str, at: Instant) -> int:
    """Calls on their way, but for those of processes that have not been seen for two minutes."""
    live = (who, at.local - DOUBT_SECONDS, at.local + DOUBT_SECONDS)
    row = db.execute("SELECT sum(in_flight) FROM uses WHERE who = ? AND seen BETWEEN ? AND ?", live).fetchone()
    return int(row[0] or 0)


def _uses(db: sqlite3.Connection, who: str, serial: int | None) -> list[Use]:
    rows = db.execute("SELECT * FROM uses WHERE who = ? AND serial = ? AND calls > 0 ORDER BY since", (who, serial))
    return [Use(process=row["process"], command=row["command"], calls=row["calls"], since=row["since"]) for row in rows]


def _forget_ended(db: sqlite3.Connection, who: str, at: Instant) -> None:
    """Processes of an earlier window that have not been seen for two minutes."""
    db.execute("DELETE FROM uses WHERE who = ? AND seen < ?", (who, at.local - DOUBT_SECONDS))


def _usage(db: sqlite3.Connection, who: str) -> Usage | None:
    row = db.execute("SELECT * FROM usages WHERE who = ?", (who,)).fetchone()
    return Usage(percent=row["percent"], seen_at=row["seen_at"], regains=row["regains"]) if row else None


def _full(db: sqlite3.Connection, who: str, at: Instant) -> Refused | None:
    """The refusal where Meta said lately that nearly all is used; an old reading says nothing."""
    row = db.execute("SELECT * FROM usages WHERE who = ?", (who,)).fetchone()
    if row is None or row["percent"] < FULL_PERCENT:
        return None
    until = max(row["seen"] + USAGE_TRUSTED_SECONDS, row["regains"] or 0.0)
    return Refused(usage_percent=row["percent"], until=until) if at.local < until else None
