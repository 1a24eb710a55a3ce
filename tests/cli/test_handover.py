"""Handing conversations over: what each write comes to, its guards and its dry runs."""

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.terminal import PROD, Prod, Terminal
from tests.conftest import MakeProd

WHATSAPP_ITEM = "* /*/inbox/handover/*"


@pytest.mark.parametrize(
    ("conversation", "method", "before", "verb", "after"),
    [
        pytest.param("twitter:1001", "tag", "bot", "to-agent", "agent", id="tag on"),
        pytest.param("twitter:1002", "tag", "agent", "to-bot", "bot", id="tag off"),
        pytest.param("whatsapp:32470000000", "handover", "bot", "to-agent", "agent", id="handover to agents"),
        pytest.param("whatsapp:32470000001", "handover", "agent", "to-bot", "bot", id="handover to the bot"),
        pytest.param("web:visitor-1", "handover", "bot", "to-agent", "agent", id="live chat"),
        pytest.param("viber:viber-1", "handover", "bot", "to-agent", "agent", id="viber"),
        pytest.param("facebook:5550001", "messenger", "bot", "to-agent", "agent", id="thread passed"),
        pytest.param("facebook:5550002", "messenger", "agent", "to-bot", "bot", id="thread taken"),
        pytest.param("facebook:5550003", "messenger", "idle", "to-bot", "bot", id="idle thread taken"),
    ],
)
def test_hand_over_changes_control_and_reads_it_back(
    prod: Prod, conversation: str, method: str, before: str, verb: str, after: str
) -> None:
    result = prod.run("handover", verb, conversation, "-o", "json")
    item = result.item
    assert result.code == 0
    assert (item["status"], item["method"], item["from"], item["to"]) == ("changed", method, before, after)
    assert item["verified"] is True
    assert prod.control(conversation) == after
    assert prod.effects(conversation) == 1


@pytest.mark.parametrize(
    ("conversation", "verb"),
    [
        pytest.param("twitter:1001", "to-bot", id="tag"),
        pytest.param("whatsapp:32470000001", "to-agent", id="handover"),
        pytest.param("facebook:5550001", "to-bot", id="messenger"),
    ],
)
def test_what_is_so_already_is_unchanged_and_nothing_is_written(prod: Prod, conversation: str, verb: str) -> None:
    result = prod.run("handover", verb, conversation, "-o", "json")
    assert (result.code, result.item["status"]) == (0, "unchanged")
    assert prod.wire.writes == []


def test_zero_config_thread_that_others_hold_is_requested(make_prod: MakeProd) -> None:
    prod = make_prod(messenger_mode="zero-config")
    result = prod.run("handover", "to-bot", "facebook:5550002", "-o", "json")
    assert result.code == 0
    assert (result.item["status"], result.item["verified"]) == ("requested", None)
    assert prod.control("facebook:5550002") == "agent"


def test_page_that_may_not_take_a_thread_refuses_with_conflict(make_prod: MakeProd) -> None:
    prod = make_prod(may_take=False)
    result = prod.run("handover", "to-bot", "facebook:5550002", "-o", "json")
    assert result.code in (5, 7)
    assert result.item["status"] == "failed"
    assert prod.control("facebook:5550002") == "agent"


def test_answer_lost_after_the_effect_is_read_back_as_changed(prod: Prod) -> None:
    prod.sandbox.add_fault("POST /*/inbox/handover/*", cut="after")
    result = prod.run("handover", "to-agent", "whatsapp:32470000000", "-o", "json")
    assert (result.code, result.item["status"], result.item["verified"]) == (0, "changed", True)
    assert prod.effects("whatsapp:32470000000") == 1


def test_answer_lost_before_the_effect_is_failed_and_safe_to_run_again(prod: Prod) -> None:
    prod.sandbox.add_fault("POST /*/inbox/handover/*", cut="before")
    result = prod.run("handover", "to-agent", "whatsapp:32470000000", "-o", "json")
    assert (result.code, result.item["status"]) == (8, "failed")
    assert result.item["error"]["code"] == "write.not_done"
    assert result.item["error"]["retryable"] is True
    assert len(prod.wire.writes) == 1


def test_answer_lost_and_state_unreadable_is_in_doubt(make_prod: MakeProd) -> None:
    prod = make_prod(handover_shape="unreadable")
    prod.sandbox.add_fault("POST /*/inbox/handover/*", cut="after")
    result = prod.run("handover", "to-agent", "whatsapp:32470000000", "-o", "json")
    assert (result.code, result.item["status"]) == (8, "in_doubt")
    assert result.document["counts"]["in_doubt"] == 1
    assert len(prod.wire.writes) == 1


