"""What arrived at webhooks: each request once, on this machine alone, for some days."""

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer, Delivery, Event, Kind, Via
from qsc_bot.models.wire import moment
from qsc_bot.storage.database import open_shared, writing

VERSION: Final = 2
KEPT: Final = timedelta(days=7)
SCHEMA: Final = (
    "CREATE TABLE requests (number INTEGER PRIMARY KEY, target TEXT NOT NULL, headers TEXT NOT NULL, "
    "body BLOB NOT NULL)",
    "CREATE TABLE deliveries (request INTEGER NOT NULL, place INTEGER NOT NULL, received_at REAL NOT NULL, "
    "via TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, conversation TEXT, is_private INTEGER, recipe TEXT, "
    "revision TEXT, verified INTEGER NOT NULL, dedupe_key TEXT NOT NULL, answer INTEGER NOT NULL, forwarded TEXT, "
    "PRIMARY KEY (request, place)) WITHOUT ROWID",
    "CREATE UNIQUE INDEX deliveries_once ON deliveries "
    "(via, dedupe_key, verified, account, ifnull(recipe, ''), ifnull(revision, ''))",
    "CREATE TABLE refused (reason TEXT PRIMARY KEY, number INTEGER NOT NULL, last_at REAL NOT NULL) WITHOUT ROWID",
)
"""Requests are numbered by microseconds, so that rows are added at the end, and no number comes twice.

An event that nothing proves never hides the same one with a right signature.
"""
PAGES_BESIDE: Final = 8_000
"""So many pages may stand beside the file before they are brought into it, which waits for the disk: 32 MB."""
_COLUMNS: Final = (
    "request, place, received_at, via, kind, conversation, recipe, revision, verified, dedupe_key, answer, forwarded"
)
_ID: Final = re.compile(r"dl_([1-9a-f][0-9a-f]{0,14})(?:-([1-9][0-9]{0,5}))?")


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came. `target` is its path and query; `headers` are those that may be kept, never secrets.

    `account` is that of the listener's profile, as `Profile.account_key` names it.
    """

    via: Via
    target: str
    headers: dict[str, str]
    body: bytes
    verified: bool
    account: str
    recipe: str | None = None
    revision: str | None = None


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that bore a recipe's marker; `is_private` is null where it cannot be told."""

    revision: str
    received_at: datetime
    verified: bool
    is_private: bool | None
    conversation: str | None
    dedupe_key: str


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries that came in one request, by id, and how many came in it."""

    ids: list[str]
    via: Via
    total: int


class Deliveries:
    """The store of a state folder, shared by every listener of this machine; raises `config.state` where it fails."""

    def __init__(self, path: Path, *, now: Callable[[], float], tell: Callable[[str], None]) -> None:
        self._path = path
        self._now = now
        self._tell = tell
        self._turn = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file, between two uses of it."""
        with self._turn:
            if self._db is not None:
                self._db.close()
                self._db = None

    def store(self, arrived: Arrived, events: Sequence[Event], *, answer: int) -> list[str | None]:
        """Keep a request with its events, each once; the id of each, None where it was kept before.

        It outlives the process from then on.
        """
        at = self._now()
        with self._writing() as db:
            last = db.execute("SELECT max(number) FROM requests").fetchone()[0] or 0
            request = max(int(at * 1_000_000), last + 1)
            row = (request, arrived.target, json.dumps(arrived.headers), arrived.body)
            ids = [_insert(db, (request, place, at), arrived, event, answer) for place, event in enumerate(events)]
            if any(ids):
                db.execute("INSERT INTO requests (number, target, headers, body) VALUES (?, ?, ?, ?)", row)
        return ids

    def note_forwarded(self, ids: Iterable[str], answer: Answer) -> None:
        """Keep what the bot answered to these."""
        text = msgspec.json.encode(answer).decode()
        with self._writing() as db:
            rows = [(text, *_place(one)) for one in ids]
            db.executemany("UPDATE deliveries SET forwarded = ? WHERE request = ? AND place = ?", rows)

    def count_refused(self, numbers: Mapping[str, int]) -> None:
        """Count requests that were refused, by reason; nothing else of them is kept."""
        with self._writing() as db:
            db.executemany(
                "INSERT INTO refused (reason, number, last_at) VALUES (?, ?, ?) ON CONFLICT (reason) "
                "DO UPDATE SET number = number + excluded.number, last_at = excluded.last_at",
                [(reason, number, self._now()) for reason, number in numbers.items()],
            )

    def refused(self) -> dict[str, int]:
        """How many requests were refused, by reason."""
        with self._reading() as db:
            return {row["reason"]: row["number"] for row in db.execute("SELECT reason, number FROM refused")}

    def find(
        self,
        *,
        since: datetime | None = None,
        conversation: str | None = None,
        kinds: frozenset[Kind] = frozenset(),
        recipe: str | None = None,
        verified: bool | None = None,
        newest_first: bool = True,
    ) -> Iterator[Delivery]:
        """Deliveries that fit all that is given, in the order in which they arrived or the other way round."""
        wishes: dict[str, Any] = {
            "received_at >= ?": since.timestamp() if since else None,
            "conversation = ?": conversation,
            "recipe = ?": recipe,
            "verified = ?": verified,
        }
        given = {text: value for text, value in wishes.items() if value is not None}
        if kinds:
            given |= {f"kind IN ({', '.join('?' * len(kinds))})": sorted(kinds)}
        values = [one for value in given.values() for one in (value if isinstance(value, list) else [value])]
        where = f"WHERE {' AND '.join(given)}" if given else ""
        order = "DESC" if newest_first else "ASC"
        sql = f"SELECT {_COLUMNS} FROM deliveries {where} ORDER BY request {order}, place {order}"
        with self._reading() as db:
            rows = db.execute(sql, values).fetchall()
        yield from map(_delivery, rows)

    def fired(self, recipe: str, *, account: str, since: datetime) -> list[Fired]:
        """What bore the name of an account's recipe and a revision, the oldest first."""
        sql = (
            "SELECT revision, received_at, verified, is_private, conversation, dedupe_key FROM deliveries "
            "WHERE recipe = ? AND account = ? AND revision IS NOT NULL AND received_at >= ? "
            "ORDER BY received_at, request, place"
        )
        with self._reading() as db:
            rows = db.execute(sql, (recipe, account, since.timestamp())).fetchall()
        return [_fired(row) for row in rows]

    def newest(self, *, account: str) -> dict[tuple[Via, str | None], datetime]:
        """When an account's last delivery came, by who sent it and the recipe whose name it bore."""
        sql = "SELECT via, recipe, max(received_at) AS at FROM deliveries WHERE account = ? GROUP BY via, recipe"
        with self._reading() as db:
            rows = db.execute(sql, (account,)).fetchall()
        return {(Via(row["via"]), row["recipe"]): at for row in rows if (at := moment(row["at"]))}

    def read(self, delivery: str) -> tuple[Delivery, Arrived]:
        """One delivery and the request that it came in; raises `delivery.not_found`."""
        sql = (
            f"SELECT {_COLUMNS}, account, target, headers, body FROM deliveries "
            "JOIN requests ON number = request WHERE request = ? AND place = ?"
        )
        with self._reading() as db:
            row = db.execute(sql, _place(delivery)).fetchone()
        if row is None:
            raise _unknown(delivery)
        found = _delivery(row)
        arrived = Arrived(
            via=found.via,
            target=row["target"],
            headers=json.loads(row["headers"]),
            body=row["body"],
            verified=found.verified,
            account=row["account"],
            recipe=found.recipe,
            revision=found.revision,
        )
        return found, arrived

    def requests_of(self, ids: Iterable[str]) -> list[Together]:
        """These deliveries by the request that they came in; raises `delivery.not_found`."""
        found: dict[int, Together] = {}
        with self._reading() as db:
            for one in dict.fromkeys(ids):
                request, place = _place(one)
                sql = "SELECT place, via FROM deliveries WHERE request = ?"
                rows = {row["place"]: row["via"] for row in db.execute(sql, (request,))}
                if place not in rows:
                    raise _unknown(one)
                fresh = Together(ids=[], via=Via(rows[place]), total=len(rows))
                found.setdefault(request, fresh).ids.append(one)
        return list(found.values())

    def forget(self, *, older_than: timedelta) -> int:
        """Remove what is older; how many deliveries that were. Reasons that refused nothing since are forgotten too."""
        before = self._now() - older_than.total_seconds()
        with self._writing() as db:
            old = "SELECT request FROM deliveries WHERE received_at < ?"
            db.execute(f"DELETE FROM requests WHERE number IN ({old})", (before,))
            number = db.execute("DELETE FROM deliveries WHERE received_at < ?", (before,)).rowcount
            db.execute("DELETE FROM refused WHERE last_at < ?", (before,))
        return number

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db, writing(db):
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._turn:
                if self._db is None:
                    self._db = open_shared(
                        self._path,
                        schema=SCHEMA,
                        version=VERSION,
                        tell=self._tell,
                        is_read_through=False,
                        leaves_versions=True,
                    )
                    self._db.execute(f"PRAGMA wal_autocheckpoint = {PAGES_BESIDE}")
                yield self._db
        except (OSError, sqlite3.Error) as error:
            raise QscBotError("config.state", f"{self._path} cannot be used: {error}") from error


