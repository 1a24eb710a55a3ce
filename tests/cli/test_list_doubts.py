"""What a list tells of its own doubts: a wrong clock, and what was known of conversations and is lost."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

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
