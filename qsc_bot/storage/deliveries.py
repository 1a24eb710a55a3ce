"""What arrived at webhooks: each request once, on this machine alone, for some days."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer, Delivery, Event, Kind, Via
from qsc_bot.models.files import locked
from qsc_bot.models.wire import moment
from qsc_bot.storage.database import UnreadableFileError, is_unreadable, open_shared, set_aside, writing
from qsc_bot.storage.delivery_rows import (
    COLUMNS,
    SCHEMA,
    VERSION,
    Arrived,
    Fired,
    Moment,
    Together,
    delivery_of,
    fired_of,
    insert,
    place_of,
    unknown,
)

FILE: Final = "deliveries.db"
KEPT: Final = timedelta(days=7)
BUSY_MILLISECONDS: Final = 1_500
"""Another process is waited for so long: less than who sends an event waits for its answer."""
LOOK_SECONDS: Final = 1.0
PAGES_BESIDE: Final = 8_000
"""So many pages may stand beside the file before they are brought into it, which waits for the disk: 32 MB."""
_UNANSWERED: Final = "is_new AND coalesce(json_extract(forwarded, '$.status'), 0) NOT BETWEEN 200 AND 299"


class Deliveries:
    """The store of a state folder, shared by every listener of this machine, as far as it is one account's.

    `account` is what `Profile.account_key` gives. Raises `config.state` where the store fails.
    """

    def __init__(self, path: Path, *, account: str, now: Callable[[], float], tell: Callable[[str], None]) -> None:
        self._path = path
        self._account = account
        self._now = now
        self._tell = tell
        self._turn = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file = 0
        self._looked_at = 0.0

    def another(self, tell: Callable[[str], None]) -> Self:
        """The same store with a connection of its own, so that who waits in one keeps nobody of the other waiting."""
        return type(self)(self._path, account=self._account, now=self._now, tell=tell)

    def close(self) -> None:
        """Close the file, between two uses of it."""
        with self._turn:
            self._close()

    def store(
        self, arrived: Arrived, events: Sequence[Event], *, answer: int, keep: timedelta = KEPT
    ) -> list[str | None]:
        """Keep a request with its events for so long; the id of each event, None for one that was known before.

        It outlives the process from then on.
        """
        at = self._now()
        with self._writing() as db:
            last = db.execute("SELECT max(number) FROM requests").fetchone()[0] or 0
            when = Moment(
                request=max(int(at * 1_000_000), last + 1),
                at=at,
                kept_until=at + keep.total_seconds(),
                account=self._account,
            )
            kept = [insert(db, when, place, arrived, event, answer) for place, event in enumerate(events)]
            if any(one.has_row for one in kept):
                row = (when.request, arrived.target, json.dumps(arrived.headers), arrived.body)
                db.execute("INSERT INTO requests (number, target, headers, body) VALUES (?, ?, ?, ?)", row)
        return [one.id if one.is_new else None for one in kept]

    def note_forwarded(self, ids: Iterable[str], answer: Answer) -> None:
        """Keep what the bot answered to the requests that these came in, which it got whole."""
        text = msgspec.json.encode(answer).decode()
        with self._writing() as db:
            rows = [(text, request) for request in {place_of(one)[0] for one in ids}]
            db.executemany("UPDATE deliveries SET forwarded = ? WHERE request = ?", rows)

    def count_refused(self, numbers: Mapping[str, int]) -> None:
        """Count requests that were refused, by reason; nothing else of them is kept."""
        with self._writing() as db:
            db.executemany(
                "INSERT INTO refused (account, reason, number, last_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (account, reason) DO UPDATE "
                "SET number = number + excluded.number, last_at = excluded.last_at",
                [(self._account, reason, number, self._now()) for reason, number in numbers.items()],
            )

    def refused(self) -> dict[str, int]:
        """How many requests were refused, by reason."""
        sql = "SELECT reason, number FROM refused WHERE account = ?"
        with self._reading() as db:
            return {row["reason"]: row["number"] for row in db.execute(sql, (self._account,))}

    def find(
        self,
        *,
        since: datetime | None = None,
        conversation: str | None = None,
        kinds: frozenset[Kind] = frozenset(),
        recipe: str | None = None,
        verified: bool | None = None,
        unanswered: bool = False,
        newest_first: bool = True,
    ) -> Iterator[Delivery]:
        """Deliveries that fit all that is given, in the order in which they arrived or the other way round.

        `unanswered` are those that no bot took: new when they came, and not passed on, or not answered with 2xx.
        """
        wishes: dict[str, Any] = {
            "account = ?": self._account,
            "received_at >= ?": since.timestamp() if since else None,
            "conversation = ?": conversation,
            "recipe = ?": recipe,
            "verified = ?": verified,
        }
        given = {text: value for text, value in wishes.items() if value is not None}
        if kinds:
            given |= {f"kind IN ({', '.join('?' * len(kinds))})": sorted(kinds)}
        values = [one for value in given.values() for one in (value if isinstance(value, list) else [value])]
        where = " AND ".join([*given, *([_UNANSWERED] if unanswered else [])])
        order = "DESC" if newest_first else "ASC"
        sql = f"SELECT {COLUMNS} FROM deliveries WHERE {where} ORDER BY request {order}, place {order}"
        with self._reading() as db:
            rows = db.execute(sql, values).fetchall()
        yield from map(delivery_of, rows)

    def fired(self, recipe: str, *, since: datetime) -> list[Fired]:
        """What bore a recipe's name and a revision, the oldest first."""
        sql = (
            "SELECT revision, received_at, verified, is_private, conversation, dedupe_key FROM deliveries "
            "WHERE account = ? AND recipe = ? AND revision IS NOT NULL AND received_at >= ? "
            "ORDER BY received_at, request, place"
        )
        with self._reading() as db:
            rows = db.execute(sql, (self._account, recipe, since.timestamp())).fetchall()
        return [fired_of(row) for row in rows]

    def newest(self) -> dict[tuple[Via, str | None], datetime]:
        """When the last delivery came, by who sent it and the recipe whose name it bore."""
        sql = "SELECT via, recipe, max(received_at) AS at FROM deliveries WHERE account = ? GROUP BY via, recipe"
        with self._reading() as db:
            rows = db.execute(sql, (self._account,)).fetchall()
        return {(Via(row["via"]), row["recipe"]): at for row in rows if (at := moment(row["at"]))}

    def read(self, delivery: str) -> tuple[Delivery, Arrived]:
        """One delivery and the request that it came in; raises `delivery.not_found`."""
        sql = (
            f"SELECT {COLUMNS}, target, headers, body FROM deliveries "
            "JOIN requests ON number = request WHERE request = ? AND place = ? AND account = ?"
        )
        with self._reading() as db:
            row = db.execute(sql, (*place_of(delivery), self._account)).fetchone()
        if row is None:
            raise unknown(delivery)
        found = delivery_of(row)
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

    def requests_of(self, ids: Iterable[str]) -> list[Together]:
        """These deliveries by the request that they came in, the oldest first; raises `delivery.not_found`."""
        found: dict[int, Together] = {}
        sql = "SELECT place, via FROM deliveries WHERE request = ? AND account = ?"
        with self._reading() as db:
            for one in dict.fromkeys(ids):
                request, place = place_of(one)
                rows = {row["place"]: row["via"] for row in db.execute(sql, (request, self._account))}
                if place not in rows:
                    raise unknown(one)
                fresh = Together(ids=[], via=Via(rows[place]), total=len(rows))
                found.setdefault(request, fresh).ids.append(one)
        return [found[request] for request in sorted(found)]

    def forget(self, *, older_than: timedelta) -> int:
        """Remove what is older, and of other accounts what was to be kept until now; how many deliveries that were.

        Reasons that refused nothing since are forgotten too.
        """
        now = self._now()
        known = {
            "now": now,
            "before": now - older_than.total_seconds(),
            "long_ago": now - KEPT.total_seconds(),
            "account": self._account,
        }
        old = "CASE account WHEN :account THEN received_at < :before ELSE kept_until < :now END"
        with self._writing() as db:
            db.execute(f"DELETE FROM requests WHERE number IN (SELECT request FROM deliveries WHERE {old})", known)
            number = db.execute(f"DELETE FROM deliveries WHERE {old}", known).rowcount
            db.execute("DELETE FROM refused WHERE last_at < iif(account = :account, :before, :long_ago)", known)
        return number

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db, writing(db):
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._turn:
                yield self._opened()
        except UnreadableFileError as error:
            raise QscBotError("config.state", f"{self._path}: {error}", hint=(f"move {self._path} away",)) from error
        except (OSError, sqlite3.Error) as error:
            hint = self._set_aside(error) if is_unreadable(error) else ()
            raise QscBotError("config.state", f"{self._path} cannot be used: {error}", hint=hint) from error

    def _set_aside(self, error: Exception) -> Sequence[str]:
        """Damage shows when a page is read: what is read next comes from a new file; what to do then."""
        with self._turn, suppress(OSError), locked(self._path.parent):
            if self._db is not None and self._number() == self._file:  # else another process has done it
                self._close()
                aside = set_aside(self._path)
                self._tell(
                    f"{self._path} is damaged: {error}; it was set aside as {aside.name}, and a new one is begun"
                )
        return ("run again: the damaged file is set aside",)

    def _opened(self) -> sqlite3.Connection:
        """The file, opened anew where another one or none has taken its place, which is looked for now and then."""
        if self._db is not None and abs(self._now() - self._looked_at) >= LOOK_SECONDS:
            self._looked_at = self._now()
            if self._number() != self._file:
                self._close()
        if self._db is None:
            self._db = open_shared(
                self._path,
                schema=SCHEMA,
                version=VERSION,
                tell=self._tell,
                is_read_through=False,
                leaves_versions=True,
            )
            self._db.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
            self._db.execute(f"PRAGMA wal_autocheckpoint = {PAGES_BESIDE}")
            self._file, self._looked_at = self._number(), self._now()
        return self._db

    def _number(self) -> int:
        try:
            return self._path.stat().st_ino
        except FileNotFoundError:
            return 0

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
