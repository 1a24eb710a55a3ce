"""Messenger threads: owners, mode, lists and writes."""

import json
from collections.abc import Callable

import pytest

from qsc_bot.api.threads import FIELDS, Threads
from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.models.conversation import Call, ConversationId
from tests.api.wire import Wire, body, graph, graph_sample

PERSON = ConversationId("facebook", "5550001")
OWNER = "GET /v25.0/1029384756/thread_owner"
LIST = "GET /v25.0/1029384756/conversations"
MODE = "GET /v25.0/me"


def threads(wire: Wire) -> Threads:
    return Threads(graph(wire), page_id="1029384756")


@pytest.mark.parametrize(
    ("name", "app_id", "expiration"),
    [
        ("owner_shown.200", "222", 1795080000),
        ("owner_text_id.200", "263902037430900", 1795080000),
        ("owner_old_shape.200", "111", None),
        ("owner_hidden.200", None, 1795080000),
    ],
)
def test_owner_shapes(name: str, app_id: str | None, expiration: float | None) -> None:
    owner = threads(Wire().on(OWNER, graph_sample(name))).owner(PERSON)
    assert owner is not None
    assert (owner.app_id, owner.expiration) == (app_id, expiration)


def test_empty_answer_is_no_owner() -> None:
    assert threads(Wire().on(OWNER, graph_sample("owner_empty.200"))).owner(PERSON) is None


@pytest.mark.parametrize(
    ("name", "service", "routed"),
    [
        ("mode_routed.200", "facebook", True),
        ("mode_routed.200", "instagram", False),
        ("mode_zero_config.200", "facebook", False),
    ],
)
def test_mode_is_each_platforms_own(name: str, service: str, routed: bool) -> None:
    wire = Wire().on(MODE, graph_sample(name))
    assert threads(wire).is_routed(service) is routed
    assert dict(wire.requests[0].url.params) == {"fields": "messaging_feature_status"}


@pytest.mark.parametrize("service", ["facebook", "instagram"])
def test_missing_mode_is_not_guessed(service: str) -> None:
    with pytest.raises(ApiError, match="messaging_feature_status") as caught:
        threads(Wire().on(MODE, graph_sample("mode_missing.200"))).is_routed(service)
    assert caught.value.code == "api.wrong_shape"


def test_list_is_followed_by_cursor_and_never_by_link() -> None:
    wire = Wire().on(LIST, graph_sample("conversations.200"), graph_sample("conversations_last.200"))
    rows = [thread for page in threads(wire).pages("messenger") for thread in page]
    assert [(one.id, one.is_owner) for one in rows] == [
        ("t_1", True),
        ("t_2", False),
        ("t_3", None),
        ("t_4", None),
        ("t_5", True),
    ]
    assert [one.id for one in rows[1].participants.data] == ["5550002", "1029384756"]
    asked = {"platform": "messenger", "fields": FIELDS, "limit": "100"}
    assert [dict(request.url.params) for request in wire.requests] == [asked, asked | {"after": "BB"}]


def test_repeated_cursor_ends_with_an_error() -> None:
    wire = Wire().on(LIST, graph_sample("conversations.200"))
    with pytest.raises(ApiError) as caught:
        list(threads(wire).pages("messenger"))
    assert caught.value.code == "api.page_repeated"
    assert len(wire.requests) == 2


Plan = Callable[[Threads], Call]
WRITES: dict[str, tuple[Plan, str, dict[str, object]]] = {
    "take": (lambda t: t.take(PERSON, "note"), "take_thread_control", {"metadata": "note"}),
    "request": (lambda t: t.request(PERSON, "note"), "request_thread_control", {"metadata": "note"}),
    "pass": (
        lambda t: t.give(PERSON, "222", "note"),
        "pass_thread_control",
        {"target_app_id": 222, "metadata": "note"},
    ),
    "extend": (lambda t: t.extend(PERSON, 86400), "extend_thread_control", {"duration": 86400}),
}


@pytest.mark.parametrize(("plan", "edge", "fields"), WRITES.values(), ids=WRITES)
def test_planned_write_is_what_is_sent(plan: Plan, edge: str, fields: dict[str, object]) -> None:
    wire = Wire().on(f"POST /v25.0/1029384756/{edge}", graph_sample("success.200"))
    call = plan(threads(wire))
    assert not wire.requests
    threads(wire).send(call)
    assert call.path == f"/1029384756/{edge}"
    assert json.loads(wire.requests[0].content) == call.body == {"recipient": {"id": "5550001"}, **fields}


@pytest.mark.parametrize("name", ["success.200", "success_text.200"])
def test_success_is_true_or_its_text(name: str) -> None:
    wire = Wire().on("POST /v25.0/1029384756/take_thread_control", graph_sample(name))
    threads(wire).send(threads(wire).take(PERSON, "note"))
    assert len(wire.requests) == 1


@pytest.mark.parametrize("success", [False, "false", "no", ""])
def test_refusal_in_a_success_is_told(success: object) -> None:
    wire = Wire().on("POST /v25.0/1029384756/take_thread_control", body({"success": success}))
    with pytest.raises(QscBotError) as caught:
        threads(wire).send(threads(wire).take(PERSON, "note"))
    assert caught.value.code == "handover.not_allowed"


def test_connected_apps_are_read_as_far_as_they_are_shown() -> None:
    wire = Wire().on("GET /v25.0/1029384756/subscribed_apps", graph_sample("subscribed_apps.200"))
    ours, other = threads(wire).apps()
    assert (ours.id, ours.name, ours.subscribed_fields) == ("111", "Our bot", ["messages", "standby"])
    assert (other.id, other.name, other.subscribed_fields) == ("222", None, [])
