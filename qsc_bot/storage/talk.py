"""From messages to conversations: who wrote last, and who has been waiting since when.

Messages may come in any order, in any overlap and again; the conversations are the same. Our own messages are tied to
the customer's message that they answer, or to the customer in whose private thread they stand.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from qsc_bot.models.conversation import ConversationId
from qsc_bot.storage.index_schema import NEVER


class Said(Struct, frozen=True, kw_only=True):
    """One private message without its text. `person` is the customer who wrote it, or to whom ours is known to go."""

    mention: str
    service: str
    person: str | None
    is_ours: bool
    at: float
    source_id: str | None
    reply_to: str | None
    topic: str
    name: str | None = None
    status: str | None = None
    assigned_to: tuple[str, ...] = ()
    permalink: str | None = None


def keep_messages(db: sqlite3.Connection, account: int, messages: Sequence[Said]) -> list[ConversationId]:
    """Take messages in, inside a transaction of the caller's; the customers that were not known before, in order."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS touched (service TEXT, service_id TEXT, UNIQUE (service, service_id))")
    db.execute("DELETE FROM temp.touched")
    fresh = list(_fresh(db, account, messages))
    db.executemany(_KEEP, (_row(account, one) for one in messages))
    db.executemany(_NEWEST, (_newest_row(account, one) for one in messages if not one.is_ours))
    _touch(db, account, messages)
    _note_untied(db, account, messages)
    _settle(db, account)
    return fresh


def _settle(db: sqlite3.Connection, account: int) -> None:
    """Work out anew who waits since when, for the touched customers."""
    untied = dict(db.execute("SELECT service, at FROM untied WHERE account = ?", (account,)))
    db.executemany(_SETTLE, [_settled(db, account, row, untied) for row in db.execute(_TALKS, {"account": account})])


def _settled(
    db: sqlite3.Connection, account: int, talk: tuple[str, str, float, str, float], untied: Mapping[str, float]
) -> tuple[object, ...]:
    service, service_id, written, topics, replied = talk
    waits_from = db.execute(_WAITS_FROM, (account, service, service_id, replied)).fetchone()[0]
    is_untied = waits_from is not None and waits_from <= untied.get(service, -1)
    sorts_from = NEVER if waits_from is None or is_untied else waits_from
    replied_at = None if replied < 0 else replied
    active_at = max(written, replied)
    derived = (written, replied_at, waits_from, topics, active_at, is_untied, sorts_from)
    return (*derived, account, service, service_id)


def _fresh(db: sqlite3.Connection, account: int, messages: Iterable[Said]) -> Iterator[ConversationId]:
    seen = set()
    known = "SELECT 1 FROM conversations WHERE account = ? AND service = ? AND service_id = ? AND newest_at IS NOT NULL"
    for one in messages:
        if one.is_ours or one.person is None or (one.service, one.person) in seen:
            continue
        seen.add((one.service, one.person))
        if not db.execute(known, (account, one.service, one.person)).fetchone():
            yield ConversationId(one.service, one.person)


def _touch(db: sqlite3.Connection, account: int, messages: Iterable[Said]) -> None:
    """Everyone whose waiting these messages may change: who wrote, and who is answered."""
    touch = "INSERT OR IGNORE INTO temp.touched VALUES (?, ?)"
    db.executemany(touch, ((one.service, one.person) for one in messages if one.person is not None))
    answered = (
        "INSERT OR IGNORE INTO temp.touched SELECT service, service_id FROM messages"
        " WHERE account = ? AND service = ? AND source_id = ? AND is_ours = 0"
    )
    db.executemany(answered, ((account, one.service, one.reply_to) for one in messages if one.is_ours and one.reply_to))


def _note_untied(db: sqlite3.Connection, account: int, messages: Iterable[Said]) -> None:
    """Remember the newest of our messages that do not say whom they answer; all who wait there may be answered."""
    newest: dict[str, float] = {}
    for one in messages:
        if one.is_ours and one.person is None and one.reply_to is None:
            newest[one.service] = max(one.at, newest.get(one.service, one.at))
    for service, at in newest.items():
        db.execute(
            "INSERT INTO untied VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
            (account, service, at),
        )
        db.execute(
            "UPDATE conversations SET is_untied = 1, sorts_from = ?"
            " WHERE account = ? AND service = ? AND waits_from <= ?",
            (NEVER, account, service, at),
        )


def _row(account: int, one: Said) -> tuple[object, ...]:
    return (
        account, one.mention, one.service, one.person, one.is_ours, one.at, one.source_id, one.reply_to, one.topic
    )  # fmt: skip


def _newest_row(account: int, one: Said) -> tuple[object, ...]:
    assigned = json.dumps(one.assigned_to)
    return (account, one.service, one.person, one.at, one.mention, one.name, one.status, assigned, one.permalink)


_KEEP: Final = (
    "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET service_id = coalesce(excluded.service_id, service_id)"
)
_NEWEST: Final = """
INSERT INTO conversations (account, service, service_id, newest_at, mention, name, status, assigned_to, permalink)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET newest_at = excluded.newest_at, mention = excluded.mention, name = excluded.name,
    status = excluded.status, assigned_to = excluded.assigned_to, permalink = excluded.permalink
WHERE newest_at IS NULL OR (excluded.newest_at, excluded.mention) >= (newest_at, mention)
"""
_TALKS: Final = """
SELECT t.service, t.service_id, max(c.at), json_group_array(DISTINCT c.topic),
    max(max(coalesce((SELECT max(o.at) FROM messages o WHERE o.account = :account AND o.service = c.service
        AND o.reply_to = c.source_id), -1)),
        coalesce((SELECT max(o.at) FROM messages o WHERE o.account = :account AND o.service = t.service
        AND o.service_id = t.service_id AND o.is_ours = 1), -1))
FROM temp.touched t CROSS JOIN messages c INDEXED BY messages_by_person
    ON c.account = :account AND c.service = t.service AND c.service_id = t.service_id AND c.is_ours = 0
GROUP BY t.service, t.service_id
"""
_WAITS_FROM: Final = (
    "SELECT min(at) FROM messages WHERE account = ? AND service = ? AND service_id = ? AND is_ours = 0 AND at > ?"
)
_SETTLE: Final = (
    "UPDATE conversations SET written_at = ?, replied_at = ?, waits_from = ?, topics = ?, active_at = ?,"
    " is_untied = ?, sorts_from = ? WHERE account = ? AND service = ? AND service_id = ?"
)
