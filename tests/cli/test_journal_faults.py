"""A journal that cannot be written or read: what cannot be written down is not sent, and what was done is told."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qsc_bot.storage import database
from tests.cli.terminal import Prod
from tests.conftest import MakeProd
from tests.storage.journals import changing, filled, journal_in, process
from tests.storage.test_journal import HOLDING

MOVE = ("handover", "to-agent", "whatsapp:32470000000")
Break = Callable[[Path], object]


class Full:
    """A connection whose disk is full from the entry on that `is_reached` names."""

    def __init__(self, inner: sqlite3.Connection, is_reached: Callable[[str], bool]) -> None:
        self._inner = inner
        self._is_reached = is_reached
        self._is_full = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        """Refuse to add anything once the disk is full."""
        if sql.startswith("INSERT"):
            self._is_full = self._is_full or self._is_reached(values[4])
            if self._is_full:
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
        return self._inner.execute(sql, values)


def fill_disk(monkeypatch: pytest.MonkeyPatch, kind: str, *, nth: int = 1) -> None:
    """Let the disk be full when the nth entry of a kind is written."""
    seen: list[str] = []

    def is_reached(written: str) -> bool:
        seen.append(written)
        return seen.count(kind) >= nth

    def open_full(path: Path, **how: Any) -> Full:
        return Full(database.open_kept(path, **how), is_reached)

    monkeypatch.setattr("qsc_bot.storage.journal.open_kept", open_full)


@pytest.fixture
def bulk(make_prod: MakeProd) -> Prod:
    """Sixty conversations, every fifth of them with agents."""
    prod = make_prod()
    prod.sandbox.reset("large:60:twitter")
    return prod


def with_agents(prod: Prod) -> list[str]:
    """The conversations that agents hold."""
    return prod.run("escalation", "list", "--all", "-o", "id").stdout.split()


@pytest.mark.parametrize("kind", ["begun", "planned", "sent"])
def test_full_disk_before_a_write_keeps_it_from_being_sent(
    prod: Prod, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    fill_disk(monkeypatch, kind)
    result = prod.run(*MOVE, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.state")
    assert "database or disk is full" in result.error["message"]
    assert prod.wire.writes == []


@pytest.mark.parametrize("kind", ["answered", "settled", "ended"])
def test_full_disk_after_an_answer_does_not_hide_what_was_done(
    prod: Prod, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    fill_disk(monkeypatch, kind)
    result = prod.run(*MOVE, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.state")
    assert (result.item["status"], prod.control("whatsapp:32470000000")) == ("changed", "agent")


@pytest.mark.parametrize("kind", ["sent", "answered", "settled"])
@pytest.mark.parametrize("output", ["json", "ndjson", "plain"])
def test_full_disk_ends_a_run_before_more_is_sent(
    bulk: Prod, monkeypatch: pytest.MonkeyPatch, kind: str, output: str
) -> None:
    people = with_agents(bulk)
    fill_disk(monkeypatch, kind, nth=2)
    result = bulk.run("handover", "to-bot", *people, "-o", output)
    assert result.code == 3
    assert "database or disk is full" in result.stderr
    assert "qsc-bot operation resume op_" in result.stderr or output != "plain"
    writes = len(bulk.wire.writes)
    assert (1 if kind == "sent" else 2) <= writes <= 5 < len(people)  # four are in flight
    assert len(with_agents(bulk)) == len(people) - writes
    assert result.stdout.count("\tchanged\t" if output == "plain" else '"status":"changed"') == writes


def test_run_that_the_disk_ended_is_resumed(bulk: Prod, monkeypatch: pytest.MonkeyPatch) -> None:
    people = with_agents(bulk)
    with monkeypatch.context() as patch:
        fill_disk(patch, "answered", nth=2)
        operation = bulk.run("handover", "to-bot", *people, "-o", "json").document["operation"]
    assert bulk.run("operation", "list", "--state", "unfinished", "-o", "id").stdout == f"{operation}\n"
    result = bulk.run("operation", "resume", operation, "-o", "json")
    assert (result.code, result.document["counts"]["changed"]) == (0, len(people))
    assert [bulk.effects(person) for person in people] == [1] * len(people)
    assert bulk.run("operation", "verify").code == 0


def remove_folder(state: Path) -> None:
    shutil.rmtree(state, ignore_errors=True)
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text("no folder")


def take_its_place(state: Path) -> None:
    (state / "journal.db").mkdir(parents=True)


def make_read_only(state: Path) -> None:
    state.mkdir(parents=True, exist_ok=True)
    state.chmod(0o500)


@pytest.mark.parametrize(
    "spoil",
    [
        remove_folder,
        take_its_place,
        pytest.param(make_read_only, marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")),
    ],
)
def test_journal_that_cannot_be_made_keeps_everything_from_being_sent(prod: Prod, spoil: Break) -> None:
    spoil(prod.run.state)
    result = prod.run(*MOVE, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.state")
    assert prod.wire.writes == []


def test_reading_conversations_needs_no_journal(prod: Prod) -> None:
    take_its_place(prod.run.state)
    for words in (
        ("conversation", "list"),
        ("conversation", "show", "twitter:1002"),
        ("handover", "status", "web:visitor-1"),
    ):
        assert prod.run(*words).code == 0


def make_newer(state: Path) -> None:
    filled(state, "op_1").close()
    with changing(state) as db:
        db.execute("PRAGMA user_version = 99")


def overwrite(state: Path) -> None:
    state.mkdir(parents=True)
    (state / "journal.db").write_bytes(b"not a database " * 400)


def damage(state: Path) -> None:
    filled(state, *(f"op_{number}" for number in range(40))).close()
    with (state / "journal.db").open("r+b") as file:
        for page in range(1, file.seek(0, 2) // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 400)


@pytest.mark.parametrize("spoil", [make_newer, overwrite, damage])
def test_journal_that_cannot_be_read_keeps_everything_from_being_sent_and_stays(prod: Prod, spoil: Break) -> None:
    spoil(prod.run.state)
    before = (prod.run.state / "journal.db").read_bytes()
    for words in (
        MOVE,
        ("operation", "list", "--since", "52w"),
        ("operation", "verify"),
        ("operation", "undo", "--last"),
    ):
        result = prod.run(*words, "-o", "json")
        assert (result.code, result.error["code"]) == (3, "journal.unusable"), words
    assert prod.wire.writes == []
    assert (prod.run.state / "journal.db").read_bytes() == before


def test_journal_that_another_process_holds_keeps_everything_from_being_sent(
    prod: Prod, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database.BUSY_SECONDS == 5
    monkeypatch.setattr("qsc_bot.storage.database.BUSY_SECONDS", 0.05)
    journal_in(prod.run.state).append("op_1", [])
    with process(HOLDING, str(prod.run.state / "journal.db")):
        result = prod.run(*MOVE, "-o", "json")
        assert (result.code, result.error["code"], result.error["retryable"]) == (8, "journal.locked", True)
        assert prod.run("operation", "list").code == 0
    assert prod.wire.writes == []
    assert prod.run(*MOVE).code == 0
