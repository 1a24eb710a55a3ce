"""The timeline of an explanation: what happened, in order, and whose words are hidden."""

from typing import Any

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.explained import explain, intercept, response
from tests.cli.terminal import Prod, Terminal
from tests.storage.journals import begun, changing, journal_in, moved, whole


def test_timeline_tells_messages_actions_recipe_and_control_in_order(run: Terminal, sandbox: Sandbox) -> None:
    run("webhook", "register", "bot", "--url", "http://127.0.0.1:8081/example-bot/social-connect")
    run("recipe", "create", "r", "--webhook", "bot")
    sandbox.say("twitter:1001", "I want to talk to a person")
    run.now += 60
    sandbox.take_case("twitter:1001")
    sandbox.agent_reply("twitter:1001", "Hello!")
    run.now += 60
    sandbox.mark_done("twitter:1001")
    timeline = explain(run, "twitter:1001", "--show-pii")["timeline"]
    told = [(one["kind"], one["from"], one["text"]) for one in timeline[2:-1]]
    assert sorted(told[:3]) == [
        ("message", "customer", "I want to talk to a person"),
        ("message", "us (Example bot)", "I am passing you on to a colleague."),
        ("recipe", None, 'no recipe should have fired: r leaves out contacts with the tag "escalated to agent"'),
    ]
    assert sorted(told[3:5]) == [("assignment", None, "to Ana Agent"), ("message", "us (Social Connect)", "Hello!")]
    assert told[5:] == [("status", None, "set to done")]
    moments = [one["at"] for one in timeline]
    assert moments == sorted(moments)
    assert (timeline[-1]["kind"], timeline[-1]["from"]) == ("control", "tag")
    assert timeline[-1]["text"].startswith('agents hold it: the contact bears the tag "escalated to agent"')


def test_tag_that_covers_another_conversation_is_told_so(run: Terminal) -> None:
    run("escalation", "add", "twitter:1003")
    control = explain(run, "twitter:1003")["timeline"][-1]
    assert "the tag covers whatsapp:32470000003 too" in control["text"]


@pytest.mark.parametrize("output", ["table", "plain", "json", "ndjson", "csv", "yaml", "id"])
def test_texts_and_names_are_shown_only_when_asked_for(run: Terminal, sandbox: Sandbox, output: str) -> None:
    words = ["conversation", "explain", "twitter:1002", "-o", output]
    hidden = run(*words).stdout
    assert "broken" not in hidden
    assert "Sample" not in hidden
    if output != "id":
        assert "broken" in run(*words, "--show-pii").stdout
        assert "Sample" in run(*words, "--show-pii").stdout
    kept = b"".join(path.read_bytes() for path in run.home.rglob("*") if path.is_file() and "sandbox" not in path.name)
    assert b"broken" not in kept


def test_what_an_unknown_action_says_is_hidden_too(prod: Prod) -> None:
    action = {"type": "note", "description": "Ada lives in Ghent", "date": {"added": int(prod.run.now)}, "metadata": {}}
    found = prod.run("api", "GET", "/{account_id}/inbox/mentions", "-F", "limit=100").document["response"]["data"]
    (mention,) = [one for one in found if one["author"]["id"] == 1002 and "broken" in one["message"]["content"]]
    intercept(prod, {f"/inbox/context/2001/{newest(found, 1002)}": response([{**mention, "actions": [action]}])})
    (entry,) = [one for one in explain(prod.run, "twitter:1002")["timeline"] if one["kind"] == "action"]
    assert entry["text"] == "…"
    (shown,) = [one for one in explain(prod.run, "twitter:1002", "--show-pii")["timeline"] if one["kind"] == "action"]
    assert shown["text"] == "note: Ada lives in Ghent"


def newest(mentions: list[Any], author: int) -> str:
    """The id of the customer's newest message."""
    return next(str(one["id"]) for one in mentions if one["author"]["id"] == author)


def test_long_story_shows_its_end_on_the_screen_and_all_in_json(run: Terminal, sandbox: Sandbox) -> None:
    for number in range(30):
        run.now += 60
        sandbox.say("twitter:1002", f"message {number}")
    screen = run("conversation", "explain", "twitter:1002", "--show-pii", tty=True).stdout
    assert "message 29" in screen
    assert "message 3\n" not in screen
    assert "earlier ones in -o json" in screen
    assert len(explain(run, "twitter:1002")["timeline"]) == 35


def test_timeline_tells_what_this_tool_did_by_whom_and_why(run: Terminal) -> None:
    _ = run.sandbox
    done = run("handover", "to-bot", "twitter:1002", "--reason", "customer rang", "-o", "json").document
    run.now += 60
    run("handover", "to-bot", "twitter:1002")  # nothing to be done, so nothing was
    run("handover", "to-agent", "twitter:1002", "--dry-run")
    (entry,) = [one for one in explain(run, "twitter:1002")["timeline"] if one["kind"] == "operation"]
    assert entry["from"].startswith("qsc-bot (")
    assert entry["text"] == f"handover to-bot: changed from agent to bot ({done['operation']}); customer rang"
    screen = run("conversation", "explain", "twitter:1002", tty=True, width=200).stdout
    assert entry["text"] in screen


@pytest.mark.parametrize(("place", "told"), [({}, 1), ({"account_id": "2"}, 0), ({"remote": "127.0.0.1:8081"}, 0)])
def test_what_was_done_on_another_account_is_not_told(prod: Prod, place: dict[str, str], told: int) -> None:
    journal_in(prod.run.state).append("op_1", [begun(**place), *moved("twitter:1002")])
    timeline = explain(prod.run, "twitter:1002")["timeline"]
    assert len([one for one in timeline if one["kind"] == "operation"]) == told


def test_what_was_done_before_the_window_is_not_told(prod: Prod) -> None:
    for number, days_ago in enumerate((9, 3, 1)):
        journal_in(prod.run.state, days_ago=days_ago).append(f"op_{number}", whole("twitter:1002"))
    told = [one["text"] for one in explain(prod.run, "twitter:1002")["timeline"] if one["kind"] == "operation"]
    assert ["op_1" in told[0], "op_2" in told[1], len(told)] == [True, True, 2]


def test_journal_that_cannot_be_read_costs_an_explanation_a_warning_alone(prod: Prod) -> None:
    journal_in(prod.run.state).append("op_1", whole("twitter:1002"))
    with changing(prod.run.state) as db:
        db.execute("UPDATE entries SET body = '{'")
    document = prod.run("conversation", "explain", "twitter:1002", "-o", "json").document
    assert [one["code"] for one in document["verdicts"]] == ["agent_silent"]
    assert document["warnings"] == ["could not be read: what this tool did: entry 1 of the journal cannot be read"]
    (prod.run.state / "journal.db").write_text("no database at all")
    result = prod.run("conversation", "explain", "twitter:1002", "-o", "json")
    assert (result.code, "what this tool did" in result.document["warnings"][0]) == (0, True)


def test_explaining_makes_no_journal(run: Terminal) -> None:
    explain(run, "twitter:1002")
    assert not (run.state / "journal.db").exists()
