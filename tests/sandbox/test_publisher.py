"""Publishing: what is offered, what goes out at once, what is only kept."""

import json

import pytest

from tests.sandbox.bench import Bench

ADD = "/1000/publisher/add"


def reply(bench: Bench, conversation: str, **changes: str) -> dict[str, str]:
    topic_id, mention_id = bench.sandbox.say(conversation, "Hello?")["mention"].split("_")
    service = conversation.partition(":")[0]
    asked = {"type": "privatemessage", "topic_id": topic_id, "mention_id": mention_id}
    profile = bench.ask("GET", ADD, asked)["services"][0]
    services = json.dumps([{"type": service, "service_id": profile["service_id"]}])
    return {**asked, "services": services, "message": "Hi!", "status": "queued", **changes}


def test_queued_private_message_is_published_at_once(bench: Bench) -> None:
    answer = bench.ask("POST", ADD, reply(bench, "whatsapp:1"))
    assert answer["messages"] == []
    assert answer["publisher_mention"]["status"] == "published"
    assert bench.thread("whatsapp:1") == ["Hello?", "> Hi!"]


@pytest.mark.parametrize("status", ["draft", "awaitingapproval"])
def test_other_states_are_kept_and_not_published(bench: Bench, status: str) -> None:
    answer = bench.ask("POST", ADD, reply(bench, "twitter:9", status=status))
    assert answer["publisher_mention"]["status"] == status
    assert bench.thread("twitter:9") == ["Hello?"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"message": ""}, (400, "invalid_parameter")),
        ({"mention_id": ""}, (400, "invalid_parameter")),
        ({"mention_id": "77"}, (404, "not_found")),
        ({"services": "[]"}, (400, "invalid_parameter")),
        ({"services": '[{"type":"web","service_id":"livechat-1"}]'}, (400, "invalid_parameter")),
        ({"services": "whatsapp"}, (400, "invalid_parameter")),
        ({"status": "sent"}, (400, "invalid_parameter")),
        ({"type": "letter"}, (400, "invalid_parameter")),
        ({"type": "reply"}, (403, "no_permission")),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_what_cannot_be_published_is_refused(bench: Bench, changes: dict[str, str], expected: tuple[int, str]) -> None:
    fields = reply(bench, "whatsapp:1", **changes)
    assert bench.refused("POST", ADD, fields) == expected
    assert bench.thread("whatsapp:1") == ["Hello?"]


def test_messenger_reply_needs_control(bench: Bench) -> None:
    assert bench.refused("POST", ADD, reply(bench, "facebook:5550001")) == (403, "no_permission")
    bench.ask("POST", ADD, reply(bench, "facebook:5550002"))
    assert bench.thread("facebook:5550002")[-1] == "> Hi!"
