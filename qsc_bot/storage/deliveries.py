"""What arrived at webhooks: each request once, on this machine alone, for some days."""

import json
import secrets
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

VERSION: Final = 1
KEPT: Final = timedelta(days=7)
SCHEMA: Final = (
    "CREATE TABLE requests (number INTEGER PRIMARY KEY, received_at REAL NOT NULL, via TEXT NOT NULL, "
    "target TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL)",
    "CREATE TABLE deliveries (id TEXT PRIMARY KEY, request INTEGER NOT NULL, received_at REAL NOT NULL, "
    "via TEXT NOT NULL, kind TEXT NOT NULL, conversation TEXT, is_private INTEGER, recipe TEXT, revision TEXT, "
    "verified INTEGER NOT NULL, dedupe_key TEXT NOT NULL, answer INTEGER NOT NULL, forwarded TEXT) WITHOUT ROWID",
    "CREATE UNIQUE INDEX deliveries_once ON deliveries (via, dedupe_key, ifnull(recipe, ''), ifnull(revision, ''))",
    "CREATE INDEX deliveries_by_time ON deliveries (received_at)",
    "CREATE INDEX deliveries_by_conversation ON deliveries (conversation) WHERE conversation IS NOT NULL",
    "CREATE TABLE refused (reason TEXT PRIMARY KEY, number INTEGER NOT NULL, last_at REAL NOT NULL) WITHOUT ROWID",
)
_COLUMNS: Final = "id, received_at, via, kind, conversation, recipe, revision, verified, dedupe_key, answer, forwarded"
_ID_BYTES: Final = 6


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came. `target` is its path and query; `headers` are those that may be kept, never secrets."""

    via: Via
    target: str
    headers: dict[str, str]
    body: bytes
    verified: bool
    recipe: str | None = None
    revision: str | None = None


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
            headers = json.dumps(arrived.headers)
            row = (at, arrived.via.value, arrived.target, headers, arrived.body)
            number = db.execute(
                "INSERT INTO requests (received_at, via, target, headers, body) VALUES (?, ?, ?, ?, ?)", row
            ).lastrowid
            ids = [_insert(db, number, at, arrived, event, answer) for event in events]
            if not any(ids):
                db.execute("DELETE FROM requests WHERE number = ?", (number,))
        return ids

    def note_forwarded(self, ids: Iterable[str], answer: Answer) -> None:
        """Keep what the bot answered to these."""
        text = msgspec.json.encode(answer).decode()
        with self._writing() as db:
            db.executemany("UPDATE deliveries SET forwarded = ? WHERE id = ?", [(text, one) for one in ids])

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
        sql = f"SELECT {_COLUMNS} FROM deliveries {where} ORDER BY received_at {order}, id {order}"
        with self._reading() as db:
            rows = db.execute(sql, values).fetchall()
        yield from map(_delivery, rows)

    def read(self, delivery: str) -> tuple[Delivery, Arrived]:
        """One delivery and the request that it came in; raises `delivery.not_found`."""
        columns = ", ".join(f"deliveries.{name.strip()}" for name in _COLUMNS.split(","))
        sql = (
            f"SELECT {columns}, target, headers, body FROM deliveries "
            "JOIN requests ON requests.number = deliveries.request WHERE id = ?"
        )
        with self._reading() as db:
            row = db.execute(sql, (delivery,)).fetchone()
        if row is None:
            raise _unknown(delivery)
        found = _delivery(row)
        arrived = Arrived(
            via=found.via,
            target=row["target"],
            headers=json.loads(row["headers"]),
            body=row["body"],
            verified=found.verified,
            recipe=found.recipe,
            revision=found.revision,
        )
        return found, arrived

    def requests_of(self, ids: Iterable[str]) -> list[tuple[list[str], int]]:
        """These deliveries by the request that they came in, and how many came in it; raises `delivery.not_found`."""
        found: dict[int, list[str]] = {}
        with self._reading() as db:
            for one in dict.fromkeys(ids):
                row = db.execute("SELECT request FROM deliveries WHERE id = ?", (one,)).fetchone()
                if row is None:
                    raise _unknown(one)
                found.setdefault(row["request"], []).append(one)
            count = "SELECT count(*) FROM deliveries WHERE request = ?"
            return [(names, db.execute(count, (request,)).fetchone()[0]) for request, names in found.items()]

    def forget(self, *, older_than: timedelta) -> int:
        """Remove what is older; how many deliveries that were. Reasons that refused nothing since are forgotten too."""
        before = self._now() - older_than.total_seconds()
        with self._writing() as db:
            number = db.execute("DELETE FROM deliveries WHERE received_at < ?", (before,)).rowcount
            db.execute("DELETE FROM requests WHERE received_at < ?", (before,))
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
                yield self._db
        except (OSError, sqlite3.Error) as error:
            raise QscBotError("config.state", f"{self._path} cannot be used: {error}") from error


def _unknown(delivery: str) -> QscBotError:
    return QscBotError("delivery.not_found", f"no delivery {delivery[:80]!r} is stored on this machine")


def _insert(
    db: sqlite3.Connection, request: int | None, at: float, arrived: Arrived, event: Event, answer: int
) -> str | None:
    """Keep one event; its id, None where it was kept before."""
    one = f"dl_{secrets.token_hex(_ID_BYTES)}"
    row = (one, request, at, arrived.via.value, event.kind.value, event.conversation, event.is_private)
    marks = (arrived.recipe, arrived.revision, arrived.verified, event.dedupe_key, answer)
    added = db.execute(
        "INSERT OR IGNORE INTO deliveries (id, request, received_at, via, kind, conversation, is_private, recipe, "
        "revision, verified, dedupe_key, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row + marks,
    ).rowcount
    return one if added else None


def _delivery(row: sqlite3.Row) -> Delivery:
    received_at = moment(row["received_at"])
    assert received_at is not None
    return Delivery(
        id=row["id"],
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
