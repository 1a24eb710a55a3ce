"""Single messages: their rows, and the mention that Social Connect makes of each."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qsc_bot.sandbox import account
from qsc_bot.sandbox.actions import find_actions
from qsc_bot.sandbox.people import find_tags
from qsc_bot.sandbox.state import read_meta, write_meta

FIRST_MENTION_ID = 43769358878500001
_HIGHEST = "highest_mention_id"
_SOURCE_PREFIXES = {"facebook": "m_", "instagram": "m_", "whatsapp": "wamid."}


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a customer, or of our own side when `managed`."""

    id: int
    service: str
    service_id: str
    type: str
    managed: bool
    content: str
    source_id: str
    reply_to: str | None
    application: str | None
    status: str
    assignee: str | None
    added: int


@dataclass(frozen=True, kw_only=True)
class _Author:
    name: str
    tags: Sequence[str]


def add_message(
    db: sqlite3.Connection,
    *,
    service: str,
    service_id: str,
    content: str,
    now: float,
    type_: str = account.PRIVATE_MESSAGE,
    application: str | None = None,
) -> Message:
    """Keep a new message; one that an `application` sent is our own and answers the customer's newest."""
    number = max(highest_id(db) + 1, FIRST_MENTION_ID)
    managed = application is not None
    answered = newest_from_customer(db, service=service, service_id=service_id) if managed else None
    message = Message(
        id=number,
        service=service,
        service_id=service_id,
        type=type_,
        managed=managed,
        content=content,
        source_id=source_id(service, number),
        reply_to=None if answered is None else answered.source_id,
        application=application,
        status="new",
        assignee=None,
        added=int(now),
    )
    _insert(db, message)
    return message


def highest_id(db: sqlite3.Connection) -> int:
    """The highest id that a message has or had; 0 where none had one."""
    newest = db.execute("SELECT max(id) FROM mentions").fetchone()[0] or 0
    return max(int(newest), int(read_meta(db, _HIGHEST, "0")))


def skip_ids(db: sqlite3.Connection, up_to: int) -> None:
    """Let the next message have a higher id than this one: a bot may remember what had those below."""
    write_meta(db, _HIGHEST, str(max(up_to, highest_id(db))))


def _insert(db: sqlite3.Connection, message: Message) -> None:
    db.execute(
        "INSERT INTO mentions (id, service, service_id, type, managed, content, source_id, reply_to,"
        " application, status, assignee, added)"
        " VALUES (:id, :service, :service_id, :type, :managed, :content, :source_id,"
        " :reply_to, :application, :status, :assignee, :added)",
        vars(message),
    )


def source_id(service: str, number: int) -> str:
    """The message's id on its own network."""
    return f"{_SOURCE_PREFIXES.get(service, service + '-')}{number}"


def find_message(db: sqlite3.Connection, number: str) -> Message | None:
    """The message of this id."""
    row = db.execute("SELECT * FROM mentions WHERE id = ?", (number,)).fetchone()
    return None if row is None else read_message(row)


def newest_from_customer(db: sqlite3.Connection, *, service: str, service_id: str) -> Message | None:
    """What the customer wrote last in private."""
    row = db.execute(
        "SELECT * FROM mentions WHERE service = ? AND service_id = ? AND managed = 0 AND type = ?"
        " ORDER BY added DESC, id DESC LIMIT 1",
        (service, service_id, account.PRIVATE_MESSAGE),
    ).fetchone()
    return None if row is None else read_message(row)


def read_message(row: sqlite3.Row) -> Message:
    """A message from its row."""
    columns: dict[str, Any] = dict(row)
    return Message(**columns | {"managed": bool(columns["managed"])})


def describe_mentions(db: sqlite3.Connection, messages: Iterable[Message], *, address: str) -> list[dict[str, Any]]:
    """The wire form of several messages."""
    listed = list(messages)
    authors = _find_authors(db, {(message.service, message.service_id) for message in listed})
    actions = find_actions(db, {message.id for message in listed})
    return [
        _describe(message, authors[message.service, message.service_id], address=address)
        | {"actions": actions.get(message.id, [])}
        for message in listed
    ]


