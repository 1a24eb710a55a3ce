"""Hosts, paths, headers and encodings: exactly those of the documents, and the token nowhere but in its header."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from qsc_bot.models.conversation import Control, ConversationId
from qsc_bot.operations.connection import Connection
from tests.api.machine import MESSENGER, PAGE_TOKEN, PROD, TOKEN, machine
from tests.api.wire import body, envelope, form_of, graph_sample, sample, sc

PERSON = ConversationId("whatsapp", "32470000000")
FRIEND = ConversationId("facebook", "5550001")
SINCE = datetime(2026, 11, 1, 8, tzinfo=UTC)
Act = Callable[[Connection], object]


def move(person: ConversationId, to: Control) -> Act:
    def act(connection: Connection) -> None:
        driver = connection.drivers.of(person.service)
        for call in driver.plan(person, to, reading=None, note="qsc-bot op_1").calls:
            driver.send(person, call, before=None)

    return act


SOCIAL_CONNECT: dict[str, tuple[Act, str, str, dict[str, str]]] = {
    "handover read": (
        lambda c: c.drivers.of("whatsapp").read(PERSON),
        "GET /1417/inbox/handover/whatsapp/32470000000",
        "handover_bot_owner_word.200",
        {},
    ),
    "handover to agents": (
        move(PERSON, Control.AGENT),
        "POST /1417/inbox/handover/whatsapp/32470000000",
        "handover_agent_owner_word.200",
        {},
    ),
    "handover to bot": (
        move(PERSON, Control.BOT),
        "DELETE /1417/inbox/handover/whatsapp/32470000000",
        "handover_bot_owner_word.200",
        {},
    ),
    "contact": (
        lambda c: c.contacts.read(PERSON),
        "GET /1417/inbox/contact/whatsapp/32470000000",
        "contact.200",
        {"topic_ids": "46283"},
    ),
    "contact without topics": (
        lambda c: c.contacts.read(ConversationId("twitter", "1002")),
        "GET /1417/inbox/contact/twitter/1002",
        "contact.200",
        {},
    ),
    "contact by id": (
        lambda c: c.contacts.read_by_id("55512345"),
        "GET /1417/inbox/contact/55512345",
        "contact.200",
        {"topic_ids": "46283"},
    ),
    "tagged contacts": (
        lambda c: list(c.escalations.tagged()),
        "GET /1417/inbox/contacts",
        "contacts_last.200",
        {"filter": 'contacttag:"escalated to agent"', "limit": "50"},
    ),
    "mentions": (
        lambda c: list(c.mentions.newest_first(SINCE)),
        "GET /1417/inbox/mentions",
        "mentions_last.200",
        {"date_from": "2026-11-01T08:00:00Z", "sort": "dateadd:desc", "limit": "100", "topic_ids": "46283"},
    ),
    "one mention": (
        lambda c: c.mentions.read("46283", "43769358878500001"),
        "GET /1417/inbox/mention/46283/43769358878500001",
        "mention.200",
        {},
    ),
}
META: dict[str, tuple[Act, str, str, dict[str, str]]] = {
    "owner": (
        lambda c: c.drivers.of("facebook").read(FRIEND),
        "GET /v25.0/1029384756/thread_owner",
        "owner_shown.200",
        {"recipient": "5550001"},
    ),
    "take": (move(FRIEND, Control.BOT), "POST /v25.0/1029384756/take_thread_control", "success.200", {}),
    "pass": (move(FRIEND, Control.AGENT), "POST /v25.0/1029384756/pass_thread_control", "success.200", {}),
}


@pytest.mark.parametrize(("region", "host"), [("eu", "api.engagor.com"), ("us", "api-us.engagor.com")])
@pytest.mark.parametrize(("act", "call", "name", "query"), SOCIAL_CONNECT.values(), ids=SOCIAL_CONNECT)
def test_social_connect_is_asked_at_the_documented_address(
    tmp_path: Path, region: str, host: str, act: Act, call: str, name: str, query: dict[str, str]
) -> None:
    made = machine(tmp_path, profile=msgspec.structs.replace(PROD, region=region))
    made.wire.on(call, sc(name))
    act(made.remotes.connection)
    (request,) = made.wire.requests
    assert made.mounted == [f"https://{host}"]
    assert (request.url.scheme, request.url.host, request.url.port) == ("https", host, None)
    assert dict(request.url.params) == query
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(("act", "call", "name", "query"), META.values(), ids=META)
def test_meta_is_asked_at_the_documented_address(
    tmp_path: Path, act: Act, call: str, name: str, query: dict[str, str]
) -> None:
    made = machine(tmp_path)
    made.wire.on(call, graph_sample(name))
    act(made.remotes.connection)
    (request,) = made.wire.requests
    assert made.mounted[-1] == "https://graph.facebook.com/v25.0"
    assert (request.url.scheme, request.url.host) == ("https", "graph.facebook.com")
    assert dict(request.url.params) == query
    assert request.headers["authorization"] == f"Bearer {PAGE_TOKEN}"


def test_no_token_in_any_address_or_log_line(tmp_path: Path) -> None:
    made = machine(tmp_path)
    cases = [*((sc, *case) for case in SOCIAL_CONNECT.values()), *((graph_sample, *case) for case in META.values())]
    for answer, act, call, name, _ in cases:
        made.wire.on(call, answer(name))
        act(made.remotes.connection)
    sent = [str(request.url) for request in made.wire.requests]
    assert len(sent) == len(made.lines) == len(cases)
    assert not [text for text in [*sent, *made.lines] if TOKEN in text or PAGE_TOKEN in text or "access_token" in text]


def test_each_remote_gets_its_own_token_only(tmp_path: Path) -> None:
    made = machine(tmp_path)
    made.wire.on("GET /v25.0/1029384756/thread_owner", graph_sample("owner_shown.200"))
    made.wire.on("GET /1417/inbox/handover/whatsapp/32470000000", sc("handover_bot_owner_word.200"))
    made.remotes.connection.drivers.of("facebook").read(FRIEND)
    made.remotes.connection.drivers.of("whatsapp").read(PERSON)
    meta, social_connect = made.wire.requests
    assert TOKEN not in str(meta.headers.raw)
    assert PAGE_TOKEN not in str(social_connect.headers.raw)


@pytest.mark.parametrize("to", [Control.AGENT, Control.BOT])
def test_handover_write_has_no_body_and_no_parameters(tmp_path: Path, to: Control) -> None:
    made = machine(tmp_path)
    path = "/1417/inbox/handover/whatsapp/32470000000"
    made.wire.on(f"{'POST' if to is Control.AGENT else 'DELETE'} {path}", envelope({}))
    move(PERSON, to)(made.remotes.connection)
    assert made.wire.requests[0].content == b""


@pytest.mark.parametrize(("add", "mode"), [(True, "add"), (False, "delete")], ids=["add", "delete"])
def test_tag_write_is_json_in_a_form_and_always_names_the_mode(tmp_path: Path, add: bool, mode: str) -> None:
    made = machine(tmp_path)
    made.wire.on("POST /1417/inbox/contact/whatsapp/32470000000", sc("contact.200"))
    contacts = made.remotes.connection.contacts
    contacts.send(contacts.tag_call(PERSON, tag='Ärger & "mehr"', add=add))
    form = form_of(made.wire.requests[0])
    assert json.loads(form["updates"]) == {"tags": ['Ärger & "mehr"']}
    assert json.loads(form["options"]) == {"tags_edit_mode": mode}
    assert form["topic_ids"] == "46283"
    assert set(form) == {"updates", "options", "topic_ids"}


def test_meta_writes_are_json_bodies(tmp_path: Path) -> None:
    made = machine(tmp_path)
    made.wire.on("POST /v25.0/1029384756/pass_thread_control", graph_sample("success.200"))
    move(FRIEND, Control.AGENT)(made.remotes.connection)
    request = made.wire.requests[0]
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == {
        "recipient": {"id": "5550001"},
        "target_app_id": 222,
        "metadata": "qsc-bot op_1",
    }


@pytest.mark.parametrize(
    ("service_id", "segment"),
    [("a/b", "a%2Fb"), ("50%?x=1#y", "50%25%3Fx%3D1%23y"), ("ä@b", "%C3%A4%40b"), ("...", "...")],
)
def test_ids_are_one_segment_of_the_path(tmp_path: Path, service_id: str, segment: str) -> None:
    made = machine(tmp_path)
    made.wire.on(f"GET /1417/inbox/handover/whatsapp/{segment}", envelope({"owner": "bot"}))
    reading = made.remotes.connection.drivers.of("whatsapp").read(ConversationId("whatsapp", service_id))
    assert reading.control is Control.BOT


def test_addresses_of_the_profile_are_used(tmp_path: Path) -> None:
    local = msgspec.structs.replace(
        PROD,
        api_url="http://127.0.0.1:8081/",
        messenger=msgspec.structs.replace(MESSENGER, graph_url="http://127.0.0.1:8081/graph", graph_version="v23.0"),
    )
    made = machine(tmp_path, profile=local)
    made.wire.on("GET /graph/v23.0/1029384756/thread_owner", graph_sample("owner_empty.200"))
    made.wire.on("GET /1417/inbox/handover/whatsapp/32470000000", body(sample("social_connect", "contact.200")))
    made.remotes.connection.drivers.of("facebook").read(FRIEND)
    made.remotes.connection.drivers.of("whatsapp").read(PERSON)
    assert [request.url.netloc for request in made.wire.requests] == [b"127.0.0.1:8081"] * 2