def test_unreadable_handover_item_is_written_but_never_called_verified(make_prod: MakeProd) -> None:
    prod = make_prod(handover_shape="unreadable")
    result = prod.run("handover", "to-agent", "whatsapp:32470000000", "-o", "json")
    assert (result.code, result.item["status"], result.item["verified"]) == (0, "changed", None)
    assert result.item["from"] == "unknown"


@pytest.mark.parametrize("shape", ["owner", "state", "status", "application"])
def test_every_assumed_handover_shape_is_read(make_prod: MakeProd, shape: str) -> None:
    prod = make_prod(handover_shape=shape)
    result = prod.run("handover", "status", "whatsapp:32470000000", "whatsapp:32470000001", "--fields", "id,control")
    assert result.stdout == "whatsapp:32470000000\tbot\nwhatsapp:32470000001\tagent\n"


def test_no_verify_reads_nothing_back_and_says_so(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "whatsapp:32470000000", "--no-verify", "-o", "json")
    assert (result.item["status"], result.item["verified"]) == ("changed", None)
    assert [request.method for request in prod.wire.requests if "/handover/" in request.url.path] == ["GET", "POST"]
    assert prod.wire.requests[-1].method == "POST"


def test_several_with_one_failure_is_partial_and_tells_each(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "twitter:1001", "twitter:4242", "web:visitor-1")
    assert result.code == 9
    assert [line.split("\t")[2] for line in result.stdout.splitlines()] == ["changed", "failed", "changed"]
    assert "failed: twitter:4242: " in result.stderr
    assert "[contact.not_found]" in result.stderr
    assert result.stderr.splitlines()[-1] == "2 changed, 1 failed"


def test_several_that_all_fail_alike_give_their_common_code(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "twitter:4242", "twitter:4243", "-o", "json")
    assert result.code == 6
    assert result.document["counts"]["failed"] == 2


def test_guard_on_one_conversation_is_a_conflict_and_sends_nothing(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "whatsapp:32470000001", "--if-control", "idle")
    assert result.code == 7
    assert result.stderr.endswith(
        "error: whatsapp:32470000001 is held by agent, so to-bot was not done   [handover.state_changed]\n"
        "  try:  qsc-bot conversation show whatsapp:32470000001\n"
        "        qsc-bot handover to-bot whatsapp:32470000001 --if-control agent\n"
    )
    assert prod.wire.writes == []


def test_guard_on_several_skips_what_does_not_hold(prod: Prod) -> None:
    result = prod.run(
        "handover", "to-bot", "whatsapp:32470000001", "twitter:1001", "--if-control", "agent", "-o", "json"
    )
    assert result.code == 0
    assert [item["status"] for item in result.document["items"]] == ["changed", "skipped"]
    assert result.document["counts"]["skipped"] == 1
    assert prod.effects("twitter:1001") == 0


def test_extend_prolongs_the_bots_control(prod: Prod) -> None:
    result = prod.run("handover", "extend", "facebook:5550001", "--by", "48h", "-o", "json")
    assert (result.code, result.item["status"]) == (0, "changed")
    assert result.item["note"] == "until 2026-11-24T09:02:30Z"


@pytest.mark.parametrize(
    ("conversation", "code", "status"),
    [
        pytest.param("facebook:5550002", 7, "failed", id="not ours"),
        pytest.param("whatsapp:32470000000", 0, "skipped", id="does not lapse"),
        pytest.param("twitter:1001", 0, "skipped", id="tag does not lapse"),
    ],
)
def test_extend_writes_nothing_where_it_means_nothing(prod: Prod, conversation: str, code: int, status: str) -> None:
    result = prod.run("handover", "extend", conversation, "-o", "json")
    assert (result.code, result.item["status"]) == (code, status)
    assert prod.wire.writes == []


@pytest.mark.parametrize("by", ["8d", "0s", "soon", "-1h", "99999999999999999w"])
def test_extend_refuses_a_span_that_meta_does_not_allow(prod: Prod, by: str) -> None:
    result = prod.run("handover", "extend", "facebook:5550001", f"--by={by}")
    assert result.code == 2
    assert prod.wire.requests == []


@pytest.mark.parametrize(
    ("conversation", "verb", "request_line"),
    [
        pytest.param("twitter:1001", "to-agent", "POST /1000/inbox/contact/twitter/1001", id="tag"),
        pytest.param(
            "whatsapp:32470000001",
            "to-bot",
            "DELETE /1000/inbox/handover/whatsapp/32470000001",
            id="handover",
        ),
        pytest.param("facebook:5550002", "to-bot", "POST /1029384756/take_thread_control", id="messenger"),
    ],
)
def test_dry_run_shows_the_request_and_sends_nothing_that_writes(
    prod: Prod, conversation: str, verb: str, request_line: str
) -> None:
    result = prod.run("handover", verb, conversation, "--dry-run", "-o", "json")
    (call,) = result.document["requests"]
    assert (result.code, result.item["status"]) == (0, "planned")
    assert f"{call['method']} {call['path']}" == request_line
    assert prod.wire.writes == []


