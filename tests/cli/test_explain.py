"""Explaining a conversation: every rule of the diagnosis as a whole command, and what holds for all of them."""

import re
import shlex
from typing import Any

import pytest

from qsc_bot.operations.diagnosis import RULES
from qsc_bot.sandbox.service import Sandbox
from tests.cli.explained import GUIDED, SCENES, Scene, fault, intercept, recipe, response
from tests.cli.terminal import PROD, Prod, Terminal
from tests.cli.test_help import COMMANDS
from tests.conftest import CheckGolden, MakeProd


def explain(run: Terminal, person: str, *more: str) -> Any:
    """The document of an explanation."""
    result = run("conversation", "explain", person, "-o", "json", *more)
    assert (result.code, result.stderr) == (0, "")
    return result.document


def codes(document: Any) -> list[str]:
    """The verdicts in their order."""
    return [one["code"] for one in document["verdicts"]]


def check_line(line: str) -> None:
    """A command line that a shell and this tool take as it stands."""
    program, *words = shlex.split(line)
    assert program == "qsc-bot"
    length = max(number for number in (1, 2, 3) if " ".join(words[:number]) in COMMANDS)
    path = " ".join(words[:length])
    COMMANDS[path].make_context(path, words[length:])


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_verdicts_are_these_with_what_was_seen_and_what_to_type(make_prod: MakeProd, scene: Scene) -> None:
    prod = make_prod(**scene.settings)
    scene.play(prod)
    before = len(prod.wire.writes)
    document = explain(prod.run, scene.id)
    assert codes(document) == scene.codes
    assert document["id"] == document["conversation"]["id"] == scene.id
    for verdict in document["verdicts"]:
        assert verdict["text"]
        assert verdict["evidence"]
        assert all(verdict["evidence"])
        assert set(verdict["next"]) <= set(document["next"])
    for line in document["next"]:
        check_line(line)
    assert len(prod.wire.writes) == before
    assert prod.run("conversation", "explain", scene.id, tty=True, width=40).code == 0


def test_every_rule_is_played() -> None:
    assert {rule.code for rule in RULES} <= {code for scene in SCENES.values() for code in scene.codes}


@pytest.mark.parametrize(
    ("scene", "code", "words"),
    [
        ("agents_done, tag", "agents_done", 'its status is "done"'),
        ("agents_done, handover, and forgotten", "agents_done", 'handover answer names "social_connect"'),
        ("agents_done, messenger", "agents_done", 'Meta names app "222", Social Connect\'s'),
        ("bot_silent, a recipe should have fired", "bot_silent", "recipe r (active) should have fired; no deliveries"),
        ("recipe_disabled", "recipe_disabled", "recipe r is disabled"),
        ("recipe_pending", "recipe_pending", "recipe r is pending (create)"),
        ("recipe_drifted", "recipe_drifted", "recipe r is drifted: revision 0123456789ab fires"),
        ("recipe_excludes_contact", "recipe_excludes_contact", 'the tag "vip", which is on this one'),
        ("recipe_open_to_tagged", "recipe_open_to_tagged", "recipe r excludes no tag"),
        ("split_brain", "split_brain", "recipe r leaves out contacts with this tag"),
        ("tag_shared", "tag_shared", '"twitter:1003" is this contact\'s too: there the tag says who holds it'),
        ("page_inbox", "page_inbox", 'Meta names app "263902037430900"'),
        ("other_app and agents_app_missing", "other_app", '222 ("Social Connect")'),
        ("holder_hidden", "holder_hidden", "held by an app we cannot see, until 2026-11-23T08:02:30Z"),
        ("asked_only and both_answer", "asked_only", "zero-config"),
        ("asked_only and both_answer", "both_answer", '"Example bot", "Social Connect"'),
        ("lapsing", "lapsing", "control ends in 1h30m, at 2026-11-23 09:02 UTC"),
        ("idle_case", "idle_case", 'assigned to "Ana Agent"; its status is "new"'),
        ("app_unsubscribed", "app_unsubscribed", "connected to the Page: 222"),
        ("fields_missing", "fields_missing", '"messaging_handovers"'),
        ("scope_missing", "scope_missing", "needs the scope accounts_handover"),
        ("topic_missing", "topic_missing", "wechat needs a topic"),
        ("handover_unreadable", "handover_unreadable", "it holds: kind, level"),
        ("tag_spelling", "tag_spelling", '"Escalated To Agent"'),
        ("no_private_messages", "no_private_messages", 'message.type is "dm"'),
        ("no_message_seen", "no_message_seen", "0 messages were looked through since 2026-11-23 09:02 UTC"),
    ],
)
def test_evidence_says_what_was_seen(make_prod: MakeProd, scene: str, code: str, words: str) -> None:
    prod = make_prod(**SCENES[scene].settings)
    SCENES[scene].play(prod)
    document = explain(prod.run, SCENES[scene].id)
    (verdict,) = [one for one in document["verdicts"] if one["code"] == code]
    assert words in " | ".join(verdict["evidence"])


