"""`conversation rescue`: what it proposes for each code and does, what it asks, and how it ends."""

import json
from typing import Any, Final

import pytest

from tests.cli.rescued import planned, proposed, rescued
from tests.cli.scenes import SCENES, Scene
from tests.cli.terminal import PROD, Prod
from tests.conftest import MakeProd

SILENT: Final = "viber:viber-1"
FORGOTTEN: Final = "twitter:1002"


def staged(make_prod: MakeProd, scene: Scene) -> Prod:
    """A machine on which a scene was played."""
    prod = make_prod(**scene.settings)
    scene.play(prod)
    return prod


def writes(prod: Prod) -> list[str]:
    """The last word of each write's path."""
    return [request.url.path.rpartition("/")[2] for request in prod.wire.writes]


@pytest.mark.parametrize(
    ("scene", "reason", "action", "to", "held_by"),
    [
        ("bot_silent, a recipe should have fired", "bot_silent", "handover.to_agent", "agent", "agent"),
        ("agent_forgotten", "agent_forgotten", "handover.to_bot", "bot", "bot"),
        ("agents_done, handover, and forgotten", "agent_forgotten", "handover.to_bot", "bot", "bot"),
        ("split_brain", "split_brain", "escalation.remove", "not-escalated", "bot"),
        ("split_brain, messenger", "split_brain", "escalation.remove", "not-escalated", "bot"),
        ("page_inbox", "other_holder", "handover.to_bot", "bot", "bot"),
        ("lapsing", "lapsing", "handover.renew", "agent", "agent"),
    ],
)
def test_each_code_is_cured_as_proposed(
    make_prod: MakeProd, scene: str, reason: str, action: str, to: str, held_by: str
) -> None:
    prod, name = staged(make_prod, SCENES[scene]), SCENES[scene].id
    found = proposed(prod, "--code", reason)[name]
    assert (reason in found[0], found[1]) == (True, action)
    item = rescued(prod, name)[name]
    assert (item["action"], item["status"], item["to"], item["verified"]) == (action, "changed", to, True)
    assert prod.control(name) == held_by
    assert prod.run("conversation", "rescue", name, "--code", reason, "--dry-run", "-o", "json").document["steps"] == []


@pytest.mark.parametrize(
    ("scene", "reason", "note"),
    [
        ("agent_silent", "agent_silent", "agents are to answer; qsc-bot conversation explain twitter:1002"),
        ("handover_unreadable", "unreadable", "the handover item cannot be read (it holds: "),
        ("holder_hidden", "unreadable", "held by an app we cannot see"),
        ("default_app_unknown", "unreadable", "Meta names no holder: idle, or held by an app we may not see"),
    ],
)
def test_what_nothing_is_proposed_for_is_shown_with_its_reason(
    make_prod: MakeProd, scene: str, reason: str, note: str
) -> None:
    prod, name = staged(make_prod, SCENES[scene]), SCENES[scene].id
    step = planned(prod, "--code", reason)[name]
    assert (step["action"], step["note"][: len(note)]) == (None, note)
    before = len(prod.wire.writes)
    result = prod.run("conversation", "rescue", name, "--yes", "-o", "json")
    assert (result.code, result.document["schema"], len(prod.wire.writes)) == (0, "qsc-bot/rescue-plan@1", before)


def test_nobody_is_asked_for_the_bot_where_meta_lets_nobody_take(make_prod: MakeProd) -> None:
    prod = staged(make_prod, SCENES["nobody"])
    prod.sandbox.clear_faults()
    assert proposed(prod, "--service", "facebook")["facebook:5550003"] == (["nobody"], "handover.to_bot")
    rescued(prod, "facebook:5550003")
    assert writes(prod)[-1:] == ["request_thread_control"]


def test_renewal_is_two_writes_and_control_ends_later(make_prod: MakeProd) -> None:
    prod = staged(make_prod, SCENES["lapsing"])
    before = prod.run("handover", "status", "facebook:5550002", "-o", "json").item
    rescued(prod, "--code", "lapsing")
    assert writes(prod)[-2:] == ["take_thread_control", "pass_thread_control"]
    after = prod.run("handover", "status", "facebook:5550002", "-o", "json").item
    assert (before["control"], after["control"]) == ("agent", "agent")
    assert after["control_until"] > before["control_until"]


