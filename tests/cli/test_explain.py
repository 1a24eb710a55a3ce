"""Explaining a conversation: every rule of the diagnosis as a whole command, and what holds for all of them."""

import re
import shlex

import pytest

from qsc_bot.operations.diagnosis import RULES
from tests.cli.explained import codes, explain, graph, recipe
from tests.cli.scenes import SCENES, Scene
from tests.cli.terminal import PROD, Prod, Terminal
from tests.cli.test_help import COMMANDS
from tests.conftest import CheckGolden, MakeProd


def check_line(line: str) -> None:
    """A command line that a shell and this tool take as it stands."""
    program, *words = shlex.split(line)
    assert program == "qsc-bot"
    length = max(number for number in (1, 2, 3) if " ".join(words[:number]) in COMMANDS)
    path = " ".join(words[:length])
    COMMANDS[path].make_context(path, words[length:], help_option_names=["--help", "-h"])  # which the command keeps


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
        ("write_in_doubt", "write_in_doubt", "ada: handover to-bot: in doubt (op_1)"),
        ("request_unanswered", "request_unanswered", "handover to-bot: requested (op_"),
        ("write_refused", "write_refused", ": handover to-bot: failed, "),
        ("moved_since", "moved_since", "handover to-bot: changed from agent to bot (op_"),
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


def test_cure_for_missing_fields_keeps_those_that_are_there(prod: Prod) -> None:
    SCENES["fields_missing"].play(prod)
    graph(prod, "subscribed_apps", subscribed_fields=["feed", "messaging_handovers"])
    (verdict,) = [one for one in explain(prod.run, "facebook:5550001")["verdicts"] if one["code"] == "fields_missing"]
    assert "subscribed_fields=feed,messaging_handovers," in verdict["next"][0]


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


def test_drifted_recipe_beside_one_that_fires_explains_nothing(prod: Prod) -> None:
    prod.run.configure(PROD)
    recipe("--disabled")(prod)
    assert prod.run("recipe", "create", "s", "--webhook", "bot").code == 0
    assert codes(explain(prod.run, "viber:viber-1")) == ["bot_silent"]
