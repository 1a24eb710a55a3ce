"""What an explanation asks for, and what is left of it when a call fails."""

from typing import Any

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.explained import GUIDED, codes, explain, fault
from tests.cli.terminal import Prod, Terminal
from tests.conftest import MakeProd


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
