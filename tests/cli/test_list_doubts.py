"""What a list tells of its own doubts: a wrong clock, and what was known of conversations and is lost."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from qsc_bot.models.conversation import ConversationId
from qsc_bot.storage import known_facts
from tests.cli.calls import FRESH, listed
from tests.cli.terminal import Prod

HOUR = 3600.0


def test_wrong_clock_of_this_machine_is_told_and_not_used(prod: Prod) -> None:
    right = listed(prod, "--all")[0].document
    assert right["warnings"] == []
    prod.sandbox.advance(5 * HOUR)
    result = listed(prod, "--all", "--full")[0].document
    assert result["warnings"] == ["this machine's clock is 5h behind the remote's, which is the one that counts here"]
    assert result["page"]["complete"]
    longer = [new["waiting_s"] - old["waiting_s"] for old, new in zip(right["items"], result["items"], strict=True)]
    assert set(longer) == {0, 5 * HOUR}


def test_sandbox_whose_clock_was_moved_is_no_wrong_clock(prod: Prod) -> None:
    prod.run("sandbox", "clock", "+5h")
    assert prod.run("conversation", "list", "-p", "sandbox", "-o", "json").document["warnings"] == []


@pytest.mark.parametrize("output", ["json", "table"])
def test_index_from_a_newer_version_is_begun_anew(prod: Prod, output: str) -> None:
    listed(prod, "--all")
    db = sqlite3.connect(prod.run.home / ".cache/qsc-bot/index.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    result = prod.run("conversation", "list", "-o", output)
    assert result.code == 0
    told = result.document["warnings"] if output == "json" else [result.stderr]
    assert "set aside as index.db.set-aside" in told[0]
    assert (result.stderr == "") is (output == "json")


TOLD = "set aside as index.db.set-aside, and a new one begun"


def file_of(prod: Prod) -> Path:
    return prod.run.home / ".cache/qsc-bot/index.db"


def wrong_holder(path: Path) -> None:
    """A row that this tool never writes: it shows only once it is read."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE conversations SET control = 'nobody at all'")


def broken_pages(path: Path) -> None:
    """Damage that the header does not show: the file opens, and reading it fails."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = "SELECT rootpage FROM sqlite_master WHERE tbl_name IN ('conversations', 'messages')"
        pages = [row[0] for row in db.execute(roots)]
    content = bytearray(path.read_bytes())
    for page in pages:
        content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)


def broken_accounts(path: Path) -> None:
    """Damage that shows as soon as the account is looked up."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'accounts'").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)


SPOILED = pytest.mark.parametrize("spoil", [wrong_holder, broken_pages, broken_accounts])


@SPOILED
@pytest.mark.parametrize("output", ["json", "ndjson", "yaml", "table"])
def test_list_goes_on_from_a_new_index_where_the_old_one_is_damaged(
    prod: Prod, spoil: Callable[[Path], None], output: str
) -> None:
    before = {item["id"] for item in listed(prod, "--all")[0].document["items"]}
    spoil(file_of(prod))
    result = prod.run("conversation", "list", "--all", "-o", output)
    assert result.code == 0
    assert all(name in result.stdout for name in before)
    assert TOLD in (result.stderr if output == "table" else " ".join(result.stdout.split()))
    again = listed(prod, "--all")[0].document
    assert ({item["id"] for item in again["items"]}, again["warnings"]) == (before, [])


@SPOILED
def test_cached_list_of_a_damaged_index_is_not_taken_for_an_empty_one(
    prod: Prod, spoil: Callable[[Path], None]
) -> None:
    listed(prod, "--all")
    spoil(file_of(prod))
    result, calls = listed(prod, "--cached")
    assert (result.code, calls) == (0, {})
    assert (result.document["items"], result.document["page"]["complete"]) == ([], False)
    told, why = result.document["warnings"]
    assert TOLD in told
    assert "nothing was read of this account yet" in why
    assert listed(prod, "--cached")[0].document["page"]["complete"] is False


@SPOILED
def test_plan_of_a_damaged_index_is_that_of_an_empty_one(prod: Prod, spoil: Callable[[Path], None]) -> None:
    empty = listed(prod, "--dry-run")[0].document
    listed(prod, "--all")
    spoil(file_of(prod))
    plan = listed(prod, "--dry-run")[0].document
    assert (plan["items"], TOLD in plan["warnings"][0]) == (empty["items"], True)


def test_watch_goes_on_from_a_new_index(prod: Prod) -> None:
    listed(prod, "--all")
    wrong_holder(file_of(prod))

    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    prod.run.play = stop
    *events, end = prod.run("conversation", "watch", "-o", "ndjson").lines
    assert {one["change"] for one in events if one["type"] == "event"} == {"added"}
    assert TOLD in end["warnings"][0]


def test_calls_of_both_attempts_count_together(prod: Prod) -> None:
    listed(prod, "--all")
    prod.run.now += 600
    wrong_holder(file_of(prod))
    _, calls = listed(prod, "--all", "--max-calls", "3", *FRESH)
    assert sum(calls.values()) <= 3


@SPOILED
@pytest.mark.parametrize(
    "words",
    [
        ["handover", "status", "twitter:1001", "web:visitor-1"],
        ["conversation", "show", "twitter:1001"],
        ["conversation", "explain", "twitter:1001"],
        ["conversation", "wait", "twitter:1001", "--for", "control=bot", "--timeout", "0s"],
        ["conversation", "rescue", "--dry-run"],
    ],
    ids=" ".join,
)
def test_what_reads_conversations_does_not_need_the_damaged_index(
    prod: Prod, spoil: Callable[[Path], None], words: list[str]
) -> None:
    listed(prod, "--all")
    spoil(file_of(prod))
    result = prod.run(*words, "-o", "json")
    assert result.code == 0, result.stderr
    assert prod.run("conversation", "list", "-o", "json").code == 0


WRITES = [["handover", "to-agent", "twitter:1001"], ["handover", "to-agent", "web:visitor-1", "--with-tag"]]


@SPOILED
@pytest.mark.parametrize("words", WRITES, ids=" ".join)
def test_writes_do_not_depend_on_the_damaged_index(prod: Prod, spoil: Callable[[Path], None], words: list[str]) -> None:
    listed(prod, "--all")
    spoil(file_of(prod))
    result = prod.run(*words, "-o", "json")
    assert (result.code, result.item["status"], result.item["verified"]) == (0, "changed", True)


def test_write_that_was_done_is_told_so_though_it_cannot_be_kept(prod: Prod, monkeypatch: pytest.MonkeyPatch) -> None:
    put = known_facts.put

    def full(db: sqlite3.Connection, account: int, person: ConversationId, facts: Any, **more: Any) -> None:
        if facts is not known_facts.NOTHING:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        put(db, account, person, facts, **more)

    monkeypatch.setattr(known_facts, "put", full)
    result = prod.run("escalation", "add", "twitter:1001", "-o", "json")
    assert (result.code, result.item["status"], result.item["verified"]) == (0, "changed", True)
    assert "disk is full" in " ".join(result.document["warnings"])
    assert prod.control("twitter:1001") == "agent"
    shown = prod.run("conversation", "list", "-o", "json")
    assert (shown.code, shown.error["code"]) == (3, "index.unusable")
