"""The escalation tag from the command line."""

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.terminal import PROD, Prod, Terminal
from tests.conftest import MakeProd


def test_add_and_remove_change_the_tag_and_come_back(run: Terminal, sandbox: Sandbox) -> None:
    added = run("escalation", "add", "twitter:1001", "-o", "json").item
    assert (added["status"], added["from"], added["to"]) == ("changed", "not-escalated", "escalated")
    again = run("escalation", "add", "twitter:1001", "-o", "json").item
    assert again["status"] == "unchanged"
    removed = run("escalation", "remove", "twitter:1001", "-o", "json").item
    assert (removed["action"], removed["status"]) == ("escalation.remove", "changed")
    writes = {one["id"]: one["writes"] for one in sandbox.status()["conversations"]}
    assert writes["twitter:1001"] == 2


def test_tag_on_a_bot_channel_does_not_move_control(run: Terminal) -> None:
    run("escalation", "add", "whatsapp:32470000000")
    result = run("conversation", "show", "whatsapp:32470000000", "-o", "json")
    assert (result.document["control"], result.document["escalated"]) == ("bot", True)


def test_conversations_of_one_contact_become_one_write_that_names_them(prod: Prod) -> None:
    result = prod.run("escalation", "add", "twitter:1003", "whatsapp:32470000003", "-o", "json")
    first, second = result.document["items"]
    assert (first["status"], second["status"]) == ("changed", "changed")
    assert "whatsapp:32470000003" in first["note"]
    assert "twitter:1003" in second["note"]
    assert len(prod.wire.writes) == 1


def test_list_shows_every_conversation_of_tagged_contacts(run: Terminal) -> None:
    run("escalation", "add", "twitter:1003")
    result = run("escalation", "list", "-o", "json")
    assert {item["id"] for item in result.document["items"]} == {
        "twitter:1002",
        "twitter:1003",
        "whatsapp:32470000003",
    }
    assert all(item["escalated"] for item in result.document["items"])


def test_list_takes_service_and_limit(run: Terminal) -> None:
    run("escalation", "add", "twitter:1003")
    assert run("escalation", "list", "--service", "whatsapp", "-o", "id").stdout == "whatsapp:32470000003\n"
    cut = run("escalation", "list", "--limit", "1", "-o", "json")
    assert cut.document["page"] == {"returned": 1, "complete": False}


def test_listed_ids_can_be_piped_into_the_next_command(run: Terminal) -> None:
    listed = run("escalation", "list", "-o", "plain")
    result = run("escalation", "remove", "--ids", "-", "--yes", "-o", "json", stdin=listed.stdout)
    assert [item["id"] for item in result.document["items"]] == ["twitter:1002"]
    assert run("escalation", "list", "-o", "id").stdout == ""


def test_instagram_has_no_tag_to_write(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.say("instagram:77001", "Hello")
    result = run("escalation", "add", "instagram:77001", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.service")
    shown = run("conversation", "show", "instagram:77001", "-o", "json")
    assert shown.document["escalated"] is None


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("vip, gold", id="comma"),
        pytest.param("x" * 300, id="300 characters"),
        pytest.param("   ", id="blank"),
        pytest.param("", id="empty"),
    ],
)
def test_tag_that_cannot_be_one_is_refused_before_any_call(prod: Prod, tag: str) -> None:
    words = ["recipe", "create", "r", "--webhook", "bot", "--exclude-tag", tag]
    result = prod.run(*words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.tag")
    prod.run.configure(PROD.replace('topic_ids: ["2001"]', f'escalation_tag: "{tag}"'))
    configured = prod.run("escalation", "list", "-o", "json")
    assert (configured.code, configured.error["code"]) == (3, "config.invalid")
    assert "profiles.prod.escalation_tag" in configured.error["message"]
    assert prod.wire.requests == []


def test_list_of_escalated_keeps_the_calls_of_the_bot(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=51)
    prod.sandbox.reset("large:300")
    result = prod.run("escalation", "list", "-o", "json")
    assert (result.code, result.error["code"]) == (8, "budget.reserved")
    assert prod.run("limits", "-o", "json").document["left"] == 50


def test_list_of_escalated_can_wait_for_the_next_hour(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=80)
    prod.run.configure(PROD.replace("    topic_ids:", "    budget_reserve: 0\n    topic_ids:"))
    prod.sandbox.reset("large:300:twitter")
    assert prod.run("handover", "status", *(f"twitter:{at}" for at in range(1, 80))).code == 0

    def pass_time(seconds: float) -> None:
        prod.run.now += seconds

    prod.run.play = pass_time
    result = prod.run("escalation", "list", "--all", "--across-reset")
    assert (result.code, len(result.stdout.splitlines())) == (0, 60)
    assert "waiting until 10:02 UTC for the next hour's calls" in result.stderr
