"""Playing the embedded sandbox."""

import pytest

from tests.cli.terminal import Terminal


def test_status_counts_requests_and_effects(run: Terminal) -> None:
    run("handover", "to-agent", "whatsapp:32470000000")
    run("handover", "to-agent", "whatsapp:32470000000")
    document = run("sandbox", "status", "-o", "json").document
    writes = {one["id"]: one["writes"] for one in document["conversations"]}
    assert writes["whatsapp:32470000000"] == 1
    assert document["requests"]["POST /{account_id}/inbox/handover/{service}/{service_id}"] == 1
    assert (document["seed"], document["contacts"]) == ("demo", 11)


@pytest.mark.parametrize(("seed", "contacts"), [("empty", 0), ("large:40", 40), ("large:7:viber", 7), ("demo", 11)])
def test_reset_begins_anew_without_a_question(run: Terminal, seed: str, contacts: int) -> None:
    run("handover", "to-bot", "twitter:1002")
    document = run("sandbox", "reset", "--seed", seed, "-o", "json").document
    assert (document["seed"], document["contacts"], document["requests"]) == (seed, contacts, {})


@pytest.mark.parametrize("seed", ["huge", "large:0", "large:-1", "large:3:pigeon", ""])
def test_unknown_seed_is_a_usage_error_and_keeps_what_is_there(run: Terminal, seed: str) -> None:
    result = run("sandbox", "reset", "--seed", seed, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")
    assert run("sandbox", "status", "-o", "json").document["contacts"] == 11


def test_customer_writes_and_is_created(run: Terminal) -> None:
    event = run("sandbox", "say", "twitter:77", "Hello", "--name", "Kim New", "-o", "json").document
    assert (event["conversation"], event["control"]) == ("twitter:77", "bot")
    shown = run("conversation", "show", "twitter:77", "-o", "json", "--show-pii").document
    assert (shown["name"], shown["last_message_from"]) == ("Kim New", "customer")


def test_agent_answers_and_the_customer_waits_no_longer(run: Terminal) -> None:
    run.now += 60
    run("sandbox", "agent-reply", "twitter:1002", "Yes?")
    assert run("conversation", "show", "twitter:1002", "-o", "json").document["waiting_s"] == 0


def test_button_hands_over_to_the_bot_where_there_is_one(run: Terminal) -> None:
    event = run("sandbox", "press-hand-over", "whatsapp:32470000001", "-o", "json").document
    assert event["control"] == "bot"
    refused = run("sandbox", "press-hand-over", "twitter:1002", "-o", "json")
    assert (refused.code, refused.error["code"]) == (7, "sandbox.not_allowed")


def test_clock_moves_on_and_control_lapses(run: Terminal) -> None:
    assert run("sandbox", "clock", "+25h", "-o", "json").document["clock_offset_s"] == 90000
    assert run("handover", "status", "facebook:5550002", "--fields", "control").stdout == "idle\n"


def test_customers_wait_by_the_remotes_clock(run: Terminal) -> None:
    run("sandbox", "clock", "+3h")
    first = run("conversation", "list", "-o", "json").document["items"][0]
    assert (first["id"], first["waiting_s"]) == ("whatsapp:32470000001", 90 * 60 + 3 * 3600)
    assert run("conversation", "show", first["id"], "-o", "json").document["waiting_s"] == first["waiting_s"]


@pytest.mark.parametrize("by", ["soon", "+", "3", "-3h"])
def test_clock_takes_a_span_and_nothing_else(run: Terminal, by: str) -> None:
    result = run("sandbox", "clock", "-o", "json", "--", by)
    assert (result.code, result.error["code"]) == (2, "usage.invalid")


def test_fault_fires_so_often_as_told(run: Terminal) -> None:
    words = ["GET /*/inbox/handover/*", "--status", "429", "--times", "1"]
    added = run("sandbox", "fault", "add", *words, "-o", "json").document
    assert (added["pattern"], added["status"], added["left"]) == ("GET /*/inbox/handover/*", 429, 1)
    run("handover", "status", "whatsapp:32470000000")
    assert run("sandbox", "fault", "list", "-o", "json").document["items"][0]["left"] == 0
    run("sandbox", "fault", "clear")
    assert run("sandbox", "fault", "list", "-o", "json").document["items"] == []


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["GET /x"], id="does nothing"),
        pytest.param(["get /x", "--status", "500"], id="small letters"),
        pytest.param(["GET x", "--status", "500"], id="no path"),
        pytest.param(["GET /x", "--status", "200"], id="no failure"),
        pytest.param(["GET /x", "--cut", "middle"], id="unknown cut"),
        pytest.param(["GET /x", "--status", "500", "--times", "-1"], id="negative times"),
    ],
)
def test_fault_that_could_never_fire_is_refused(run: Terminal, words: list[str]) -> None:
    result = run("sandbox", "fault", "add", *words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")


@pytest.mark.parametrize("conversation", ["twitter", "pigeon:1", "twitter:", ":1"])
@pytest.mark.parametrize("verb", ["say", "agent-reply"])
def test_conversation_that_the_sandbox_cannot_have_is_refused(run: Terminal, verb: str, conversation: str) -> None:
    result = run("sandbox", verb, conversation, "Hello", "-o", "json")
    assert result.code == 2


@pytest.mark.parametrize("verb", ["agent-reply", "press-hand-over"])
def test_nobody_answers_a_conversation_that_is_not_there(run: Terminal, verb: str) -> None:
    words = ["twitter:4242", "Hello"] if verb == "agent-reply" else ["whatsapp:4242"]
    result = run("sandbox", verb, *words, "-o", "json")
    assert (result.code, result.error["code"]) == (6, "conversation.not_found")


@pytest.mark.parametrize(
    "words", [["--rate-limit", "0"], ["--rate-limit", "many"], ["--port", "70000"], ["--handover-shape", "x"]]
)
def test_serve_refuses_settings_that_cannot_be(run: Terminal, words: list[str]) -> None:
    result = run("sandbox", "serve", *words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")
