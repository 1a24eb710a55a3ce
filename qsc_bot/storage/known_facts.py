"""What is known of a conversation beside its messages, as the index keeps it: its contact's tag, and who holds it.

`bears_at` is when the contact itself was read, and null where nothing but the list of tagged contacts tells. Where the
list cannot tell either, because the tag is spelled otherwise there or is about to change, it is zero.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from qsc_bot.models.conversation import Control, ConversationId, Method, Reading
from qsc_bot.models.known import Known, Wanted
from qsc_bot.storage.database import UnreadableFileError

COLUMNS: Final = ", ".join(Known.__struct_fields__)
ORDERS: Final = {
    "waiting": "sorts_from, active_at DESC, service, service_id",
    "last": "active_at DESC, service, service_id",
    "id": "service, service_id",
}
NOTHING: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("control", "holder", "is_hidden", "control_until", "observed_at", "note", "bears")),
    "bears_at": 0.0,
}
"""Nothing is known of who holds it, and absence from the list tells nothing either."""

_LISTS: Final = frozenset({"assigned_to", "topics", "tags"})
_CONTROLS: Final = frozenset({None, *(control.value for control in Control)})


def put(
    db: sqlite3.Connection, account: int, person: ConversationId, facts: Mapping[str, Any], *, at: float | None = None
) -> None:
    """Keep facts of one conversation, inside a transaction of the caller's; what was read after `at` stays."""
    told_at = "observed_at" if "control" in facts else "bears_at"
    newest = "" if at is None else f" WHERE coalesce({told_at}, 0) <= {at!r}"
    values = [json.dumps(value) if name in _LISTS and value is not None else value for name, value in facts.items()]
    updates = ", ".join(f"{name} = excluded.{name}" for name in facts)
    db.execute(
        f"INSERT INTO conversations (account, service, service_id, {', '.join(facts)})"
        f" VALUES (?, ?, ?{', ?' * len(values)}) ON CONFLICT DO UPDATE SET {updates}{newest}",
        (account, person.service, person.service_id, *values),
    )


def may_lose_tag(known: Known | None, facts: Mapping[str, Any]) -> bool:
    """Whether a contact without the tag tells something of a conversation: not where another contact of it bears it."""
    if known is None:
        return False
    return not known.bears or known.contact_id in (None, facts["contact_id"])


def clear_tags(db: sqlite3.Connection, account: int, proven: Mapping[str, bool], *, at: float) -> None:
    """Let nobody bear the tag where absence from a list read at `at` proves that; elsewhere a contact's own reading
    counts, and without one nobody knows."""
    clear = "UPDATE conversations SET bears = ?, bears_at = NULL, tags = NULL WHERE account = ? AND service = ?"
    for service, is_proven in proven.items():
        if is_proven:
            db.execute(f"{clear} AND coalesce(bears_at, 0) <= ?", (0, account, service, at))
        else:
            db.execute(f"{clear} AND coalesce(bears_at, 0) = 0", (None, account, service))


def count_absence(db: sqlite3.Connection, account: int, people: Iterable[ConversationId]) -> None:
    """Let those not bear the tag of whom nothing but their absence from the list is known."""
    where = "account = ? AND service = ? AND service_id = ? AND bears IS NULL AND bears_at IS NULL"
    values = ((account, person.service, person.service_id) for person in people)
    db.executemany(f"UPDATE conversations SET bears = 0 WHERE {where}", values)


def of_reading(reading: Reading) -> dict[str, Any]:
    """What a reading tells; one of the tag tells nothing of who holds a conversation that moves otherwise."""
    known = {"contact_id": reading.contact_id, "name": reading.name}
    named = {name: value for name, value in known.items() if value is not None}
    if reading.method is Method.TAG:
        return {"bears": reading.escalated, "bears_at": reading.observed_at.timestamp(), "tags": reading.tags, **named}
    return {
        "control": reading.control.value,
        "holder": reading.holder,
        "is_hidden": reading.is_hidden,
        "control_until": reading.control_until.timestamp() if reading.control_until else None,
        "observed_at": reading.observed_at.timestamp(),
        "note": reading.note,
        **named,
    }


def read(row: Sequence[Any]) -> Known:
    """One conversation from the columns of its row; raises `UnreadableFileError` where they hold something else."""
    facts = dict(zip(Known.__struct_fields__, row, strict=True))
    for name in _LISTS:
        facts[name] = _list(facts[name]) if facts[name] else (None if name == "tags" else [])
    if facts["control"] not in _CONTROLS:
        raise UnreadableFileError(f"it holds {str(facts['control'])[:20]!r} as a holder")
    for name in ("is_untied", "is_hidden"):
        facts[name] = bool(facts[name])
    return Known(**facts | {"bears": None if facts["bears"] is None else bool(facts["bears"])})


def _list(text: Any) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, TypeError) as error:
        raise UnreadableFileError("it holds a list that is none") from error
    if not isinstance(found, list):
        raise UnreadableFileError("it holds a list that is none")
    return found


def where(wanted: Wanted) -> tuple[str, list[Any]]:
    """Which conversations of an account are wanted, in SQL, and the values for its holes."""
    clauses, values = ["(active_at >= ? OR bears = 1)"], list[Any]([wanted.since])
    if wanted.only_tagged:
        clauses, values = ["bears = 1"], []
    if wanted.services:
        clauses.append(f"service IN ({', '.join('?' * len(wanted.services))})")
        values += sorted(wanted.services)
    if wanted.waits_before is not None:
        clauses.append("sorts_from <= ?")
        values.append(wanted.waits_before)
    return " AND ".join(clauses), values