@pytest.mark.parametrize(
    "name",
    ["split_brain", "recipe_disabled", "recipe_open_to_tagged", "agents_done, tag", "tag_spelling", "fields_missing"],
)
def test_cure_that_is_pasted_cures(make_prod: MakeProd, name: str) -> None:
    scene = SCENES[name]
    prod = make_prod(**scene.settings)
    scene.play(prod)
    code = name.partition(",")[0]
    (verdict,) = [one for one in explain(prod.run, scene.id)["verdicts"] if one["code"] == code]
    assert prod.run(*shlex.split(verdict["next"][0])[1:], "--no-input").code == 0
    assert code not in codes(explain(prod.run, scene.id))


@pytest.mark.parametrize(
    ("person", "calls"),
    [
        pytest.param(
            "twitter:1001",
            ["inbox/contact/twitter/1001", "inbox/mentions", "inbox/context", "recipes", "webhooks"],
            id="tag",
        ),
        pytest.param(
            "whatsapp:32470000000",
            ["inbox/handover", "inbox/mentions", "inbox/context", "inbox/contact", "recipes", "webhooks"],
            id="handover",
        ),
        pytest.param(
            "facebook:5550001",
            ["thread_owner", "inbox/mentions", "inbox/context", "inbox/contact", "/me"],
            id="messenger",
        ),
    ],
)
def test_one_conversation_costs_these_calls(prod: Prod, person: str, calls: list[str]) -> None:
    explain(prod.run, person)
    paths = [request.url.path for request in prod.wire.requests]
    assert len(paths) == len(calls)
    assert all(any(part in path for path in paths) for part in calls)


def test_recipes_that_a_person_enters_cost_no_call(prod: Prod) -> None:
    prod.run.configure(GUIDED)
    explain(prod.run, "twitter:1001")
    assert len(prod.wire.requests) == 3


def test_older_person_is_looked_for_on_five_pages_at_most(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.reset("large:700:twitter")
    assert codes(explain(run, "twitter:1")) == ["no_message_seen"]
    assert sandbox.status()["requests"]["GET /{account_id}/inbox/mentions"] == 5


def test_mention_id_needs_no_search(prod: Prod) -> None:
    mention = explain(prod.run, "twitter:1002")["conversation"]["mention"]
    prod.wire.requests.clear()
    assert codes(explain(prod.run, mention)) == ["agent_silent"]
    assert not any(request.url.path.endswith("/inbox/mentions") for request in prod.wire.requests)


@pytest.mark.parametrize(
    ("person", "pattern", "part", "left"),
    [
        ("whatsapp:32470000000", "GET /*/inbox/handover/*", "who holds it", "timeline"),
        ("whatsapp:32470000000", "GET /*/inbox/contact/*", "the contact", "control"),
        ("whatsapp:32470000000", "GET /*/inbox/mentions*", "the list of messages", "control"),
        ("whatsapp:32470000000", "GET /*/inbox/context/*", "the thread", "control"),
        ("whatsapp:32470000000", "GET /*/recipes*", "the recipes", "timeline"),
        ("facebook:5550001", "GET /graph/*/me*", "the Page's mode", "timeline"),
    ],
)
def test_failure_of_one_call_leaves_the_rest_standing(
    make_prod: MakeProd, person: str, pattern: str, part: str, left: str
) -> None:
    prod = make_prod()
    fault(pattern, status=500)(prod)
    document = explain(prod.run, person)
    (warning,) = document["warnings"]
    assert warning.startswith(f"could not be read: {part}: ")
    if left == "control":
        assert document["conversation"]["control"] == "bot"
    else:
        assert [one["kind"] for one in document["timeline"]].count("message") == 2


def test_unreadable_thread_still_tells_what_the_list_told(make_prod: MakeProd) -> None:
    prod = make_prod()
    fault("GET /*/inbox/context/*", status=500)(prod)
    conversation = explain(prod.run, "twitter:1002")["conversation"]
    assert (conversation["last_message_from"], conversation["waiting_s"]) == ("customer", None)
    assert conversation["stuck"] == []


def test_remote_at_its_limit_is_asked_once(make_prod: MakeProd) -> None:
    prod = make_prod()
    fault("GET /1000/*", rate_limit=True)(prod)
    document = explain(prod.run, "facebook:5550001")
    assert document["conversation"]["control"] == "bot"
    assert len(document["warnings"]) == 1
    calls = [request for request in prod.wire.requests if request.url.host == "api.engagor.com"]
    assert len({request.url.path for request in calls}) == 1


@pytest.mark.parametrize(
    ("how", "exit_code", "code"),
    [
        ({"status": 401}, 4, "auth.rejected"),
        ({"status": 500}, 8, "api.unavailable"),
        ({"rate_limit": True}, 8, "api.rate_limited"),
        ({"cut": "before"}, 8, "network.unreachable"),
    ],
)
def test_where_nothing_can_be_read_the_failure_is_the_answer(
    make_prod: MakeProd, how: dict[str, Any], exit_code: int, code: str
) -> None:
    prod = make_prod()
    fault("*", **how)(prod)
    result = prod.run("conversation", "explain", "twitter:1001", "-o", "json")
    assert (result.code, result.error["code"], result.stdout) == (exit_code, code, "")


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ("twitter:4242", "contact.not_found"),
        ("whatsapp:4242", "conversation.not_found"),
        ("facebook:4242", "conversation.not_found"),
    ],
)
def test_unknown_conversation_is_not_found(run: Terminal, person: str, code: str) -> None:
    result = run("conversation", "explain", person, "-o", "json")
    assert (result.code, result.error["code"]) == (6, code)


