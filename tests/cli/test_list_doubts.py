"""What a list tells of its own doubts: a wrong clock, and what was known of conversations and is lost."""

import sqlite3

import pytest

from tests.cli.calls import listed
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


def test_damaged_index_is_told_once_and_costs_calls_only(prod: Prod) -> None:
    before = listed(prod, "--all")[0].document["items"]
    db = sqlite3.connect(prod.run.home / ".cache/qsc-bot/index.db")
    db.execute("UPDATE conversations SET control = 'nobody at all'")
    db.commit()
    db.close()
    broken = prod.run("conversation", "list", "-o", "json")
    assert (broken.code, broken.error["code"]) == (3, "index.unusable")
    assert "set aside as index.db.set-aside" in broken.error["message"]
    again = listed(prod, "--all")[0].document["items"]
    assert [one["id"] for one in again] == [one["id"] for one in before]
