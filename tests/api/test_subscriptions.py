"""Subscriptions to Messenger's events: both layers, and the writes."""

from typing import Any

import pytest

from qsc_bot.api.subscriptions import Subscriptions, app_call, page_call
from qsc_bot.errors import ApiError
from qsc_bot.models.subscription import Layers
from tests.api.wire import Wire, body, graph, graph_sample

APP = "GET /v25.0/111/subscriptions"
PAGE = "GET /v25.0/1029384756/subscribed_apps"
NAMED = [{"name": "messages", "version": "v25.0"}, {"name": "feed", "version": "v25.0"}]


def subscriptions(wire: Wire) -> Subscriptions:
    return Subscriptions(graph(wire), graph(wire), app_id="111", page_id="1029384756")


@pytest.mark.parametrize(
    ("data", "layers"),
    [
        ([], Layers(page=("messages", "standby"))),
        ([{"object": "user", "callback_url": "https://u", "fields": NAMED}], Layers(page=("messages", "standby"))),
        (
            [{"object": "page", "callback_url": "https://b", "active": False, "fields": NAMED}],
            Layers(callback="https://b", active=False, app=("messages", "feed"), page=("messages", "standby")),
        ),
        (
            [{"object": "page", "callback_url": "https://b", "fields": ["messages", "feed", 1, {}]}],
            Layers(callback="https://b", app=("messages", "feed"), page=("messages", "standby")),
        ),
    ],
    ids=["nothing", "another object", "fields with a version", "fields as names"],
)
def test_both_layers_are_read_for_our_app_and_pages_only(data: list[Any], layers: Layers) -> None:
    wire = Wire().on(APP, body({"data": data})).on(PAGE, graph_sample("subscribed_apps.200"))
    assert subscriptions(wire).read() == layers


def test_page_without_our_app_sends_it_nothing() -> None:
    others = [{"id": "222", "subscribed_fields": ["messages"]}]
    wire = Wire().on(APP, body({"data": []})).on(PAGE, body({"data": others}))
    assert subscriptions(wire).read() == Layers()


def test_events_come_where_both_layers_name_their_field() -> None:
    assert Layers(app=("feed", "messages"), page=("messages", "standby")).both == ("messages",)


def test_what_a_write_hides_is_filled_in_when_it_is_sent() -> None:
    call = app_call("111", "https://b/{secret}", ["messages"])
    assert call.body is not None
    assert call.body["verify_token"] == "***"
    wire = Wire().on("POST /v25.0/111/subscriptions", body({"success": True}))
    subscriptions(wire).send(call, hidden={"verify_token": "v", "callback_url": "https://b/s"})
    content = wire.requests[0].content.decode()
    assert '"verify_token":"v"' in content
    assert '"callback_url":"https://b/s"' in content


def test_no_fields_take_the_subscription_off() -> None:
    assert (app_call("111", "https://b", []).method, page_call("1029384756", []).method) == ("DELETE", "DELETE")


def test_handshake_that_failed_has_a_code_of_its_own() -> None:
    message = "(#2200) Callback verification failed with the following errors: HTTP Status Code = 403"
    refused = body({"error": {"message": message, "type": "OAuthException", "code": 2200}}, status=400)
    wire = Wire().on("POST /v25.0/111/subscriptions", refused)
    with pytest.raises(ApiError) as caught:
        subscriptions(wire).send(app_call("111", "https://b", ["messages"]), hidden={})
    assert caught.value.code == "webhook.no_handshake"
