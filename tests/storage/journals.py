"""Journals of a test's own: operations to write into them, and a second process beside them."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from qsc_bot.models.conversation import Call, Control, Method, Outcome, Status
from qsc_bot.models.operation import (
    Answered,
    Before,
    Begun,
    Ended,
    Event,
    Planned,
    Sent,
    Settled,
    State,
    Step,
)
from qsc_bot.storage.journal import Journal

NOW: Final = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)
Happening = tuple[str | None, Event]


def journal_in(folder: Path, *, days_ago: float = 0) -> Journal:
    """The journal of a state folder, on a clock that stands still."""
    return Journal(folder / "journal.db", now=lambda: NOW - timedelta(days=days_ago))


def begun(action: str = "handover.to_bot", **more: str) -> Happening:
    """An operation begins."""
    known = {"profile": "prod", "account_id": "1000", "remote": "api.engagor.com", "by": "ada", "host": "desk"}
    return None, Begun(action=action, command="qsc-bot handover to-bot", **{**known, **more})


def moved(item: str = "twitter:1", action: str = "handover.to_bot") -> list[Happening]:
    """One item, from its plan to its outcome."""
    before = Before(control=Control.AGENT, observed_at=NOW)
    outcome = Outcome(
        id=item, action=action, status=Status.CHANGED, before="agent", after="bot", method=Method.TAG, verified=True
    )
    return [
        (item, Planned(step=Step(id=item, action=action))),
        (item, Sent(before=before, call=Call(method="POST", path="/1000/inbox/contact"))),
        (item, Answered(ids={"request_id": "r1"})),
        (item, Settled(outcome=outcome, before=before)),
    ]


def ended(state: State = State.DONE) -> Happening:
    """A run of an operation ends."""
    return None, Ended(state=state)


def whole(*items: str) -> list[Happening]:
    """Everything of an operation that did what it should."""
    return [begun(), *(happening for item in items or ("twitter:1",) for happening in moved(item)), ended()]


def filled(folder: Path, *operations: str) -> Journal:
    """A journal with these operations, one after another."""
    journal = journal_in(folder)
    for operation in operations:
        journal.append(operation, whole())
    return journal


@contextmanager
def changing(folder: Path) -> Iterator[sqlite3.Connection]:
    """The file as somebody opens it who does not keep to its rules."""
    db = sqlite3.connect(folder / "journal.db", isolation_level=None)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def process(code: str, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A second process, which says `ready` when it has come to where the test wants it."""
    root = Path(__file__).parents[2]
    command: Sequence[str] = [sys.executable, "-c", code, *words]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "ready\n"
            yield other
        finally:
            other.kill()
