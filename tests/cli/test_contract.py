"""The fields of every document: an interface, spelled out once each."""

import json
from collections.abc import Sequence
from typing import Any, Final

import jsonschema
import pytest

from qsc_bot.output.schemas import NAMES, build
from tests.cli.contract_fields import (
    AUTH,
    CERTIFICATE,
    CONVERSATION,
    DELIVERY,
    EXPLANATION,
    FAILURE,
    FAULT,
    HEAD,
    LIMITS,
    OPERATION,
    OUTCOME,
    PLAN,
    PROFILE,
    RECIPE,
    RESCUE_PLAN,
    SETUP,
    SIGNATURE,
    STATUS,
    TRIGGER,
    VERIFICATION,
    WEBHOOK,
)
from tests.cli.listened import QSC, Listened, mention
from tests.cli.terminal import Terminal, check_document
from tests.conftest import MakeProd

EXAMPLE_BOT: Final = "http://127.0.0.1:8081/example-bot/social-connect"
ADD_FAULT: Final = ["sandbox", "fault", "add", "GET /x", "--status", "500"]


def assert_fields(document: dict[str, Any], name: str, fields: Sequence[str]) -> None:
    """A document has these fields and no others."""
    check_document(document)
    assert document["schema"] == f"qsc-bot/{name}@1"
    assert sorted(document) == sorted({*HEAD, *fields, "warnings"})


