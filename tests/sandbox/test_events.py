"""What Messenger tells the bot's app: messages, standby, hand-overs and echoes."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.sandbox.bench import NOW, Bench, Sent

MINE, AGENTS, IDLE = "5550001", "5550002", "5550003"


def events(sent: list[Sent]) -> list[tuple[str, Any]]:
    """Channel and event of everything sent, after checking address, signature and frame."""
    found = []
    for url, headers, body in sent:
        assert url == "http://127.0.0.1:8081/example-bot/messenger"
        digest = hmac.new(b"sandbox-app-secret", body, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == f"sha256={digest}"
        content = json.loads(body)
        entry = content["entry"][0]
        assert (content["object"], entry["id"], entry["time"]) == ("page", "1029384756", int(NOW * 1000))
        channel = next(key for key in ("messaging", "standby") if key in entry)
        event = entry[channel][0]
        assert event.pop("timestamp") == int(NOW * 1000)
        found.append((channel, event))
    return found


def post(bench: Bench, call: str, psid: str, token: str = "sandbox-agents", **more: Any) -> None:
    body = {"recipient": {"id": psid}, **more}
    status, answer = bench.graph("POST", f"/me/{call}", body, token=token)
    assert status == 200, answer


@pytest.mark.parametrize(("psid", "channel"), [(MINE, "messaging"), (AGENTS, "standby"), (IDLE, "messaging")])
def test_customer_is_heard_by_the_owner_and_by_others_on_standby(
    receiving: Bench, sent: list[Sent], psid: str, channel: str
) -> None:
    receiving.sandbox.say(f"facebook:{psid}", "hello?")
    [(found, event)] = events(sent)
    assert found == channel
    assert (event["sender"], event["recipient"]) == ({"id": psid}, {"id": "1029384756"})
    assert event["message"]["text"] == "hello?"
    assert event["message"]["mid"].startswith("m_")


def test_text_is_escaped_before_it_is_signed(receiving: Bench, sent: list[Sent]) -> None:
    receiving.sandbox.say(f"facebook:{MINE}", "café")
    assert rb"caf\u00e9" in sent[0][2]


def test_pass_is_told_to_the_new_owner(receiving: Bench, sent: list[Sent]) -> None:
    post(receiving, "pass_thread_control", AGENTS, target_app_id=111, metadata="done")
    [(channel, event)] = events(sent)
    assert channel == "messaging"
    assert event["pass_thread_control"] == {
        "previous_owner_app_id": "222",
        "new_owner_app_id": "111",
        "metadata": "done",
    }


def test_take_is_told_to_the_loser(receiving: Bench, sent: list[Sent]) -> None:
    post(receiving, "take_thread_control", MINE)
    [(_, event)] = events(sent)
    assert event["take_thread_control"] == {"previous_owner_app_id": "111", "new_owner_app_id": "222"}


def test_what_the_bot_does_itself_is_told_to_nobody(receiving: Bench, sent: list[Sent]) -> None:
    post(receiving, "pass_thread_control", MINE, token="sandbox", target_app_id=222)
    post(receiving, "take_thread_control", IDLE, token="sandbox")
    post(receiving, "release_thread_control", IDLE, token="sandbox")
    assert sent == []


def test_unsubscribed_field_is_not_sent(receiving: Bench, sent: list[Sent]) -> None:
    receiving.graph("POST", "/me/subscribed_apps?subscribed_fields=messaging_handovers")
    receiving.sandbox.say(f"facebook:{MINE}", "hello?")
    assert sent == []


def test_echo_names_the_sending_app_once_subscribed(receiving: Bench, sent: list[Sent]) -> None:
    fields = "message_echoes"
    receiving.graph("POST", f"/me/subscribed_apps?subscribed_fields={fields}")
    body = {
        "object": "page",
        "callback_url": "http://127.0.0.1:8081/example-bot/messenger",
        "verify_token": "v",
        "fields": fields,
    }
    receiving.graph("POST", "/111/subscriptions", body, token="111|sandbox-app-secret")
    receiving.sandbox.agent_reply(f"facebook:{AGENTS}", "Hello")
    [(channel, event)] = events(sent)
    assert (channel, event["sender"], event["recipient"]) == (
        "standby",
        {"id": "1029384756"},
        {"id": AGENTS},
    )
    assert (event["message"]["is_echo"], event["message"]["app_id"]) == (True, 222)


def test_button_passes_control_to_the_bot(receiving: Bench, sent: list[Sent]) -> None:
    told = receiving.sandbox.press_hand_over(f"facebook:{AGENTS}")
    assert told == {
        "conversation": f"facebook:{AGENTS}",
        "control": "bot",
        "deliveries": [{"webhook": "messenger:111", "status": 200}],
    }
    [(_, event)] = events(sent)
    assert event["pass_thread_control"]["new_owner_app_id"] == "111"
