"""The local index: what was known last of each conversation of one account. It holds no message text.

Losing it costs calls and nothing else; a reading in it is never the ground of a write.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from qsc_bot.errors import FileSetAside, QscBotError
from qsc_bot.models.conversation import ConversationId, Reading
from qsc_bot.models.known import Coverage, Known, Stretch, Wanted
from qsc_bot.models.profile import Profile
from qsc_bot.storage import known_facts
from qsc_bot.storage.cache_file import CacheFile
from qsc_bot.storage.database import open_in_memory, open_shared, writing
from qsc_bot.storage.index_schema import NEVER, SCHEMA, VERSION
from qsc_bot.storage.talk import Said, keep_messages

KEPT_SECONDS: Final = 30 * 86400.0
"""An account that nobody looked at for so long is forgotten."""
_NOTED_SECONDS: Final = 86400.0
"""That an account is in use is written down no more often, so that a look at the index writes nothing."""

File = tuple[sqlite3.Connection, CacheFile]
"""The open file, and what becomes of it when it fails."""


def index_key(profile: Profile) -> str:
    """All that what is known depends on: another host, topic, tag or app, and it is known no more."""
    page = profile.messenger
    apps = page and (page.page_id, page.bot_app_id, page.agent_app_id, page.default_app, profile.graph_base)
    scope = (profile.base_url, profile.account_id, sorted(profile.topic_ids), profile.private_message_filter)
    tag = (profile.escalation_tag, profile.contact_tag_filter)
    return json.dumps([*scope, *tag, sorted(profile.channels.items()), apps])


def open_index(path: Path, key: str, *, now: Callable[[], float], tell: Callable[[str], None]) -> "Index":
    """The index of one account; a file that cannot be read is begun anew, and that is told.

    Where no file can be had it is kept in memory until the process ends, and that is told too.
    """
    return Index(lambda: _opened(path, tell), key, now=now, tell=tell)


def memory_index(*, now: Callable[[], float]) -> "Index":
    """An index that ends with this process."""
    return Index(_in_memory, "", now=now)


class Index:
    """One account's part of the index. Every change is one transaction; threads take turns.

    Whatever is asked of it raises `index.unusable` where the file fails.
    """

    def __init__(
        self,
        open_file: Callable[[], File],
        key: str,
        *,
        now: Callable[[], float],
        tell: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._open_file = open_file
        self._key = key
        self._now = now
        self._tell = tell
        self._turn = threading.RLock()
        self._lost: QscBotError | None = None
        self._database, self._file = open_file()
        try:
            self._account = self._open_account(key, now())
        except FileSetAside:
            self.renew()

    def renew(self) -> None:
        """Begin anew with an empty file after the damaged one was set aside, which is told."""
        if self._file.fate:
            self._tell(f"{self._file.fate}, and a new one begun")
        self._database.close()
        self._database, self._file = self._open_file()
        self._lost = None
        self._account = self._open_account(self._key, self._now())

    def close(self) -> None:
        """Close the file, between two uses of it."""
        with self._turn:
            self._database.close()

    def coverage(self) -> Coverage:
        """What was read until when."""
        fields = Coverage.__struct_fields__
        row = self._one(f"SELECT {', '.join(fields)} FROM accounts WHERE id = ?")
        return Coverage(**dict(zip(fields, row, strict=True)))

    def mark(self, **times: float) -> None:
        """Keep until when something was read."""
        assert set(times) <= set(Coverage.__struct_fields__)
        changes = ", ".join(f"{name} = ?" for name in times)
        with self._writing() as db:
            db.execute(f"UPDATE accounts SET {changes} WHERE id = ?", (*times.values(), self._account))

    def claim(self, seen: Stretch, reached: Stretch, **times: float) -> bool:
        """Keep how far messages were read; no, where that is not any more what was `seen`: another run changed it."""
        changes = "".join(f", {name} = ?" for name in times)
        sql = f"UPDATE accounts SET swept_from = ?, swept_until = ?{changes}"
        with self._writing() as db:
            values = (*reached, *times.values(), self._account, *seen)
            return db.execute(f"{sql} WHERE id = ? AND swept_from IS ? AND swept_until IS ?", values).rowcount == 1

    def begin_anew(self, seen: Stretch) -> bool:
        """Forget all messages; no, where what was read is not any more what was `seen`."""
        with self._writing() as db:
            is_same = self.coverage().stretch == seen
            if is_same:
                _drop_messages(db, self._account, before=NEVER)
            return is_same

    def take(self, messages: Sequence[Said]) -> list[ConversationId]:
        """Take messages in; the customers of whom none was known, in order."""
        with self._writing() as db:
            return keep_messages(db, self._account, messages)

    def drop_messages(self, before: float) -> None:
        """Forget messages from before a moment, and the conversations of which nothing else tells."""
        with self._writing() as db:
            _drop_messages(db, self._account, before=before)

    def keep(self, reading: Reading) -> None:
        """Keep who holds a conversation, as just read; a reading that failed tells nothing.

        Where that cannot be, it is told once, and no question is answered any more: it would be by an older reading.
        """
        if reading.failure is not None:
            return
        try:
            with self._writing() as db:
                at = reading.observed_at.timestamp()
                known_facts.put(db, self._account, reading.id, known_facts.of_reading(reading), at=at)
        except QscBotError as error:
            if self._lost is None:
                self._lost = error
                self._tell(error.message)
            raise

    def forget(self, people: Iterable[ConversationId]) -> None:
        """Forget who holds these, and whether they are escalated: they are about to change."""
        with self._writing() as db:
            for person in people:
                known_facts.put(db, self._account, person, known_facts.NOTHING)

    def take_tagged(
        self, tagged: Mapping[ConversationId, Mapping[str, Any]], *, at: float, proven: Callable[[str], bool]
    ) -> None:
        """Take in the whole list of tagged contacts; absence from it tells something only where that is `proven`."""
        with self._writing() as db:
            proofs = {service: proven(service) for service in self.services()}
            known_facts.clear_tags(db, self._account, proofs, at=at)
            for person, facts in tagged.items():
                known_facts.put(db, self._account, person, facts, at=at)

    def take_contacts(self, contacts: Mapping[ConversationId, Mapping[str, Any]], *, at: float) -> None:
        """Take in contacts that changed; without the tag only known conversations are kept.

        Of two contacts with the same conversation the one that bears the tag counts, whichever changed last.
        """
        with self._writing() as db:
            for person, facts in contacts.items():
                if facts["bears"] is not False or known_facts.may_lose_tag(self.find(person), facts):
                    known_facts.put(db, self._account, person, facts, at=at)

    def prove(self, people: Iterable[ConversationId]) -> None:
        """Let absence from the list count for these, where nothing else is known of the tag."""
        with self._writing() as db:
            known_facts.count_absence(db, self._account, people)

    def services(self) -> list[str]:
        """The services of all known conversations."""
        with self._reading() as db:
            found = db.execute("SELECT DISTINCT service FROM conversations WHERE account = ?", (self._account,))
            return [row[0] for row in found]

    def select(self, wanted: Wanted) -> Iterator[Known]:
        """The wanted conversations in order, read as they are asked for; nothing may be written meanwhile."""
        where, values = known_facts.where(wanted)
        order = known_facts.ORDERS[wanted.order]
        sql = f"SELECT {known_facts.COLUMNS} FROM conversations WHERE account = ? AND {where} ORDER BY {order}"
        self._check_whole()
        with self._file.watched():
            yield from map(known_facts.read, self._database.execute(sql, (self._account, *values)))

    def find(self, person: ConversationId) -> Known | None:
        """One conversation, where it is known."""
        where = "account = ? AND service = ? AND service_id = ?"
        row = self._one(
            f"SELECT {known_facts.COLUMNS} FROM conversations WHERE {where}", person.service, person.service_id
        )
        with self._file.watched():
            return known_facts.read(row) if row else None

    def of_contact(self, contact_id: str) -> list[Known]:
        """Every known conversation of a contact."""
        sql = f"SELECT {known_facts.COLUMNS} FROM conversations WHERE account = ? AND contact_id = ?"
        with self._reading() as db:
            return [known_facts.read(row) for row in db.execute(sql, (self._account, contact_id))]

    def count(self, wanted: Wanted) -> int:
        """How many conversations are wanted."""
        if wanted == Wanted(since=wanted.since, order=wanted.order):
            return sum(int(self._one(sql, wanted.since)[0]) for sql in _COUNTS)
        where, values = known_facts.where(wanted)
        return int(self._one(f"SELECT count(*) FROM conversations WHERE account = ? AND {where}", *values)[0])

    def count_unclear(self, wanted: Wanted) -> int:
        """How many `waits_before` leaves out only because nobody knows since when they wait."""
        where, values = known_facts.where(replace(wanted, waits_before=None))
        sql = f"SELECT count(*) FROM conversations WHERE account = ? AND is_untied AND {where}"
        return int(self._one(sql, *values)[0])

    def _open_account(self, key: str, now: float) -> int:
        with self._reading() as db:
            known = db.execute("SELECT id, used_at FROM accounts WHERE key = ?", (key,)).fetchone()
        if known and now - known[1] < _NOTED_SECONDS:
            return int(known[0])
        with self._writing() as db:
            use = (
                "INSERT INTO accounts (key, used_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET used_at = excluded.used_at"
            )
            db.execute(use, (key, now))
            _drop_unused(db, now - KEPT_SECONDS)
            return int(db.execute("SELECT id FROM accounts WHERE key = ?", (key,)).fetchone()[0])

    def _one(self, sql: str, *values: object) -> Any:
        with self._reading() as db:
            return db.execute(sql, (self._account, *values)).fetchone()

    def _check_whole(self) -> None:
        if self._lost is not None:
            raise self._lost

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        self._check_whole()
        with self._turn, self._file.watched():
            yield self._database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._turn, self._file.watched(), writing(self._database) as db:
            yield db


def _opened(path: Path, tell: Callable[[str], None]) -> File:
    try:
        return open_shared(path, schema=SCHEMA, version=VERSION, tell=tell, is_durable=False), CacheFile(path)
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        tell(f"nothing read here is kept for the next run: {path} cannot be used: {reason}")
        return _in_memory()


def _in_memory() -> File:
    return open_in_memory(SCHEMA), CacheFile(None)


def _drop_messages(db: sqlite3.Connection, account: int, *, before: float) -> None:
    for statement in _DROPS:
        db.execute(statement, {"account": account, "before": before, "never": NEVER})


def _drop_unused(db: sqlite3.Connection, before: float) -> None:
    for unused in db.execute("SELECT id FROM accounts WHERE used_at < ?", (before,)).fetchall():
        for table in ("untied", "messages", "conversations"):
            db.execute(f"DELETE FROM {table} WHERE account = ?", unused)
        db.execute("DELETE FROM accounts WHERE id = ?", unused)


_COUNTS: Final = (  # two narrow indexes take half the time of the one that holds both columns
    "SELECT count(*) FROM conversations INDEXED BY conversations_by_activity WHERE account = ? AND active_at >= ?",
    "SELECT count(*) FROM conversations INDEXED BY conversations_by_tag"
    " WHERE account = ? AND bears = 1 AND coalesce(active_at, 0) < ?",
)
_DROPS: Final = (
    "DELETE FROM messages WHERE account = :account AND at < :before",
    "DELETE FROM untied WHERE account = :account AND at < :before",
    "UPDATE conversations SET newest_at = NULL, mention = NULL, status = NULL, assigned_to = NULL, permalink = NULL,"
    " written_at = NULL, replied_at = NULL, waits_from = NULL, topics = NULL, active_at = NULL, is_untied = 0,"
    " sorts_from = :never WHERE account = :account AND active_at < :before",
    "DELETE FROM conversations WHERE account = :account AND active_at IS NULL AND bears IS NOT 1"
    " AND coalesce(observed_at, 0) < :before AND coalesce(bears_at, 0) < :before AND bears_at IS NOT 0",
    "UPDATE accounts SET swept_from = NULL, swept_until = NULL, swept_at = NULL"
    " WHERE id = :account AND :before = :never",
)