@pytest.mark.parametrize(
    ("words", "name", "fields"),
    [
        (["conversation", "show", "twitter:1001"], "conversation", CONVERSATION),
        (["conversation", "explain", "twitter:1002"], "explanation", EXPLANATION),
        (["webhook", "show", "bot"], "webhook", WEBHOOK),
        (["webhook", "delete", "spare", "--yes"], "webhook", [*WEBHOOK, "outcome"]),
        (["webhook", "trigger", "mention", "--to", EXAMPLE_BOT], "webhook-trigger", TRIGGER),
        (["webhook", "sign", "--via", "messenger", "-f", "-"], "signature", SIGNATURE),
        (["webhook", "check", "--via", "messenger", "-f", "-"], "signature", SIGNATURE),
        (["recipe", "show", "r"], "recipe", RECIPE),
        (["recipe", "disable", "r"], "recipe", [*RECIPE, "outcome"]),
        (["profile", "show"], "profile", PROFILE),
        (["auth", "status"], "auth-status", AUTH),
        (["sandbox", "status"], "sandbox-status", STATUS),
        (["sandbox", "say", "twitter:1", "Hi"], "sandbox-event", ["conversation", "control", "deliveries", "mention"]),
        (ADD_FAULT, "sandbox-fault", FAULT),
        (["limits", "--ask"], "limits", LIMITS),
        (["operation", "verify"], "operation-verification", VERIFICATION),
        (
            ["operation", "prune", "--older-than", "90d"],
            "operation-pruning",
            ["ended_before", "dry_run", "operations", "entries", "unfinished"],
        ),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else str(value),
)
def test_record_has_these_fields(run: Terminal, words: list[str], name: str, fields: list[str]) -> None:
    for prepare in (*SETUP, ["webhook", "register", "spare", "--url", "https://bot.example.com/2"]):
        run(*prepare)
    assert_fields(run(*words, "-o", "json").document, name, fields)


@pytest.mark.parametrize(
    ("words", "name", "fields", "extra"),
    [
        (["conversation", "list"], "conversation-list", CONVERSATION, ["summary"]),
        (["escalation", "list"], "conversation-list", CONVERSATION, ["summary"]),
        (["handover", "status", "twitter:1001"], "conversation-list", CONVERSATION, ["summary"]),
        (["webhook", "list"], "webhook-list", WEBHOOK, []),
        (["webhook", "verify", "--url", EXAMPLE_BOT], "webhook-verification", ["check", "result", "reason"], []),
        (["recipe", "list"], "recipe-list", RECIPE, []),
        (
            ["profile", "list"],
            "profile-list",
            ["name", "account_id", "region", "api", "default", "protected"],
            [],
        ),
        (["sandbox", "fault", "list"], "sandbox-fault-list", FAULT, []),
        (["operation", "list"], "operation-list", OPERATION, []),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else str(value),
)
def test_list_has_these_fields(run: Terminal, words: list[str], name: str, fields: list[str], extra: list[str]) -> None:
    for prepare in (*SETUP, ADD_FAULT, ["handover", "to-agent", "whatsapp:32470000000"]):
        run(*prepare)
    document = run(*words, "-o", "json").document
    assert_fields(document, name, ["items", "page", *extra])
    assert sorted(document["page"]) == ["complete", "returned"]
    assert document["items"]
    assert all(sorted(item) == sorted(fields) for item in document["items"])


def test_explanation_holds_these_fields(run: Terminal) -> None:
    document = run("conversation", "explain", "twitter:1002", "-o", "json").document
    assert sorted(document["conversation"]) == sorted(CONVERSATION)
    assert document["conversation"]["stuck"] == ["agent_silent"]
    assert all(sorted(one) == ["code", "evidence", "next", "text"] for one in document["verdicts"])
    assert all(sorted(one) == ["at", "from", "kind", "text"] for one in document["timeline"])
    assert {one["kind"] for one in document["timeline"]} == {"message", "recipe", "control"}
    run("handover", "to-bot", "twitter:1002")
    timeline = run("conversation", "explain", "twitter:1002", "-o", "json").document["timeline"]
    assert "operation" in {one["kind"] for one in timeline}


def test_rescue_plan_has_these_fields(run: Terminal) -> None:
    document = run("conversation", "rescue", "--dry-run", "-o", "json").document
    assert_fields(document, "rescue-plan", RESCUE_PLAN)
    assert sorted(document["limits"]) == ["agent_forgotten", "agent_silent", "bot_silent", "lapse_warning"]
    assert document["steps"]
    assert all(sorted(one) == ["action", "fingerprint", "from", "id", "note", "reason"] for one in document["steps"])


def test_certificate_has_these_fields() -> None:
    schema = build("certificate")
    assert sorted(schema["properties"]) == sorted([*HEAD, *CERTIFICATE, "outcome", "warnings"])
    assert sorted(schema["$defs"]["Check"]["properties"]) == ["reason", "result", "scenario"]
    assert schema["$defs"]["Mark"]["enum"] == ["fail", "pass", "skipped"]


def test_summary_has_these_fields(run: Terminal) -> None:
    summary = run("conversation", "list", "-o", "json").document["summary"]
    assert sorted(summary) == ["by_control", "calls", "calls_left", "since", "stuck", "stuck_by_code", "total"]


@pytest.mark.parametrize(
    "words",
    [
        ["conversation", "list"],
        ["conversation", "show", "twitter:1001"],
        ["conversation", "explain", "twitter:1001"],
        ["conversation", "wait", "twitter:1001", "--for", "control=bot"],
        ["conversation", "watch"],
        ["handover", "status", "twitter:1001"],
        ["escalation", "list"],
    ],
    ids=" ".join,
)
def test_plan_of_calls_has_these_fields(run: Terminal, words: list[str]) -> None:
    document = run(*words, "--dry-run", "-o", "json").document
    assert_fields(document, "call-plan", PLAN)
    assert {tuple(sorted(one)) for one in document["items"]} == {("at_least", "calls", "endpoint", "reason", "remote")}


def test_outcomes_have_these_fields(run: Terminal) -> None:
    document = run("handover", "to-bot", "twitter:1002", "twitter:4242", "-o", "json").document
    assert_fields(document, "outcomes", ["operation", "items", "counts"])
    assert document["operation"].startswith("op_")
    assert sorted(document["counts"]) == ["changed", "failed", "in_doubt", "requested", "skipped", "unchanged"]
    assert all(sorted(item) == sorted(OUTCOME) for item in document["items"])
    assert sorted(document["items"][1]["error"]) == sorted(FAILURE)


def test_operation_has_these_fields(run: Terminal) -> None:
    done = run("handover", "to-bot", "twitter:1002", "-o", "json").document
    document = run("operation", "show", done["operation"], "-o", "json").document
    assert_fields(document, "operation", [*OPERATION, "items"])
    (item,) = document["items"]
    assert sorted(item) == sorted([*OUTCOME, "before", "phase", "calls", "ids", "with_tag", "reason"])
    assert sorted(item["before"]) == ["control", "control_until", "escalated", "holder", "observed_at", "tags"]


def test_exported_entries_have_these_fields(run: Terminal) -> None:
    run("handover", "to-bot", "twitter:1002")
    first, *_, end = run("operation", "export").lines
    assert sorted(first) == ["at", "body", "hash", "item", "kind", "number", "operation", "type"]
    assert (first["type"], end["schema"]) == ("item", "qsc-bot/journal-entry-list@1")


@pytest.mark.socket
def test_deliveries_and_what_a_listener_tells_have_these_fields(run: Terminal) -> None:
    listener = Listened(run)
    listener.deliver(QSC, mention())
    listener.deliver(QSC, mention(), secret="another")
    beat, event, refused, end = listener("-o", "ndjson", "--forward-to", "http://127.0.0.1:9/").lines
    assert sorted(beat) == ["address", "at", "deliveries", "duplicates", "refused", "type", "waiting"]
    assert sorted(event) == sorted(["type", "duplicate", *DELIVERY])
    check_document({"schema": end["schema"], **event})
    assert sorted(refused) == ["at", "note", "reason", "status", "type"]
    document = run("webhook", "deliveries", "-o", "json").document
    assert_fields(document, "delivery-list", ["items", "page"])
    (item,) = document["items"]
    assert sorted(item) == sorted(DELIVERY)
    assert sorted(item["forwarded"]) == ["error", "milliseconds", "status", "url"]


@pytest.mark.parametrize(
    ("words", "action"),
    [
        (["handover", "to-bot", "facebook:5550001"], "handover.to_bot"),
        (["handover", "to-agent", "facebook:5550001"], "handover.to_agent"),
        (["handover", "extend", "facebook:5550001"], "handover.extend"),
        (["escalation", "add", "facebook:5550001"], "escalation.add"),
        (["escalation", "remove", "facebook:5550001"], "escalation.remove"),
    ],
)
def test_actions_have_these_words(run: Terminal, words: list[str], action: str) -> None:
    assert run(*words, "-o", "json").item["action"] == action
    planned = run(*words, "--dry-run", "-o", "json").document
    assert_fields(planned, "dry-run", ["items", "requests"])
    assert planned["items"][0]["action"] == action


def test_dry_run_requests_have_these_fields(make_prod: MakeProd) -> None:
    document = make_prod().run("handover", "to-agent", "facebook:5550001", "-n", "-o", "json").document
    (call,) = document["requests"]
    assert sorted(call) == ["body", "method", "path"]


def test_error_object_has_these_fields(run: Terminal) -> None:
    result = run("conversation", "show", "twitter:4242", "-o", "json")
    document = json.loads(result.stderr.splitlines()[-1])
    check_document(document)
    assert sorted(document) == sorted([*HEAD, "error"])
    assert sorted(document["error"]) == sorted(FAILURE)


def test_error_without_a_profile_still_has_its_envelope(run: Terminal) -> None:
    result = run("conversation", "list", "-o", "json", env={"CI": "1"})
    document = json.loads(result.stderr)
    assert (document["profile"], document["account_id"]) == (None, None)


@pytest.mark.parametrize(
    ("words", "types"),
    [
        (["conversation", "list"], {"item", "end"}),
        (["profile", "list"], {"item", "end"}),
        (["sandbox", "status"], {"item", "end"}),
        (["handover", "to-bot", "twitter:1002", "twitter:4242"], {"result", "end"}),
        (["handover", "to-bot", "twitter:1002", "--dry-run"], {"result", "request", "end"}),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_ndjson_lines_have_types_and_an_end(run: Terminal, words: list[str], types: set[str]) -> None:
    lines = run(*words, "-o", "ndjson").lines
    assert {line["type"] for line in lines} == types
    end = lines[-1]
    assert end["type"] == "end"
    assert {"returned", "complete", "warnings", *HEAD} <= set(end)
    assert ("counts" in end) is (end["schema"] == "qsc-bot/outcomes@1")


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_printed_and_is_one(run: Terminal, name: str) -> None:
    result = run("schema", name)
    schema = json.loads(result.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"] == {"const": f"qsc-bot/{name}@1"}
    assert run("schema", name, "-o", "json").document == schema


def test_schema_lists_its_names_and_suggests_the_nearest(run: Terminal) -> None:
    assert tuple(run("schema").stdout.split()) == NAMES
    result = run("schema", "outcome", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.schema")
    assert "qsc-bot schema outcomes" in result.error["hint"]


def test_terminal_does_not_change_the_shape_of_documents(run: Terminal) -> None:
    words = ["profile", "list", "-o", "json"]
    assert run(*words, tty=True).stdout == run(*words).stdout