def test_assigned_and_not_done_is_handed_over_only_when_asked_for(prod: Prod) -> None:
    words = ("facebook:5550002", "--agent-forgotten", "30m")
    prod.sandbox.take_case("facebook:5550002")
    assert planned(prod, *words)["facebook:5550002"]["note"] == "assigned and not done; add --include-open"
    assert proposed(prod, *words)["facebook:5550002"][1] is None
    assert proposed(prod, *words, "--include-open")["facebook:5550002"][1] == "handover.to_bot"
    prod.sandbox.mark_done("facebook:5550002")
    prod.run.now += 60
    assert proposed(prod, *words)["facebook:5550002"][1] == "handover.to_bot"


@pytest.mark.parametrize("fault", [{"status": 500}, {"rate_limit": True}], ids=["fault", "limit"])
def test_forgotten_one_whose_case_cannot_be_read_is_not_handed_over(prod: Prod, fault: dict[str, Any]) -> None:
    words = ("facebook:5550002", "--agent-forgotten", "30m")
    assert proposed(prod, *words)["facebook:5550002"][1] == "handover.to_bot"
    prod.sandbox.take_case("facebook:5550002")
    prod.sandbox.add_fault("GET /*/inbox/mention/*/*", times=None, **fault)
    step = planned(prod, *words)["facebook:5550002"]
    assert (step["action"], "whether its case is open could not be read" in step["note"]) == (None, True)


def test_forgotten_one_keeps_the_tag_that_another_of_the_contact_needs(prod: Prod) -> None:
    ida, hers = "twitter:1003", "whatsapp:32470000003"
    prod.run("handover", "to-agent", hers, "--with-tag")
    prod.sandbox.say(ida, "Thank you.")
    prod.sandbox.agent_reply(ida, "You are welcome.")
    prod.run.now += 3600
    assert proposed(prod, "--agent-forgotten", "30m")[ida][1] == "handover.to_bot"
    prod.sandbox.say(hers, "Is anybody there?")
    prod.run.now += 60
    step = planned(prod, "--agent-forgotten", "30m")[ida]
    assert (step["action"], step["note"]) == (None, f"the tag is the contact's, and {hers} is in use")


def test_bot_that_is_silent_while_the_tag_is_on_gets_one_action(prod: Prod) -> None:
    assert prod.run("escalation", "add", SILENT).code == 0
    assert proposed(prod)[SILENT] == (["bot_silent", "split_brain"], "handover.to_agent")
    assert rescued(prod)[SILENT]["to"] == "agent"


def test_plan_on_a_terminal_fits_and_cuts_no_id(prod: Prod, check_golden: Any) -> None:
    result = prod.run("conversation", "rescue", "--dry-run", "--no-color", tty=True)
    check_golden("conversation-rescue-80.txt", result.stdout)
    assert "wall time" in result.stderr
    assert "next: qsc-bot conversation explain twitter:1002" in result.stderr


def test_plan_is_shown_and_asked_before_anything_is_sent(prod: Prod) -> None:
    result = prod.run("conversation", "rescue", "--no-color", tty=True, stdin="n\n")
    assert (result.code, result.stdout, prod.wire.writes) == (12, "", [])
    assert f"bot_silent    to-agent  {SILENT}" in result.stderr
    assert "rescue: 1 conversation of prod (1 to-agent): go on? [y/N]" in result.stderr


def test_without_a_terminal_yes_is_needed(prod: Prod) -> None:
    result = prod.run("conversation", "rescue", "-o", "json")
    assert (result.code, result.error["code"], prod.wire.writes) == (2, "usage.confirmation", [])
    assert result.error["hint"] == "add --yes"


def test_over_a_hundred_the_number_is_typed(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=None)
    prod.sandbox.reset("large:140:viber")
    prod.run.now += 3600
    assert prod.run("conversation", "rescue", "--code", "bot_silent", tty=True, stdin="y\n").code == 12
    refused = prod.run("conversation", "rescue", "--code", "bot_silent", tty=True, stdin="139\n")
    assert (refused.code, prod.wire.writes) == (12, [])
    assert "type 140 to go on" in refused.stderr
    done = prod.run("conversation", "rescue", "--limit", "101", tty=True, stdin="101\n")
    assert (done.code, len(prod.wire.writes)) == (0, 101)


@pytest.mark.parametrize("protected", ["true", "bulk"])
def test_protected_profile_asks_for_its_name(prod: Prod, protected: str) -> None:
    prod.run.configure(PROD + f"    protected: {protected}\n")
    result = prod.run("conversation", "rescue", "--yes", "-o", "json")
    assert (result.code, result.error["code"], prod.wire.writes) == (2, "usage.confirmation", [])
    assert rescued(prod, "--confirm-profile", "prod")[SILENT]["status"] == "changed"


