"""The journal for auditors: it is checked, shortened and handed on, and never says more than it knows."""

import json
from collections.abc import Sequence
from hashlib import sha256

import pytest

from tests.cli.terminal import Terminal
from tests.cli.test_operation_list import ids, write
from tests.storage.journals import begun, changing, ended, journal_in, moved, whole

DAY = 86_400
OLD, YOUNG, LOST = "op_1m7zzzzzzzzzzz0", "op_1m88qk14yewp6nh", "op_1m88000000000zz"


@pytest.fixture
def aged(run: Terminal) -> Terminal:
    """An operation of a hundred days ago, and one of today."""
    journal_in(run.state, days_ago=100).append(OLD, whole())
    journal_in(run.state).append(YOUNG, whole("twitter:2"))
    return run


def test_whole_journal_is_said_to_be_whole_with_its_last_hash(aged: Terminal) -> None:
    document = aged("operation", "verify", "-o", "json").document
    last = aged("operation", "export").lines[-2]
    assert (document["whole"], document["entries"], document["broken"]) == (True, 12, None)
    assert (document["last_number"], document["last_hash"]) == (12, last["hash"])
    screen = aged("operation", "verify", tty=True).stdout
    assert screen.splitlines()[:3] == [
        "whole: 12 entries",
        "last entry: 12 of 2026-11-22 09:02 UTC",
        f"its hash: {last['hash']}",
    ]


def test_first_broken_entry_is_named(aged: Terminal) -> None:
    with changing(aged.state) as db:
        db.execute("UPDATE entries SET item = 'twitter:9' WHERE number IN (8, 10)")
    result = aged("operation", "verify", "-o", "json")
    assert (result.code, result.error["code"]) == (7, "journal.broken")
    assert result.error["message"] == f"entry 8 of 2026-11-22T09:02:30+00:00 ({YOUNG}): it is not what was written"
    assert (result.document["whole"], result.document["entries"]) == (False, 7)
    assert result.document["broken"]["number"] == 8
    assert aged("operation", "verify", YOUNG).code == 7
    assert aged("operation", "verify", OLD).code == 0
    assert "broken after: 7 entries" in aged("operation", "verify", tty=True).stdout


def test_empty_journal_is_whole(run: Terminal) -> None:
    document = run("operation", "verify", "-o", "json").document
    assert (document["whole"], document["entries"], document["last_hash"]) == (True, 0, None)


def test_unknown_operation_is_not_verified(aged: Terminal) -> None:
    result = aged("operation", "verify", OLD[:-1], "-o", "json")
    assert (result.code, result.error["code"]) == (6, "operation.not_found")


def test_pruning_is_told_first_and_asked_for(aged: Terminal) -> None:
    plan = aged("operation", "prune", "--older-than", "90d", "--dry-run", "-o", "json").document
    assert (plan["dry_run"], plan["operations"], plan["entries"]) == (True, 1, 6)
    refused = aged("operation", "prune", "--older-than", "90d", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "usage.confirmation")
    assert "remove 1 operation (6 entries) that ended before 2026-08-24 09:02 UTC" in refused.error["message"]
    declined = aged("operation", "prune", "--older-than", "90d", stdin="n\n", tty=True)
    assert (declined.code, "nothing was removed" in declined.stderr) == (12, True)
    assert len(ids(aged, "--since", "52w")) == 2


def test_pruned_journal_is_whole_and_says_what_was_removed(aged: Terminal) -> None:
    done = aged("operation", "prune", "--older-than", "90d", "--yes", "-o", "json").document
    assert (done["dry_run"], done["operations"], done["entries"], done["unfinished"]) == (False, 1, 6, None)
    assert ids(aged, "--since", "52w") == [YOUNG]
    document = aged("operation", "verify", "-o", "json").document
    assert (document["whole"], document["removed"], document["removed_operations"]) == (True, 6, 1)
    assert document["removed_at"] == "2026-11-22T09:02:30Z"
    told = aged("operation", "verify", tty=True).stdout
    assert "6 entries of 1 operation were removed before them on 2026-11-22 09:02 UTC, by " in told
    assert aged("operation", "show", OLD).code == 6
    again = aged("operation", "prune", "--older-than", "90d")
    assert (again.code, "operations\t0" in again.stdout) == (0, True)


def test_unfinished_operation_keeps_all_that_was_written_since(aged: Terminal) -> None:
    journal_in(aged.state).append(LOST, [begun(), *moved()[:2]])
    journal_in(aged.state).append("op_1m8zzzzzzzzzzzz", [*whole(), ended()])
    aged.now += 300 * DAY
    result = aged("operation", "prune", "--older-than", "90d", "--yes", tty=True)
    assert f"{LOST} is not finished, so it stays" in result.stderr
    assert f"next: qsc-bot operation resume {LOST}" in result.stderr
    assert ids(aged, "--since", "2026-01-01") == ["op_1m8zzzzzzzzzzzz", LOST]


def test_broken_journal_is_not_pruned(aged: Terminal) -> None:
    with changing(aged.state) as db:
        db.execute("UPDATE entries SET hash = 'x' WHERE number = 2")
    result = aged("operation", "prune", "--older-than", "0s", "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (7, "journal.broken")
    assert len(ids(aged, "--since", "52w")) == 2


def entries(run: Terminal, *words: str) -> Sequence[dict[str, object]]:
    *found, end = run("operation", "export", *words).lines
    assert (end["type"], end["returned"], end["complete"]) == ("end", len(found), True)
    return found


def test_exported_entries_prove_themselves(aged: Terminal) -> None:
    before = ""
    for line in entries(aged):
        columns = [line[name] for name in ("number", "at", "operation", "item", "kind", "body")]
        assert line["hash"] == sha256(json.dumps([before, *columns]).encode()).hexdigest()
        before = str(line["hash"])
    assert json.loads(str(entries(aged)[4]["body"]))["outcome"]["status"] == "changed"


def test_export_is_narrowed(aged: Terminal) -> None:
    assert {line["operation"] for line in entries(aged)} == {OLD, YOUNG}
    assert {line["operation"] for line in entries(aged, "--since", "30d")} == {YOUNG}
    assert {line["operation"] for line in entries(aged, OLD)} == {OLD}
    assert entries(aged, OLD, "--since", "30d") == []
    assert aged("operation", "export", OLD, "op_x", "-o", "ndjson").code == 6


@pytest.mark.parametrize("output", ["json", "csv", "table", "plain", "yaml", "id"])
def test_journal_is_exported_as_ndjson_alone(aged: Terminal, output: str) -> None:
    result = aged("operation", "export", "-o", output)
    assert (result.code, result.stdout) == (2, "")
    assert "exported as ndjson" in result.stderr
    assert aged("operation", "export", tty=True).stdout == aged("operation", "export").stdout


def test_broken_journal_is_exported_as_it_stands(aged: Terminal) -> None:
    with changing(aged.state) as db:
        db.execute("UPDATE entries SET body = '{' WHERE number = 3")
    assert entries(aged)[2]["body"] == "{"


def test_what_is_exported_grows_with_every_write(run: Terminal) -> None:
    _ = run.sandbox
    write(run, "handover", "to-bot", "twitter:1002")
    kinds = [line["kind"] for line in entries(run)]
    assert kinds == ["begun", "planned", "sent", "answered", "settled", "ended"]