def describe_mention(db: sqlite3.Connection, message: Message, *, address: str) -> dict[str, Any]:
    """The wire form of one message."""
    return describe_mentions(db, [message], address=address)[0]


def _find_authors(db: sqlite3.Connection, people: Collection[tuple[str, str]]) -> Mapping[Any, _Author]:
    """Names and tags of many people in two queries."""
    if not people:
        return {}
    places = ", ".join(["(?, ?)"] * len(people))
    sql = (
        f"WITH wanted (service, service_id) AS (VALUES {places})"  # noqa: S608 (question marks only)
        " SELECT service, service_id, id, name FROM wanted CROSS JOIN people USING (service, service_id)"
        " CROSS JOIN contacts ON id = contact_id"
    )
    rows = db.execute(sql, [part for person in people for part in person]).fetchall()
    tags = find_tags(db, {row["id"] for row in rows})
    return {
        (row["service"], row["service_id"]): _Author(name=row["name"], tags=tags.get(row["id"], [])) for row in rows
    }


def _describe(message: Message, author: _Author, *, address: str) -> dict[str, Any]:
    topic, number = account.TOPIC_ID, message.id
    assignee = None if message.assignee is None else json.loads(message.assignee)
    return {
        "id": str(number),
        "unique_id": f"{topic}_{number}",
        "message": _describe_content(message),
        "source": _describe_source(message),
        "service_details": {},
        "author": _describe_author(message, author),
        "original_author": {},
        "topic": {"id": int(topic), "name": account.TOPIC_NAME},
        "project": {"id": account.PROJECT_ID, "name": account.PROJECT_NAME},
        "status": message.status,
        "permalink": f"https://app.engagor.com/messages/{account.ACCOUNT_ID}/permalink/{topic}/{number}/",
        "tags": ["EN"],
        "assignment": {"user_ids": [assignee["id"]] if assignee else [], "team_ids": [], "comments": ""},
        "assignees": [assignee] if assignee else [],
        "handled_by": None,
        "action_links": [_describe_reply_link(message, address=address)],
        "todos": [],
        "priority": None,
        "date": {"added": message.added, "published": message.added},
        "timestamps": {"handle_time": 0},
        "location": dict.fromkeys(("continent", "country", "city", "region", "longitude", "latitude")),
        "part_of_cases": {"mention_identifiers": None},
        "extra_attributes": None,
    }


def _describe_content(message: Message) -> dict[str, Any]:
    return {
        "title": None,
        "content": message.content,
        "stripped_content": message.content,
        "type": message.type,
        "language": "en",
        "sentiment": "neutral",
        "entities": {"hashtag": [], "url": [], "user": []},
        "attachments": [],
    }


def _describe_source(message: Message) -> dict[str, Any]:
    profile = account.PROFILES[message.service]
    return {
        "category": "social",
        "type": f"SearchProvider{message.service.title()}",
        "service": message.service,
        "domain": profile.domain,
        "id": message.source_id,
        "in_reply_to_message_id": message.reply_to,
        "url": None,
        "profile": profile.id,
        "profile_name": profile.name,
        "application": message.application,
        "sender": None,
        "identifiers": {"clarabridge": None},
    }


def _describe_author(message: Message, author: _Author) -> dict[str, Any]:
    number, name, tags = message.service_id, author.name, author.tags
    if message.managed:
        profile = account.PROFILES[message.service]
        number, name, tags = profile.id, profile.name, []
    numeric = message.service in account.NUMERIC_AUTHOR_SERVICES and number.isdigit()
    return {
        "id": int(number) if numeric else number,
        "name": name.split(" ", 1)[0],
        "fullname": name,
        "url": None,
        "img": None,
        "managed": message.managed,
        "tags": list(tags),
    }


def _describe_reply_link(message: Message, *, address: str) -> dict[str, Any]:
    query = f"type={message.type}&topic_id={account.TOPIC_ID}&mention_id={message.id}"
    return {
        "key": "reply",
        "type": "api",
        "name": "reply",
        "title": "Reply",
        "http_method": "POST",
        "link": f"{address}/{account.ACCOUNT_ID}/publisher/add/?{query}",
    }
