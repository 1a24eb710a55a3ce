"""Documents for programs: shapes, streams, times, names."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
import yaml

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.output.identity import Identity
from qsc_bot.results import Record


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    profile: str = "other"


CONVERSATION = {
    "id": "whatsapp:1",
    "service": "whatsapp",
    "service_id": "1",
    "contact_id": None,
    "name": "A… E…",
    "control": "agent",
    "holder": None,
    "control_until": None,
    "method": "handover",
    "escalated": None,
    "tags": ["vip", "escalated to agent"],
    "topic_ids": [],
    "last_message_at": "2026-11-22T08:50:30Z",
    "last_message_from": None,
    "waiting_s": 720,
    "stuck": None,
    "status": None,
    "assigned_to": ["Support"],
    "mention": None,
    "permalink": None,
    "observed_at": None,
    "stale": False,
    "note": None,
}
ENVELOPE = {"profile": "prod", "account_id": "1417"}


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_listing_is_one_document(start: Any, listing: Any, summary: Any) -> None:
    run = start("json")
    code = run.show(listing(complete=False, summary=summary(), warnings=["cut"], hints=["add --all"]))
    assert code is ExitCode.OK
    assert run.out.count("\n") == 1
    assert json.loads(run.out) == {
        "schema": "qsc-bot/conversation-list@1",
        **ENVELOPE,
        "summary": {
            "total": 43,
            "by_control": {"unknown": 1, "idle": 0, "bot": 31, "other": 2, "agent": 9},
            "stuck": 0,
            "stuck_by_code": {},
            "since": "2026-11-15T09:02:30Z",
            "calls": 12,
            "calls_left": 318,
        },
        "items": [CONVERSATION],
        "page": {"returned": 1, "complete": False},
        "warnings": ["cut"],
    }
    assert run.err == ""


def test_keys_come_in_the_order_of_the_contract(start: Any, listing: Any, summary: Any) -> None:
    run = start("json")
    run.show(listing(summary=summary()))
    document = json.loads(run.out)
    assert list(document) == ["schema", "profile", "account_id", "summary", "items", "page", "warnings"]
    assert list(document["items"][0]) == list(CONVERSATION)


def test_an_empty_listing_is_a_document_too(start: Any, listing: Any) -> None:
    run = start("json", fields=("id", "whatever"))
    run.show(listing([]))
    assert json.loads(run.out)["items"] == []
    assert json.loads(run.out)["page"] == {"returned": 0, "complete": True}


def test_a_record_is_flat_in_its_envelope(start: Any, record: Any) -> None:
    run = start("json")
    run.show(record(warnings=["old"], next=["qsc-bot limits"], view="for people"))
    expected = {"schema": "qsc-bot/conversation@1", **ENVELOPE, **CONVERSATION, "warnings": ["old"]}
    assert json.loads(run.out) == expected


def test_a_record_keeps_a_profile_of_its_own(start: Any) -> None:
    run = start("json")
    run.show(Record(schema="webhook", item=Webhook(name="bot-inbound")))
    assert json.loads(run.out)["profile"] == "other"


def test_a_report_names_the_states_from_and_to(start: Any, report: Any) -> None:
    run = start("json")
    code = run.show(report())
    document = json.loads(run.out)
    assert code is ExitCode.PARTIAL
    assert list(document) == [
        "schema",
        "profile",
        "account_id",
        "operation",
        "items",
        "counts",
        "warnings",
    ]
    assert document["items"][0] == {
        "id": "whatsapp:1",
        "action": "handover.to_bot",
        "status": "changed",
        "from": "agent",
        "to": "bot",
        "method": "handover",
        "verified": True,
        "note": None,
        "error": None,
    }
    assert document["items"][2]["error"]["code"] == "api.unavailable"
    assert document["counts"]["failed"] == 1
    assert document["counts"]["in_doubt"] == 0


def test_a_dry_run_holds_the_requests(start: Any, dry_run: Any) -> None:
    run = start("json")
    run.show(dry_run())
    document = json.loads(run.out)
    assert document["schema"] == "qsc-bot/dry-run@1"
    assert document["items"][0]["status"] == "planned"
    request = {"method": "POST", "path": "/1417/inbox/contact/9", "body": {"updates": '{"tags":["vip"]}'}}
    assert [{key: sent[key] for key in request} for sent in document["requests"]] == [request]


@pytest.mark.parametrize("format_name", ["json", "ndjson"])
@pytest.mark.parametrize(
    ("data", "document"),
    [
        pytest.param(None, {"text": "words"}, id="without data"),
        pytest.param({"type": "object"}, {"type": "object"}, id="with data"),
    ],
)
def test_a_text_gives_way_to_its_data(
    start: Any, text: Any, format_name: str, data: dict[str, Any] | None, document: dict[str, Any]
) -> None:
    run = start(format_name)
    run.show(text("words", data))
    assert lines(run.out) == [document]


def test_yaml_is_the_same_document(start: Any, listing: Any, summary: Any) -> None:
    as_json, as_yaml = start("json"), start("yaml")
    for run in (as_json, as_yaml):
        run.show(listing(summary=summary()))
    assert yaml.safe_load(as_yaml.out) == json.loads(as_json.out)
    assert as_yaml.out.isascii()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC),
        datetime(2026, 1, 2, 5, 4, 5, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001 - a moment without a zone is what is tested
    ],
    ids=["fraction", "other zone", "no zone"],
)
def test_moments_are_utc_with_whole_seconds(start: Any, record: Any, conversation: Any, moment: datetime) -> None:
    run = start("json")
    run.show(record(conversation(last_message_at=moment)))
    assert json.loads(run.out)["last_message_at"] == "2026-01-02T03:04:05Z"


def test_an_unknown_profile_is_null(start: Any, listing: Any) -> None:
    def identity() -> Identity:
        raise QscBotError("config.profile_missing", "no profile was chosen")

    run = start("json", identity=identity)
    run.show(listing())
    document = json.loads(run.out)
    assert (document["profile"], document["account_id"]) == (None, None)


@pytest.mark.parametrize("format_name", ["json", "ndjson", "yaml"])
def test_hostile_texts_keep_their_characters_escaped(
    start: Any, listing: Any, conversation: Any, hostile: str, format_name: str
) -> None:
    run = start(format_name)
    run.show(listing([conversation(note=hostile)], warnings=[hostile]))
    assert run.out.isascii()
    assert all(character == "\n" or character.isprintable() for character in run.out)
    first = yaml.safe_load(run.out) if format_name == "yaml" else lines(run.out)[0]
    item = first if format_name == "ndjson" else first["items"][0]
    assert item["note"] == hostile.replace("\ud800", "�")


@pytest.mark.parametrize("format_name", ["json", "ndjson"])
def test_fields_are_chosen_and_ordered(start: Any, listing: Any, record: Any, report: Any, format_name: str) -> None:
    for result, item in ((listing(), {"id": "whatsapp:1"}), (record(), {"id": "whatsapp:1"})):
        run = start(format_name, fields=("control", "id"))
        run.show(result)
        document = lines(run.out)[0]
        chosen = document["items"][0] if "items" in document else document
        keys = [key for key in chosen if key in CONVERSATION]
        assert keys == ["control", "id"]
        assert chosen["id"] == item["id"]
    run = start("json", fields=("to", "id"))
    run.show(report())
    assert json.loads(run.out)["items"][0] == {"to": "bot", "id": "whatsapp:1"}
