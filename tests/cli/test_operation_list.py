"""What was changed, and by whom: the list of operations, and one of them in full."""

from typing import Any

import pytest

from qsc_bot.operations.acts import ACTS
from qsc_bot.operations.journal import KINDS
from qsc_bot.operations.undo import ACTION
from tests.cli.terminal import Prod, Terminal
from tests.conftest import CheckGolden
from tests.storage.journals import changing, journal_in, whole

DAY = 86_400


def named(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else ""


def ids(run: Terminal, *words: str) -> list[str]:
    result = run("operation", "list", "-o", "id", *words)
    assert result.code == 0, result.stderr
    return result.stdout.split()


def write(run: Terminal, *words: str) -> str:
    """The operation that a write became; a second passes."""
    result = run(*words, "-o", "json")
    assert result.code == 0, result.stderr
    run.now += 1
    return str(result.document["operation"])


@pytest.fixture
def played(run: Terminal) -> list[str]:
    """Four operations on the sandbox, the newest first."""
    _ = run.sandbox
    made = [write(run, "handover", "to-bot", "twitter:1002", "--reason", "customer rang")]
    run.now += 2 * DAY
    made += [write(run, "handover", "to-agent", "whatsapp:32470000000", "twitter:1001")]
    made += [write(run, "escalation", "remove", "twitter:1001")]
    made += [write(run, "operation", "undo", "--last", "--yes")]
    return made[::-1]


def test_newest_operation_stands_first(run: Terminal, played: list[str]) -> None:
    assert ids(run) == played
    first = run("operation", "list", "-o", "json").document["items"][0]
    assert (first["action"], first["state"], first["undoes"]) == ("undo", "done", played[1])


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--action", "handover.to_agent"], [2]),
        (["--action", "handover.to-bot", "--action", "undo"], [0, 3]),
        (["--action", "rescue"], []),
        (["--conversation", "twitter:1001"], [0, 1, 2]),
        (["--conversation", "twitter:1002"], [3]),
        (["--conversation", "whatsapp:+32470000000"], [2]),
        (["--conversation", "twitter:1"], []),
        (["--since", "24h"], [0, 1, 2]),
        (["--since", "2026-11-01"], [0, 1, 2, 3]),
        (["--state", "done"], [0, 1, 2, 3]),
        (["--state", "unfinished", "--state", "running"], []),
        (["-p", "sandbox"], [0, 1, 2, 3]),
        (["-p", "prod"], []),
        (["--limit", "2"], [0, 1]),
    ],
    ids=named,
)
def test_list_is_narrowed(run: Terminal, played: list[str], words: list[str], wanted: list[int]) -> None:
    assert ids(run, *words) == [played[place] for place in wanted]


def test_list_looks_a_week_back_and_at_one_customer_without_end(run: Terminal, played: list[str]) -> None:
    run.now += 6 * DAY
    assert ids(run) == played[:3]
    run.now += 400 * DAY
    assert ids(run) == []
    assert ids(run, "--conversation", "twitter:1001") == played[:3]


def test_list_that_is_cut_says_so(run: Terminal, played: list[str]) -> None:
    cut = run("operation", "list", "--limit", "2", tty=True)
    assert "2 of 4 shown; add --all" in cut.stderr
    assert run("operation", "list", "--limit", "2", "-o", "json").document["page"] == {"returned": 2, "complete": False}
    judged = run("operation", "list", "--limit", "1", "--state", "done", tty=True)
    assert "1 of more than that shown; add --all" in judged.stderr
    assert "shown" not in run("operation", "list", "--limit", "4", tty=True).stderr


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["--action", "tag"], "usage.invalid", None),
        (["--conversation", "2001_17"], "usage.id", "qsc-bot conversation show 2001_17 -o id"),
        (["--conversation", "4711"], "usage.id", "qsc-bot conversation show 4711 -o id"),
        (["--conversation", "https://app.engagor.com/messages/1/permalink/2/3/"], "usage.id", "conversation show"),
        (["--conversation", "x:1"], "usage.service", "write twitter:1"),
        (["--conversation", "nobody"], "usage.id", None),
        (["--all", "--limit", "3"], "usage.invalid", None),
    ],
    ids=named,
)
def test_word_that_cannot_be_is_refused(run: Terminal, words: list[str], code: str, hint: str | None) -> None:
    result = run("operation", "list", *words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, code)
    assert hint is None or hint in result.error["hint"]


def test_every_kind_of_operation_can_be_asked_for() -> None:
    assert {*ACTS, ACTION} <= set(KINDS)