def test_dry_run_of_what_is_so_already_plans_nothing(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "twitter:1001", "--dry-run", "-o", "json")
    assert result.item["status"] == "unchanged"
    assert result.document["requests"] == []


@pytest.mark.parametrize("conversation", ["twitter:1001", "whatsapp:32470000000", "facebook:5550001"])
def test_dry_run_without_a_token_leaves_the_state_unknown_and_calls_nobody(prod: Prod, conversation: str) -> None:
    none = {"QSC_BOT_TOKEN": "", "QSC_BOT_PAGE_TOKEN": ""}
    result = prod.run("handover", "to-agent", conversation, "-n", "-o", "json", env=none)
    assert (result.code, result.item["status"], result.item["from"]) == (0, "planned", None)
    assert "no token" in result.item["note"]
    assert len(result.document["requests"]) == 1
    assert prod.wire.requests == []


def test_dry_run_for_people_says_that_nothing_was_sent(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "twitter:1001", "--dry-run", tty=True)
    assert "POST /1000/inbox/contact/twitter/1001\n" in result.stdout
    assert '  options: {"tags_edit_mode": "add"}\n' in result.stdout
    assert result.stderr.splitlines()[-1] == "dry run: nothing was sent"


def test_write_names_the_profile_and_the_next_command(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "twitter:1002")
    assert result.stderr.splitlines() == [
        "profile prod (account 1000)",
        "next: qsc-bot conversation show twitter:1002",
        "1 changed",
    ]


def test_tag_that_now_contradicts_is_told_with_the_command(prod: Prod) -> None:
    prod.run("escalation", "add", "whatsapp:32470000001")
    result = prod.run("handover", "to-bot", "whatsapp:32470000001", "-o", "json")
    assert "qsc-bot escalation remove whatsapp:32470000001" in result.item["note"]


def test_status_reads_each_fresh_and_keeps_the_order(run: Terminal, sandbox: Sandbox) -> None:
    ids = ["whatsapp:32470000001", "twitter:1001", "facebook:5550003", "web:visitor-1"]
    result = run("handover", "status", *ids, "-o", "json")
    assert [item["id"] for item in result.document["items"]] == ids
    assert [item["control"] for item in result.document["items"]] == ["agent", "bot", "idle", "bot"]
    assert result.document["summary"]["by_control"] == {"agent": 1, "bot": 2, "idle": 1}
    assert not any(one["writes"] for one in sandbox.status()["conversations"])


def test_status_of_several_goes_on_past_one_that_is_not_there(run: Terminal) -> None:
    result = run("handover", "status", "twitter:4242", "twitter:1001", "-o", "json")
    assert result.code == 0
    assert [item["control"] for item in result.document["items"]] == ["unknown", "bot"]
    assert "is no contact of account 1000" in result.document["items"][0]["note"]
    alone = run("handover", "status", "twitter:4242", "-o", "json")
    assert (alone.code, alone.error["code"]) == (6, "contact.not_found")


def test_lapsed_control_is_idle_and_the_bot_can_take_it(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.advance(25 * 3600)
    assert run("handover", "status", "facebook:5550002", "--fields", "control").stdout == "idle\n"
    assert run("handover", "to-bot", "facebook:5550002", "-o", "json").item["status"] == "changed"


def test_next_command_is_for_the_same_profile(prod: Prod) -> None:
    prod.run.configure(PROD.replace("default_profile: prod", "default_profile: sandbox"))
    result = prod.run("handover", "to-agent", "twitter:1001", "-p", "prod")
    assert result.stderr.splitlines()[-2] == "next: qsc-bot conversation show twitter:1001 -p prod"


def test_command_that_goes_on_finds_its_own_profile(prod: Prod) -> None:
    prod.run.configure(PROD.replace("default_profile: prod", "default_profile: sandbox"))
    prod.sandbox.add_fault("POST /*/inbox/contact/*", status=500, times=None)
    result = prod.run("handover", "to-agent", "twitter:1001", "twitter:1003", "-p", "prod")
    command = result.stderr.splitlines()[-1].removeprefix("next: qsc-bot ")
    prod.sandbox.clear_faults()
    assert prod.run(*command.split()).code == 0
