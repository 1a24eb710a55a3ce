"""Listing and showing conversations."""

import re

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.terminal import PROD, Prod, Terminal
from tests.conftest import CheckGolden

STYLE = re.compile(r"\x1b\[[0-9;]*m")
LISTED = [
    "whatsapp:32470000001",
    "twitter:1002",
    "viber:viber-1",
    "web:visitor-1",
    "whatsapp:32470000003",
    "facebook:5550001",
    "whatsapp:32470000000",
    "twitter:1001",
    "facebook:5550002",
    "twitter:1003",
]


def ids(run: Terminal, *words: str) -> list[str]:
    """The ids that a list comes to."""
    return run("conversation", "list", *words, "-o", "id").stdout.split()


@pytest.mark.parametrize("width", [80, 160])
def test_table_fits_the_terminal(run: Terminal, check_golden: CheckGolden, width: int) -> None:
    result = run("conversation", "list", tty=True, width=width)
    check_golden(f"conversation-list-{width}.txt", result.stdout)
    shown = STYLE.sub("", result.stdout)
    assert max(map(len, shown.splitlines())) <= width


def test_human_list_tells_the_sandbox_first_and_the_numbers_last(run: Terminal) -> None:
    result = run("conversation", "list", tty=True)
    first, *_, last = result.stderr.split("\r\x1b[2K")[-1].splitlines()
    assert "sandbox: no real account" in first
    assert last == "sandbox (1000), last 1d: 10 = 7 bot, 3 agent; 3 stuck; read 09:02; 9 calls, 343 left"


def test_who_waits_longest_comes_first(run: Terminal) -> None:
    assert ids(run) == LISTED


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        pytest.param(
            ["--control", "agent"], {"whatsapp:32470000001", "twitter:1002", "facebook:5550002"}, id="control"
        ),
        pytest.param(["--service", "viber", "--service", "web"], {"viber:viber-1", "web:visitor-1"}, id="services"),
        pytest.param(["--escalated"], {"twitter:1002"}, id="escalated"),
        pytest.param(["--not-escalated"], set(LISTED) - {"twitter:1002"}, id="not escalated"),
        pytest.param(["--waiting", "30m"], {"whatsapp:32470000001", "twitter:1002"}, id="waiting"),
        pytest.param(["--since", "7d"], {*LISTED, "facebook:5550003"}, id="since"),
        pytest.param(["--control", "idle"], set(), id="none"),
        pytest.param(["--since", "7d", "--control", "idle"], {"facebook:5550003"}, id="idle"),
    ],
)
def test_filters_keep_what_they_say(run: Terminal, words: list[str], wanted: set[str]) -> None:
    assert set(ids(run, *words)) == wanted


@pytest.mark.parametrize(
    ("sort", "first"), [("waiting", LISTED[0]), ("last", "web:visitor-1"), ("id", "facebook:5550001")]
)
def test_sort_chooses_the_order(run: Terminal, sort: str, first: str) -> None:
    assert ids(run, "--sort", sort)[0] == first


def test_tagged_contacts_are_listed_whatever_their_age(run: Terminal, sandbox: Sandbox) -> None:
    run.now += 72 * 3600
    assert ids(run) == ["twitter:1002"]


def test_cut_list_says_so_everywhere(run: Terminal) -> None:
    document = run("conversation", "list", "--limit", "3", "-o", "json").document
    assert document["page"] == {"returned": 3, "complete": False}
    assert document["summary"]["total"] == 10
    told = run("conversation", "list", "--limit", "3")
    assert told.code == 0
    assert "3 of 10 shown; add --all\n" in told.stderr
    assert "3 of 10 = " in told.stderr
    assert run("conversation", "list", "--limit", "3", "-o", "ndjson").lines[-1]["complete"] is False


def test_whole_list_is_complete(run: Terminal) -> None:
    document = run("conversation", "list", "--all", "-o", "json").document
    assert document["page"] == {"returned": 10, "complete": True}