def test_journal_is_read_without_token_call_or_configuration(prod: Prod) -> None:
    operation = write(prod.run, "handover", "to-agent", "whatsapp:32470000000")
    sent = len(prod.wire.requests)
    prod.run.secrets = {}
    assert ids(prod.run) == [operation]
    prod.run.configure("version: [")
    for words in (["list"], ["show", operation], ["verify"], ["export"], ["prune", "--older-than", "1d"]):
        result = prod.run("operation", *words)
        assert (result.code, bool(result.stdout)) == (0, True), result.stderr
    assert ids(prod.run, "-p", "prod") == [operation]
    assert len(prod.wire.requests) == sent


def test_list_of_nothing_is_empty_and_makes_no_file(run: Terminal) -> None:
    assert ids(run) == []
    assert not (run.state / "journal.db").exists()


def test_operation_that_cannot_be_read_is_left_out_and_told(run: Terminal, played: list[str]) -> None:
    with changing(run.state) as db:
        db.execute("UPDATE entries SET body = '{' WHERE operation = ? AND kind = 'settled'", (played[3],))
    result = run("operation", "list", "-o", "json")
    assert (result.code, result.error["code"]) == (7, "journal.broken")
    assert "1 operation left out: entry 5 of the journal" in result.error["message"]
    assert [item["id"] for item in result.document["items"]] == played[:3]
    assert result.document["page"]["complete"] is False


@pytest.mark.parametrize("width", [80, 160])
def test_list_looks_like_this(run: Terminal, check_golden: CheckGolden, width: int) -> None:
    for number, days_ago in enumerate((200, 30, 2)):
        journal_in(run.state, days_ago=days_ago).append(f"op_1m88qk14yewp6n{number}", whole("twitter:1", "twitter:2"))
    result = run("operation", "list", "--all", "--since", "52w", "--no-color", tty=True, width=width)
    check_golden(f"operation-list-{width}.txt", result.stdout)
    assert max(map(len, result.stdout.splitlines())) <= width


def test_operation_looks_like_this(run: Terminal, check_golden: CheckGolden) -> None:
    journal_in(run.state).append("op_1m88qk14yewp6nh", whole("twitter:1", "twitter:2"))
    result = run("operation", "show", "op_1m88qk14yewp6nh", "--no-color", tty=True)
    check_golden("operation-show-80.txt", result.stdout)


def test_operation_in_a_pipe_has_a_line_for_each_item(run: Terminal, played: list[str]) -> None:
    lines = [line.split("\t") for line in run("operation", "show", played[2]).stdout.splitlines()]
    assert ["action", "handover.to_agent"] in lines
    assert ["counts.changed", "2"] in lines
    items = [line[1:4] for line in lines if line[0] == "item"]
    assert items == [
        ["whatsapp:32470000000", "handover.to_agent", "changed"],
        ["twitter:1001", "handover.to_agent", "changed"],
    ]


def test_operation_tells_who_and_why_and_each_item_with_the_state_before(run: Terminal, played: list[str]) -> None:
    document = run("operation", "show", played[3], "-o", "json").document
    told = {name: document[name] for name in ("id", "action", "state", "profile", "account_id", "reason")}
    assert told == {
        "id": played[3],
        "action": "handover.to_bot",
        "state": "done",
        "profile": "sandbox",
        "account_id": "1000",
        "reason": "customer rang",
    }
    assert document["command"] == "qsc-bot handover to-bot twitter:1002 --reason 'customer rang' -o json"
    (item,) = document["items"]
    assert (item["status"], item["before"]["control"], item["phase"]) == ("changed", "agent", "answered")


def test_unknown_operation_names_the_nearest(run: Terminal, played: list[str]) -> None:
    result = run("operation", "show", played[0][:-1], "-o", "json")
    assert (result.code, result.error["code"]) == (6, "operation.not_found")
    assert f"qsc-bot operation show {played[0]}" in result.error["hint"]


def test_fields_are_chosen(run: Terminal, played: list[str]) -> None:
    shown: Any = run("operation", "show", played[0], "-o", "json", "--fields", "id,undoes").document
    assert (shown["id"], shown["undoes"]) == (played[0], played[1])
    assert run("operation", "list", "--fields", "id", "--limit", "1").stdout == f"{played[0]}\n"


@pytest.mark.parametrize("word", ["history", "log", "audit", "operations"])
def test_near_miss_is_answered(run: Terminal, word: str) -> None:
    result = run(word, "-o", "json")
    assert (result.code, "qsc-bot operation list" in result.error["hint"]) == (2, True)
