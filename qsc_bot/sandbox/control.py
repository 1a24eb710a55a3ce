"""Who holds a conversation, in the words that people use, whatever its channel's method."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from qsc_bot.sandbox.account import ESCALATION_TAG, HANDOVER_SERVICES, MESSENGER_SERVICES
from qsc_bot.sandbox.messenger import find_thread, name_control
from qsc_bot.sandbox.people import Person, find_person, tags_of

SHOWN = 50


def read_control(db: sqlite3.Connection, person: Person, *, now: float) -> str:
    """`bot`, `agent`, or on Messenger also `idle` and `other`."""
    if person.service in HANDOVER_SERVICES:
        return person.owner
    if person.service in MESSENGER_SERVICES:
        thread = find_thread(db, person.service_id, now=now)
        return name_control(None if thread is None else thread.owner)
    return "agent" if ESCALATION_TAG in tags_of(db, person.contact_id) else "bot"


def list_conversations(db: sqlite3.Connection, *, now: float) -> Sequence[dict[str, Any]]:
    """Every conversation with its control and its writes; of many, only those that were written to."""
    many = db.execute("SELECT count(*) FROM people WHERE private").fetchone()[0] > SHOWN
    rows = db.execute(
        "SELECT service, service_id, writes FROM people WHERE private AND writes >= ? ORDER BY service, service_id",
        (int(many),),
    ).fetchall()
    listed = []
    for row in rows:
        person = find_person(db, service=row["service"], service_id=row["service_id"])
        assert person is not None
        control = read_control(db, person, now=now)
        listed.append({"id": person.conversation, "control": control, "writes": row["writes"]})
    return listed
