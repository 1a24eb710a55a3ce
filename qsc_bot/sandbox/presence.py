"""Whether a process serves this state just now: it writes down where, and proves it to who asks there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

from werkzeug.wrappers import Response

from qsc_bot.sandbox.deliveries import loopback_call
from qsc_bot.sandbox.state import State

PATH = "/sandbox/served"


@contextmanager
def announced(state: State, address: str) -> Iterator[str]:
    """Write down that the state is served here, until it is not; gives the key that proves it.

    A process that is killed leaves its row; what no longer answers with the key of its row counts as gone.
    """
    key = token_hex(16)
    with state.writing() as db:
        db.execute("INSERT OR REPLACE INTO served (address, key) VALUES (?, ?)", (address, key))
    try:
        yield key
    finally:
        with state.writing() as db:
            db.execute("DELETE FROM served WHERE key = ?", (key,))


def find_served(state: State) -> str | None:
    """The first address written down that answers with its key: neither a leftover nor another state's process."""
    with state.reading() as db:
        rows = db.execute("SELECT address, key FROM served ORDER BY address").fetchall()
    return next((str(row["address"]) for row in rows if _ask(row["address"]) == {"key": row["key"]}), None)


def answer(key: str) -> Response:
    """What a served sandbox says when it is asked; one that is not served says nothing."""
    return Response(json.dumps({"key": key}), status=200 if key else 404, content_type="application/json")


def _ask(address: str) -> Any:
    status, body = loopback_call(address)("GET", PATH, {}, b"")
    try:
        return json.loads(body) if status == 200 else None
    except ValueError:
        return None