def _unknown(delivery: str) -> QscBotError:
    return QscBotError("delivery.not_found", f"no delivery {delivery[:80]!r} is stored on this machine")


def _id(request: int, place: int) -> str:
    return f"dl_{request:x}-{place}" if place else f"dl_{request:x}"


def _place(delivery: str) -> tuple[int, int]:
    """Which request an id names, and which of its events; raises `delivery.not_found` for what is no id."""
    match = _ID.fullmatch(delivery)
    if match is None:
        raise _unknown(delivery)
    return int(match[1], 16), int(match[2] or 0)


def _insert(
    db: sqlite3.Connection, key: tuple[int, int, float], arrived: Arrived, event: Event, answer: int
) -> str | None:
    """Keep one event; its id, None where it was kept before."""
    told = (arrived.via.value, arrived.account, event.kind.value, event.conversation, event.is_private)
    marks = (arrived.recipe, arrived.revision, arrived.verified, event.dedupe_key, answer)
    added = db.execute(
        "INSERT OR IGNORE INTO deliveries (request, place, received_at, via, account, kind, conversation, is_private, "
        "recipe, revision, verified, dedupe_key, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, *told, *marks),
    ).rowcount
    return _id(*key[:2]) if added else None


def _fired(row: sqlite3.Row) -> Fired:
    received_at = moment(row["received_at"])
    assert received_at is not None
    return Fired(
        revision=row["revision"],
        received_at=received_at,
        verified=bool(row["verified"]),
        is_private=None if row["is_private"] is None else bool(row["is_private"]),
        conversation=row["conversation"],
        dedupe_key=row["dedupe_key"],
    )


def _delivery(row: sqlite3.Row) -> Delivery:
    received_at = moment(row["received_at"])
    assert received_at is not None
    return Delivery(
        id=_id(row["request"], row["place"]),
        kind=Kind(row["kind"]),
        via=Via(row["via"]),
        conversation=row["conversation"],
        recipe=row["recipe"],
        revision=row["revision"],
        received_at=received_at,
        verified=bool(row["verified"]),
        dedupe_key=row["dedupe_key"],
        answer=row["answer"],
        forwarded=msgspec.json.decode(row["forwarded"], type=Answer) if row["forwarded"] else None,
    )