def test_nothing_stuck_is_success(prod: Prod) -> None:
    prod.sandbox.reset("empty")
    result = prod.run("conversation", "rescue", tty=True)
    assert (result.code, result.stdout) == (0, "")
    assert "Nothing is stuck." in result.stderr
    assert prod.run("conversation", "rescue", "-o", "json").document["steps"] == []


def test_named_one_that_is_not_stuck_is_told(prod: Prod) -> None:
    result = prod.run("conversation", "rescue", SILENT, "twitter:1001", tty=True, stdin="y\n")
    assert result.code == 0
    assert "twitter:1001 is not stuck" in result.stderr
    assert (prod.effects(SILENT), prod.effects("twitter:1001")) == (1, 0)


def test_incomplete_survey_is_told_and_needs_a_word_of_its_own(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /*/inbox/handover/web/*", status=500, times=None)
    result = prod.run("conversation", "rescue", "--yes", "-o", "json")
    assert (result.code, result.error["code"], prod.wire.writes) == (2, "usage.partial", [])
    plan = prod.run("conversation", "rescue", "--dry-run", "-o", "json").document
    assert (plan["complete"], bool(plan["warnings"])) == (False, True)
    asked = prod.run("conversation", "rescue", "--allow-partial", tty=True, stdin="n\n")
    assert "of a survey that is not complete" in asked.stderr
    assert rescued(prod, "--allow-partial")[SILENT]["status"] == "changed"


def test_plan_cut_by_the_limit_is_not_complete_and_may_be_done(prod: Prod) -> None:
    plan = prod.run("conversation", "rescue", "--limit", "1", "--dry-run", "-o", "json").document
    assert (len(plan["steps"]), plan["complete"], plan["warnings"]) == (1, False, [])
    stream = prod.run("conversation", "rescue", "--limit", "1", "--dry-run", "-o", "ndjson").lines
    assert (stream[0]["complete"], stream[-1]["complete"]) == (False, False)
    shown = prod.run("conversation", "rescue", "--limit", "1", "--dry-run", tty=True)
    assert "cut by --limit: more are stuck" in shown.stderr.splitlines()
    assert "cut by" not in prod.run("conversation", "rescue", "--dry-run", tty=True).stderr
    assert prod.run("conversation", "rescue", "--limit", "3", "--yes").code == 0


def test_refusal_half_way_stops_and_names_the_resume_command(prod: Prod) -> None:
    prod.sandbox.reset("large:30:viber")
    prod.run.now += 3600
    prod.sandbox.add_fault("POST /*/inbox/handover/*", status=403, times=None)
    result = prod.run("conversation", "rescue", "--yes", tty=True)
    assert result.code == 5
    assert "qsc-bot operation resume op_" in result.stderr
    prod.sandbox.clear_faults()
    operation = result.stderr.partition("operation resume ")[2].split()[0]
    resumed = prod.run("operation", "resume", operation, "-o", "json")
    assert (resumed.code, resumed.document["counts"]["changed"]) == (0, 30)


def test_rescue_is_one_operation_with_its_reasons_and_can_be_undone(prod: Prod) -> None:
    result = prod.run("conversation", "rescue", "--yes", "--reason", "Monday", "-o", "json")
    operation = result.document["operation"]
    shown = prod.run("operation", "show", operation, "-o", "json").document
    assert (shown["action"], shown["reason"], shown["state"]) == ("rescue", "Monday", "done")
    assert [(item["id"], item["action"], item["reason"]) for item in shown["items"]] == [
        (SILENT, "handover.to_agent", "bot_silent")
    ]
    assert prod.run("operation", "undo", operation).code == 0
    assert prod.control(SILENT) == "bot"


@pytest.mark.parametrize(
    "words",
    [["--code", "bot-silent"], ["--service", "nowhere"], ["--limit", "0"], [SILENT, "--limit", "1"], ["nonsense"]],
    ids=" ".join,
)
def test_wrong_words_are_refused_before_anything_is_sent(prod: Prod, words: list[str]) -> None:
    result = prod.run("conversation", "rescue", *words, "--yes", "-o", "json")
    assert (result.code, result.stdout, prod.wire.writes) == (2, "", [])


def test_plan_holds_no_text_and_no_name(prod: Prod) -> None:
    document = prod.run("conversation", "rescue", "--dry-run", "-o", "json", "--show-pii").stdout
    assert "Eve" not in document
    assert "address" not in json.dumps(json.loads(document)["steps"])


@pytest.mark.parametrize("name", ["whatsapp:999", "twitter:999", "facebook:999"])
def test_conversation_that_is_not_there_is_not_found(prod: Prod, name: str) -> None:
    result = prod.run("conversation", "rescue", name, "--dry-run", "-o", "json")
    assert (result.code, result.stdout) == (6, "")
