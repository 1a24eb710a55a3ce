"""People on services and the contacts behind them, as rows."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qsc_bot.errors import QscBotError
from qsc_bot.sandbox.account import PROFILES

FIRST_CONTACT_ID = 55512345


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person on one service."""

    service: str
    service_id: str
    contact_id: int
    owner: str
    private: bool

    @property
    def conversation(self) -> str:
        """The id as people type it."""
        return f"{self.service}:{self.service_id}"


def parse_conversation(conversation: str) -> tuple[str, str]:
    """Split `SERVICE:SERVICE_ID`; a slip is an error that the person at the keyboard can read."""
    service, colon, service_id = conversation.partition(":")
    if not (colon and service and service_id.strip()):
        raise QscBotError("usage.id", f"{conversation!r} is no conversation id")
    if service not in PROFILES:
        known = ", ".join(sorted(PROFILES))
        raise QscBotError("usage.invalid", f"the sandbox has no service {service!r}; it has {known}")
    return service, service_id


def find_person(db: sqlite3.Connection, *, service: str, service_id: str) -> Person | None:
    """The person of this id on this service, if the sandbox knows one."""
    row = db.execute("SELECT * FROM people WHERE service = ? AND service_id = ?", (service, service_id)).fetchone()
    return None if row is None else _person(row)


def people_of(db: sqlite3.Connection, contact_id: int) -> Sequence[Person]:
    """Where this contact is met."""
    rows = db.execute("SELECT * FROM people WHERE contact_id = ? ORDER BY service, service_id", (contact_id,))
    return [_person(row) for row in rows]


def create_contact(db: sqlite3.Connection, *, name: str, now: float) -> int:
    """Add a contact; the answer is the new id."""
    newest = db.execute("SELECT max(id) FROM contacts").fetchone()[0] or FIRST_CONTACT_ID - 1
    db.execute(
        "INSERT INTO contacts (id, name, added, updated) VALUES (?, ?, ?, ?)",
        (newest + 1, name, int(now), int(now)),
    )
    return int(newest) + 1


def create_person(
    db: sqlite3.Connection, *, service: str, service_id: str, contact_id: int, private: bool = True
) -> Person:
    """Add a person on a service; whom the bot holds at first (assumed: the first owner is not documented)."""
    db.execute(
        "INSERT INTO people (service, service_id, contact_id, private) VALUES (?, ?, ?, ?)",
        (service, service_id, contact_id, int(private)),
    )
    if service in {"whatsapp", "viber", "twilio"} and service_id.isdigit():
        db.execute("UPDATE contacts SET phone = ? WHERE id = ?", (f"+{service_id}", contact_id))
    return Person(service=service, service_id=service_id, contact_id=contact_id, owner="bot", private=private)


def tags_of(db: sqlite3.Connection, contact_id: int) -> list[str]:
    """The contact's tags in the order they were put on."""
    rows = db.execute("SELECT tag FROM contact_tags WHERE contact_id = ? ORDER BY position", (contact_id,))
    return [row["tag"] for row in rows]


def find_tags(db: sqlite3.Connection, contact_ids: Collection[int]) -> Mapping[int, list[str]]:
    """The tags of many contacts."""
    places = ", ".join("?" * len(contact_ids))
    rows = db.execute(
        f"SELECT contact_id, tag FROM contact_tags WHERE contact_id IN ({places})"  # noqa: S608 (as it reads)
        " ORDER BY position",
        list(contact_ids),
    )
    tags: dict[int, list[str]] = {}
    for row in rows:
        tags.setdefault(row["contact_id"], []).append(row["tag"])
    return tags


def write_tags(db: sqlite3.Connection, *, contact_id: int, tags: Iterable[str], now: float) -> bool:
    """Make these the contact's tags; whether that changed anything."""
    wanted = list(dict.fromkeys(tags))
    if set(wanted) == set(tags_of(db, contact_id)):
        return False
    db.execute("DELETE FROM contact_tags WHERE contact_id = ?", (contact_id,))
    db.executemany("INSERT INTO contact_tags (contact_id, tag) VALUES (?, ?)", [(contact_id, tag) for tag in wanted])
    db.execute("UPDATE contacts SET updated = ? WHERE id = ?", (int(now), contact_id))
    return True


def write_owner(db: sqlite3.Connection, person: Person, owner: str) -> bool:
    """Give a person on a handover service to `bot` or `agent`; whether that changed anything."""
    changed = db.execute(
        "UPDATE people SET owner = ? WHERE service = ? AND service_id = ? AND owner <> ?",
        (owner, person.service, person.service_id, owner),
    )
    return changed.rowcount > 0


def _person(row: sqlite3.Row) -> Person:
    return Person(
        service=row["service"],
        service_id=row["service_id"],
        contact_id=row["contact_id"],
        owner=row["owner"],
        private=bool(row["private"]),
    )
