"""What agents do to a mention, and the trace that it leaves: assignment and status, each with its date."""

import json
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any, Final

AGENT: Final[Mapping[str, Any]] = {"id": 11, "display_name": "Ana Agent", "type": "user"}


def assign(db: sqlite3.Connection, mention_id: int, *, now: float) -> None:
    """Assign a mention to the sandbox's one agent."""
    agent = dict(AGENT)
    db.execute("UPDATE mentions SET assignee = ? WHERE id = ?", (json.dumps(agent), mention_id))
    told = f"Assigned to {agent['display_name']}"
    _add(db, mention_id, "assignment", told, {"assignees": [agent]}, now=now)


def set_status(db: sqlite3.Connection, mention_id: int, status: str, *, now: float) -> None:
    """Give a mention another status."""
    db.execute("UPDATE mentions SET status = ? WHERE id = ?", (status, mention_id))
    _add(db, mention_id, "status", f"Status set to {status}", {"status": status}, now=now)


def find_actions(db: sqlite3.Connection, mention_ids: Collection[int]) -> Mapping[int, list[dict[str, Any]]]:
    """The wire form of what was done to many mentions, oldest first (the words of `type` are assumed)."""
    found: dict[int, list[dict[str, Any]]] = {}
    places = ", ".join("?" * len(mention_ids))
    sql = f"SELECT * FROM actions WHERE mention_id IN ({places}) ORDER BY id"  # noqa: S608 (question marks only)
    for row in db.execute(sql, list(mention_ids)):
        action = {
            "type": row["type"],
            "description": row["description"],
            "date": {"added": row["added"]},
            "metadata": json.loads(row["metadata"]),
        }
        found.setdefault(row["mention_id"], []).append(action)
    return found


def _add(
    db: sqlite3.Connection, mention_id: int, type_: str, description: str, metadata: Mapping[str, Any], *, now: float
) -> None:
    db.execute(
        "INSERT INTO actions (mention_id, type, description, metadata, added) VALUES (?, ?, ?, ?, ?)",
        (mention_id, type_, description, json.dumps(metadata), int(now)),
    )
