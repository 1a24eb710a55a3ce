"""Rows of the store of deliveries: its tables, what is written of a request, and what a row tells."""

import re
import sqlite3
from datetime import datetime
from typing import Final

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer, Delivery, Event, Kind, Via
from qsc_bot.models.wire import moment

VERSION: Final = 2
SCHEMA: Final = (
    "CREATE TABLE requests (number INTEGER PRIMARY KEY, target TEXT NOT NULL, headers TEXT NOT NULL, "
    "body BLOB NOT NULL)",
    "CREATE TABLE deliveries (request INTEGER NOT NULL, place INTEGER NOT NULL, account TEXT NOT NULL, "
    "received_at REAL NOT NULL, kept_until REAL NOT NULL, via TEXT NOT NULL, kind TEXT NOT NULL, conversation TEXT, "
    "is_private INTEGER, recipe TEXT, revision TEXT, verified INTEGER NOT NULL, dedupe_key TEXT NOT NULL, "
    "is_new INTEGER NOT NULL, answer INTEGER NOT NULL, forwarded TEXT, PRIMARY KEY (request, place)) WITHOUT ROWID",
    "CREATE UNIQUE INDEX deliveries_once ON deliveries "
    "(account, via, dedupe_key, verified, ifnull(recipe, ''), ifnull(revision, ''))",
    "CREATE TABLE refused (account TEXT NOT NULL, reason TEXT NOT NULL, number INTEGER NOT NULL, "
    "last_at REAL NOT NULL, PRIMARY KEY (account, reason)) WITHOUT ROWID",
)
"""Requests are numbered by microseconds, so that rows are added at the end, and no number comes twice."""
COLUMNS: Final = (
    "request, place, received_at, via, kind, conversation, recipe, revision, verified, dedupe_key, answer, forwarded"
)
MOST_MARKERS: Final = 8
"""Nothing signs the marker in an address: an event that comes with more of them than this is kept no more."""
_ID: Final = re.compile(r"dl_([1-9a-f][0-9a-f]{0,14})(?:-([1-9][0-9]{0,5}))?")


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came. `target` is its path and query; `headers` are those that may be kept, never secrets."""

    via: Via
    target: str
    headers: dict[str, str]
    body: bytes
    verified: bool
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


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When a request came, in Unix seconds, its number, whose it is, and until when it is kept."""

    request: int
    at: float
    kept_until: float
    account: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event: whether it has a row, and whether it was not known before."""

    id: str
    has_row: bool
    is_new: bool


def insert(db: sqlite3.Connection, when: Moment, place: int, arrived: Arrived, event: Event, answer: int) -> Kept:
    """Keep one event, once for each marker that it comes with.

    It is known where the same came before with a signature as good as this one's: what nothing proves hides nothing.
    """
    key = (when.account, arrived.via.value, event.dedupe_key)
    known = "SELECT count(*) FROM deliveries WHERE account = ? AND via = ? AND dedupe_key = ? AND verified >= ?"
    number = db.execute(known, (*key, arrived.verified)).fetchone()[0]
    made = Kept(id=id_of(when.request, place), has_row=False, is_new=number == 0)
    if number >= MOST_MARKERS:
        return made
    told = (event.kind.value, event.conversation, event.is_private, arrived.recipe, arrived.revision)
    added = db.execute(
        "INSERT OR IGNORE INTO deliveries (request, place, received_at, kept_until, account, via, dedupe_key, kind, "
        "conversation, is_private, recipe, revision, verified, is_new, answer) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (when.request, place, when.at, when.kept_until, *key, *told, arrived.verified, made.is_new, answer),
    ).rowcount
    return msgspec.structs.replace(made, has_row=added > 0)


def id_of(request: int, place: int) -> str:
    """The id of one event of a request."""
    return f"dl_{request:x}-{place}" if place else f"dl_{request:x}"


def place_of(delivery: str) -> tuple[int, int]:
    """Which request an id names, and which of its events; raises `delivery.not_found` for what is no id."""
    match = _ID.fullmatch(delivery)
    if match is None:
        raise unknown(delivery)
    return int(match[1], 16), int(match[2] or 0)


def unknown(delivery: str) -> QscBotError:
    """The error for an id that names nothing."""
    return QscBotError("delivery.not_found", f"no delivery {delivery[:80]!r} of this account is stored on this machine")


def fired_of(row: sqlite3.Row) -> Fired:
    """What a row tells of a recipe."""
    return Fired(
        revision=row["revision"],
        received_at=_received_at(row),
        verified=bool(row["verified"]),
        is_private=None if row["is_private"] is None else bool(row["is_private"]),
        conversation=row["conversation"],
        dedupe_key=row["dedupe_key"],
    )


def delivery_of(row: sqlite3.Row) -> Delivery:
    """What a row tells of a delivery."""
    return Delivery(
        id=id_of(row["request"], row["place"]),
        kind=Kind(row["kind"]),
        via=Via(row["via"]),
        conversation=row["conversation"],
        recipe=row["recipe"],
        revision=row["revision"],
        received_at=_received_at(row),
        verified=bool(row["verified"]),
        dedupe_key=row["dedupe_key"],
        answer=row["answer"],
        forwarded=msgspec.json.decode(row["forwarded"], type=Answer) if row["forwarded"] else None,
    )


def _received_at(row: sqlite3.Row) -> datetime:
    received_at = moment(row["received_at"])
    assert received_at is not None
    return received_at