def test_empty_list_is_a_success(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.reset("empty")
    result = run("conversation", "list", tty=True)
    assert (result.code, result.stdout) == (0, "")
    assert "Nothing found." in result.stderr
    assert run("conversation", "list", "-o", "json").document["items"] == []


def test_ndjson_streams_items_and_ends_with_a_line_of_its_own(run: Terminal) -> None:
    *items, end = run("conversation", "list", "--all", "-o", "ndjson").lines
    assert {line["type"] for line in items} == {"item"}
    assert {line["id"] for line in items} == set(LISTED)
    assert (end["type"], end["returned"], end["complete"]) == ("end", 10, True)
    assert end["summary"]["total"] == 10
    assert (end["schema"], end["profile"]) == ("qsc-bot/conversation-list@1", "sandbox")


def test_stuck_ones_are_judged_by_all_their_messages_in_ndjson_too(run: Terminal) -> None:
    *items, _ = run("conversation", "list", "--stuck", "--all", "-o", "ndjson").lines
    assert {line["id"]: line["stuck"] for line in items}["whatsapp:32470000001"] == ["agent_silent"]


def test_csv_has_a_header_and_one_row_each(run: Terminal) -> None:
    header, *rows = run("conversation", "list", "-o", "csv").stdout.splitlines()
    assert header.startswith("id,control,waiting_s,method,escalated")
    assert [row.partition(",")[0] for row in rows] == LISTED


def test_yaml_is_the_document_of_json(run: Terminal) -> None:
    import yaml

    as_yaml = yaml.safe_load(run("conversation", "list", "-o", "yaml").stdout)
    as_json = run("conversation", "list", "-o", "json").document
    for document in (as_yaml, as_json):
        document.pop("summary")
    assert as_yaml == as_json


def test_fields_choose_and_order(run: Terminal) -> None:
    result = run("conversation", "list", "--limit", "1", "--fields", "control,id")
    assert result.stdout == "agent\twhatsapp:32470000001\n"


@pytest.mark.parametrize("words", [["conversation", "list"], ["handover", "to-bot", "twitter:1002"]])
def test_unknown_field_is_refused_with_the_valid_ones_and_writes_nothing(
    run: Terminal, sandbox: Sandbox, words: list[str]
) -> None:
    result = run(*words, "--fields", "controll", "-o", "json")
    assert (result.code, result.stdout, result.error["code"]) == (2, "", "usage.invalid")
    assert "the fields are id, " in result.error["message"]
    assert not any(one["writes"] for one in sandbox.status()["conversations"])


def test_names_are_initials_unless_asked_for(run: Terminal) -> None:
    shown = run("conversation", "show", "twitter:1002", "-o", "json").document["name"]
    assert shown == "B… S…"
    assert run("conversation", "show", "twitter:1002", "-o", "json", "--show-pii").document["name"] == "Ben Sample"
    run.configure("show_names: true\ndefault_profile: sandbox\n")
    assert run("conversation", "show", "twitter:1002", "-o", "json").document["name"] == "Ben Sample"


@pytest.mark.parametrize("output", ["table", "plain", "json", "ndjson", "csv", "yaml", "id"])
def test_no_format_shows_a_name_unasked(run: Terminal, output: str) -> None:
    for words in (["conversation", "list"], ["conversation", "show", "twitter:1002"], ["escalation", "list"]):
        assert "Sample" not in run(*words, "-o", output).stdout


def test_show_tells_all_that_is_known(run: Terminal) -> None:
    document = run("conversation", "show", "twitter:1002", "-o", "json").document
    assert (document["control"], document["escalated"], document["tags"]) == ("agent", True, ["escalated to agent"])
    assert (document["waiting_s"], document["last_message_from"]) == (2700, "customer")
    assert document["last_message_at"] == "2026-11-22T08:17:30Z"
    assert document["observed_at"] == "2026-11-22T09:02:30Z"


@pytest.mark.parametrize(
    ("conversation", "code"),
    [
        pytest.param("twitter:4242", "contact.not_found", id="tag"),
        pytest.param("whatsapp:4242", "conversation.not_found", id="handover"),
        pytest.param("facebook:4242", "conversation.not_found", id="messenger"),
    ],
)
def test_unknown_conversation_is_not_found_and_says_what_else_it_can_mean(
    run: Terminal, conversation: str, code: str
) -> None:
    result = run("conversation", "show", conversation, "-o", "json")
    assert (result.code, result.error["code"], result.stdout) == (6, code, "")
    assert "may not see it" in result.error["hint"]


def test_show_web_without_a_page_is_not_found(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.advance(72 * 3600)
    result = run("conversation", "show", "twitter:1001", "--web", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "conversation.not_found")


def test_missing_messenger_section_is_unknown_and_refuses_writes(prod: Prod) -> None:
    lines = [line for line in PROD.splitlines() if "messenger" not in line]
    prod.run.configure("\n".join(lines) + "\n")
    shown = prod.run("handover", "status", "facebook:5550001", "-o", "json")
    assert shown.item["control"] == "unknown"
    assert "no messenger section" in shown.item["note"]
    written = prod.run("handover", "to-agent", "facebook:5550001", "-o", "json")
    assert (written.code, written.error["code"]) == (3, "config.messenger")
    assert prod.wire.writes == []


def test_services_can_be_moved_by_another_method(prod: Prod) -> None:
    prod.run.configure(PROD.replace("topic_ids:", "channels: {facebook: tag}\n    topic_ids:"))
    result = prod.run("handover", "to-agent", "facebook:5550001", "-o", "json")
    assert (result.item["status"], result.item["method"]) == ("changed", "tag")
    assert prod.control("facebook:5550001") == "bot"


def test_large_account_costs_a_call_for_each_page(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.reset("large:300:twitter")
    document = run("conversation", "list", "--all", "-o", "json").document
    assert document["page"] == {"returned": 300, "complete": True}
    assert document["summary"]["by_control"] == {"agent": 60, "bot": 240}
    assert document["summary"]["calls"] <= 6
