"""Webhooks and recipes: the sandbox's own contract, and what fires."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from qsc_bot.sandbox.deliveries import sign_for_social_connect
from tests.sandbox.bench import NOW, Bench, Sent

BASE = "/1000/sandbox/automation"
HOOK = {"name": "bot-inbound", "url": "http://127.0.0.1:9999/hook/{secret}?qsc_recipe=r"}


def create_webhook(bench: Bench, **changes: Any) -> Any:
    return bench.ask("POST", f"{BASE}/webhooks", {"webhook": json.dumps({**HOOK, **changes})})


def create_recipe(bench: Bench, **changes: Any) -> Any:
    recipe = {"name": "private", "webhook": "bot-inbound", **changes}
    return bench.ask("POST", f"{BASE}/recipes", {"recipe": json.dumps(recipe)})


def test_webhook_is_created_listed_changed_and_deleted(bench: Bench) -> None:
    created = create_webhook(bench, url_secret="s1", authorization="Basic x")
    assert created == {
        **HOOK,
        "method": "POST",
        "body": "[mention]",
        "state": "active",
        "last_delivery_at": None,
    }
    listed = bench.ask("GET", f"{BASE}/webhooks")
    assert listed == {"count": 1, "data": [created], "paging": {"next_url": None}}
    updates = json.dumps({"url": "https://bot.example.com/x"})
    changed = bench.ask("POST", f"{BASE}/webhooks/bot-inbound", {"updates": updates})
    assert changed == {**created, "url": "https://bot.example.com/x"}
    assert bench.ask("GET", f"{BASE}/webhooks/bot-inbound") == changed
    bench.ask("DELETE", f"{BASE}/webhooks/bot-inbound")
    assert bench.refused("GET", f"{BASE}/webhooks/bot-inbound") == (404, "not_found")


def test_recipe_is_created_listed_changed_and_deleted(bench: Bench) -> None:
    create_webhook(bench)
    created = create_recipe(bench, exclude_tag="vip", revision="r1")
    assert created == {
        "name": "private",
        "webhook": "bot-inbound",
        "topic_ids": ["2001"],
        "filter": "private-messages",
        "exclude_tag": "vip",
        "active": "always",
        "enabled": True,
        "revision": "r1",
    }
    assert bench.ask("GET", f"{BASE}/recipes")["data"] == [created]
    changed = bench.ask("POST", f"{BASE}/recipes/private", {"updates": '{"enabled": false}'})
    assert changed == {**created, "enabled": False}
    assert bench.ask("GET", f"{BASE}/recipes/private") == changed
    bench.ask("DELETE", f"{BASE}/recipes/private")
    assert bench.ask("GET", f"{BASE}/recipes")["count"] == 0


def test_conflicts_are_told(bench: Bench) -> None:
    create_webhook(bench)
    create_recipe(bench)
    again = {"webhook": json.dumps(HOOK)}
    assert bench.refused("POST", f"{BASE}/webhooks", again) == (409, "already_exists")
    recipe = {"recipe": json.dumps({"name": "private", "webhook": "bot-inbound"})}
    assert bench.refused("POST", f"{BASE}/recipes", recipe) == (409, "already_exists")
    assert bench.refused("DELETE", f"{BASE}/webhooks/bot-inbound") == (409, "in_use")


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook": "nobody"},
        {"name": "With Space"},
        {"filter": "everything"},
        {"filter": "filter:mood:happy"},
        {"topic_ids": ["7"]},
        {"active": "sometimes"},
        {"enabled": "yes"},
    ],
    ids=str,
)
def test_unreadable_recipe_is_refused(bench: Bench, changes: dict[str, Any]) -> None:
    create_webhook(bench)
    recipe = {"name": "r", "webhook": "bot-inbound", **changes}
    assert bench.refused("POST", f"{BASE}/recipes", {"recipe": json.dumps(recipe)}) == (
        400,
        "invalid_parameter",
    )


@pytest.mark.parametrize(
    "changes",
    [{"url": "ftp://x"}, {"url": "http://["}, {"url": None}, {"method": "GET"}, {"authorization": "a\r\nb"}],
    ids=str,
)
def test_unusable_webhook_is_refused(bench: Bench, changes: dict[str, Any]) -> None:
    fields = {"webhook": json.dumps({**HOOK, **changes})}
    assert bench.refused("POST", f"{BASE}/webhooks", fields) == (400, "invalid_parameter")


def test_signature_matches_the_published_vector() -> None:
    assert sign_for_social_connect(b'{"id":"1"}', "s3cret") == "BpiPoc8CuDgwQ/fyc19yP3uzUJUNkhRAnN4TSQ1qY3M="


def test_private_message_fires_signed(receiving: Bench, sent: list[Sent]) -> None:
    create_webhook(receiving, url_secret="s1", authorization="Basic x")
    create_recipe(receiving)
    told = receiving.sandbox.say("web:v-2", "Où est-ce ?")
    url, headers, body = sent[0]
    assert url == "http://127.0.0.1:9999/hook/s1?qsc_recipe=r"
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Basic x"
    digest = hmac.new(b"sandbox-client-secret", body, hashlib.sha256).digest()
    assert headers["x-signature"] == base64.b64encode(digest).decode()
    assert json.loads(body)["unique_id"] == told["mention"]
    assert "Où est-ce ?".encode() in body
    assert told["deliveries"] == [{"webhook": "bot-inbound", "status": 200}]
    assert receiving.ask("GET", f"{BASE}/webhooks/bot-inbound")["last_delivery_at"] == int(NOW)


@pytest.mark.parametrize(
    ("recipe", "conversation", "fires"),
    [
        ({}, "twitter:1001", True),
        ({}, "facebook:5550001", True),
        ({}, "twitter:1002", True),
        ({"exclude_tag": "escalated to agent"}, "twitter:1001", True),
        ({"exclude_tag": "escalated to agent"}, "twitter:1002", False),
        ({"enabled": False}, "twitter:1001", False),
        ({"filter": "filter:source:web"}, "twitter:1001", False),
        ({"filter": "filter:source:web"}, "web:visitor-1", True),
        ({"filter": "filter:type:post"}, "web:visitor-1", False),
        ({"filter": "saved:Mine"}, "web:visitor-1", True),
        ({"active": "business-hours"}, "web:visitor-1", True),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_recipe_fires_for_what_it_matches(
    receiving: Bench, sent: list[Sent], recipe: dict[str, Any], conversation: str, fires: bool
) -> None:
    create_webhook(receiving)
    create_recipe(receiving, **recipe)
    receiving.sandbox.say(conversation, "Hello")
    assert [url for url, _, _ in sent if "9999" in url] == ["http://127.0.0.1:9999/hook/?qsc_recipe=r"] * fires


@pytest.mark.parametrize(
    ("hours_later", "open_"), [(0, True), (5.8, True), (6, False), (3 * 24, False), (5 * 24, True)]
)
def test_business_hours_are_weekdays_nine_to_five(
    receiving: Bench, sent: list[Sent], hours_later: float, open_: bool
) -> None:
    create_webhook(receiving)
    create_recipe(receiving, active="business-hours")
    receiving.sandbox.advance(hours_later * 3600)
    receiving.sandbox.say("web:v", "Hello")
    assert bool(sent) is open_


def test_own_messages_fire_nothing(receiving: Bench, sent: list[Sent]) -> None:
    create_webhook(receiving)
    create_recipe(receiving)
    receiving.sandbox.agent_reply("web:visitor-1", "Hello")
    assert sent == []


def test_delivery_elsewhere_than_loopback_is_not_sent_and_told(bench: Bench) -> None:
    create_webhook(bench, url="https://bot.example.com/x")
    create_recipe(bench)
    told = bench.sandbox.say("web:v", "Hello")
    assert told["deliveries"] == [{"webhook": "bot-inbound", "status": None}]
    assert bench.sandbox.status()["deliveries"] == {
        "sent": 0,
        "failed": 1,
        "by_webhook": {"bot-inbound": {"sent": 0, "failed": 1, "last_status": None, "last_error": "not loopback"}},
    }