def test_contact_with_several_conversations_is_to_be_named_by_one(run: Terminal) -> None:
    contact = explain(run, "twitter:1003")["conversation"]["contact_id"]
    result = run("conversation", "explain", contact, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.ambiguous")
    assert "twitter:1003" in result.error["hint"]


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


def test_command_lines_act_for_the_profile_that_was_named(prod: Prod) -> None:
    for line in explain(prod.run, "twitter:1002", "-p", "prod")["next"]:
        assert line.endswith(" -p prod")
        check_line(line)


def test_ids_of_strangers_are_quoted(prod: Prod) -> None:
    person = "twitter:a;b$(c)'d"
    prod.sandbox.say(person, "Hello?")
    prod.run.now += 3600
    for line in explain(prod.run, person)["next"]:
        check_line(line)
        assert person in shlex.split(line) or "twitter" not in line


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("name", ["assigned_open", "recipe_disabled", "page_inbox"])
def test_screen_looks_like_this(make_prod: MakeProd, check_golden: CheckGolden, name: str, width: int) -> None:
    scene = SCENES[name]
    prod = make_prod(**scene.settings)
    scene.play(prod)
    result = prod.run("conversation", "explain", scene.id, "--no-color", tty=True, width=width)
    check_golden(f"conversation-explain-{name.replace('_', '-')}-{width}.txt", result.stdout)
    wide = [line for line in result.stdout.splitlines() if len(line) > width]
    assert all(re.match(r"  (try: |     )qsc-bot ", line) for line in wide)


def test_pipe_has_a_line_for_each_thing_that_begins_with_what_it_is(run: Terminal) -> None:
    lines = [line.split("\t") for line in run("conversation", "explain", "twitter:1002").stdout.splitlines()]
    assert ["control", "agent"] in lines
    assert ["next", "agent_silent", "qsc-bot handover to-bot twitter:1002"] in lines
    assert {line[0] for line in lines if len(line) > 2} == {"verdict", "evidence", "next", "timeline"}
    assert all(len(line) == 5 for line in lines if line[0] == "timeline")


def test_field_that_is_asked_for_is_shown_alone(run: Terminal) -> None:
    document = run("conversation", "explain", "twitter:1002", "-o", "json", "--fields", "next").document
    assert set(document) == {"schema", "profile", "account_id", "next", "warnings"}


def test_long_story_shows_its_end_on_the_screen_and_all_in_json(run: Terminal, sandbox: Sandbox) -> None:
    for number in range(30):
        run.now += 60
        sandbox.say("twitter:1002", f"message {number}")
    screen = run("conversation", "explain", "twitter:1002", "--show-pii", tty=True).stdout
    assert "message 29" in screen
    assert "message 3\n" not in screen
    assert "earlier ones in -o json" in screen
    assert len(explain(run, "twitter:1002")["timeline"]) == 35


def test_drifted_recipe_beside_one_that_fires_explains_nothing(prod: Prod) -> None:
    prod.run.configure(PROD)
    recipe("--disabled")(prod)
    assert prod.run("recipe", "create", "s", "--webhook", "bot").code == 0
    assert codes(explain(prod.run, "viber:viber-1")) == ["bot_silent"]
