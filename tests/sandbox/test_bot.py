"""The example bot: its story on each method, and what it must survive."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from qsc_bot.sandbox.deliveries import sign_for_messenger, sign_for_social_connect
from tests.sandbox.bench import Bench, MakeBench

SOCIAL_CONNECT, MESSENGER = "/example-bot/social-connect", "/example-bot/messenger"
GOODBYE = "> I am passing you on to a colleague."


@pytest.mark.parametrize("shape", ["owner", "state", "status", "application"])
@pytest.mark.parametrize(
    "conversation", ["twitter:7", "whatsapp:7", "web:7", "viber:7", "twilio:7", "facebook:7", "instagram:7"]
)
def test_bot_answers_then_passes_on_then_stays_silent(make_bench: MakeBench, conversation: str, shape: str) -> None:
    bench = make_bench(handover_shape=shape)
    bench.connect_bot()
    assert bench.sandbox.say(conversation, "Hello")["control"] == "bot"
    assert bench.sandbox.say(conversation, "A HUMAN please")["control"] == "agent"
    assert bench.sandbox.say(conversation, "Anybody?")["control"] == "agent"
    said = ["Hello", "> You wrote: Hello", "A HUMAN please", GOODBYE, "Anybody?"]
    assert bench.thread(conversation) == said


def test_bot_is_silent_when_it_cannot_read_who_holds(make_bench: MakeBench) -> None:
    bench = make_bench(handover_shape="unreadable")
    bench.connect_bot()
    bench.sandbox.say("web:7", "Hello")
    assert bench.thread("web:7") == ["Hello"]


@pytest.mark.parametrize("conversation", ["whatsapp:32470000000", "facebook:5550001"])
def test_bot_is_silent_while_the_contact_is_tagged(bench: Bench, conversation: str) -> None:
    bench.connect_bot(exclude_tag=None)
    fields = {"updates": '{"tags": ["escalated to agent"]}', "topic_ids": "2001"}
    bench.ask("POST", f"/1000/inbox/contact/{conversation.replace(':', '/')}", fields)
    bench.sandbox.say(conversation, "Hello again")
    assert bench.thread(conversation)[-1] == "Hello again"


def test_bot_answers_again_after_the_hand_back(bench: Bench) -> None:
    bench.connect_bot()
    assert bench.sandbox.press_hand_over("whatsapp:32470000001")["control"] == "bot"
    bench.sandbox.say("whatsapp:32470000001", "Thanks")
    assert bench.thread("whatsapp:32470000001")[-1] == "> You wrote: Thanks"


def test_bot_answers_idle_threads_in_zero_config_but_not_the_agents(make_bench: MakeBench) -> None:
    bench = make_bench(messenger_mode="zero-config")
    bench.sandbox.say("facebook:5550003", "Hello")
    assert bench.thread("facebook:5550003")[-1] == "> You wrote: Hello"
    bench.sandbox.say("facebook:5550002", "Hello")
    assert bench.thread("facebook:5550002")[-1] == "Hello"


def mention(bench: Bench) -> dict[str, Any]:
    bench.sandbox.say("twitter:1001", "Ping")
    found: dict[str, Any] = bench.ask("GET", "/1000/inbox/mentions?limit=1")["data"][0]
    return found


def hear(bench: Bench, body: bytes, signature: str | None = None) -> int:
    headers = {"x-signature": sign_for_social_connect(body) if signature is None else signature}
    return bench.client.post(SOCIAL_CONNECT, data=body, headers=headers).status_code


@pytest.mark.parametrize("frame", ["object", "list", "form", "text author id", "unknown fields"])
def test_bot_reads_each_frame_and_answers_a_repeated_delivery_once(bench: Bench, frame: str) -> None:
    item = mention(bench)
    if frame == "text author id":
        item["author"]["id"] = "1001"
    if frame == "unknown fields":
        item |= {"surprise": [1], "message": item["message"] | {"new": None}}
    text = json.dumps([item] if frame == "list" else item)
    body = urlencode({"mention": text}).encode() if frame == "form" else text.encode()
    assert [hear(bench, body), hear(bench, body)] == [200, 200]
    assert bench.thread("twitter:1001")[-2:] == ["Ping", "> You wrote: Ping"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b"{}", b'{"message":null,"author":[]}', b"\xff\xfe", b"mention="],
    ids=repr,
)
def test_bot_survives_what_it_cannot_read(bench: Bench, body: bytes) -> None:
    assert hear(bench, body) == 200


def test_bot_ignores_own_public_and_messenger_mentions(bench: Bench) -> None:
    item = mention(bench)
    own = item | {"id": "1", "author": item["author"] | {"managed": True}}
    public = item | {"id": "2", "message": item["message"] | {"type": "post"}}
    facebook = item | {"id": "3", "source": item["source"] | {"service": "facebook"}}
    empty = item | {"id": "4", "message": item["message"] | {"content": None}}
    assert hear(bench, json.dumps([own, public, facebook, empty]).encode()) == 200
    assert bench.thread("twitter:1001")[-1] == "Ping"


@pytest.mark.parametrize(("signature", "status"), [("wrong", 403), (None, 401)])
def test_bot_refuses_unsigned_and_wrongly_signed_calls(bench: Bench, signature: str | None, status: int) -> None:
    body = json.dumps(mention(bench)).encode()
    headers = {} if signature is None else {"x-signature": signature, "X-Hub-Signature-256": signature}
    for path in (SOCIAL_CONNECT, MESSENGER):
        assert bench.client.post(path, data=body, headers=headers).status_code == status
    assert bench.thread("twitter:1001")[-1] == "Ping"


def test_messenger_event_on_standby_or_repeated_is_not_answered(bench: Bench) -> None:
    event = {"sender": {"id": "5550001"}, "message": {"mid": "m_x", "text": "Ping"}}
    for channel, answers in (("standby", 0), ("messaging", 1), ("messaging", 0)):
        before = len(bench.thread("facebook:5550001"))
        body = json.dumps({"object": "page", "entry": [{channel: [event]}]}).encode()
        headers = {"X-Hub-Signature-256": sign_for_messenger(body)}
        assert bench.client.post(MESSENGER, data=body, headers=headers).status_code == 200
        assert len(bench.thread("facebook:5550001")) - before == answers


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("hub.mode=subscribe&hub.verify_token=sandbox-verify-token&hub.challenge=42", (200, "42")),
        ("hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=42", (403, "")),
        ("hub.verify_token=sandbox-verify-token&hub.challenge=42", (403, "")),
    ],
)
def test_messenger_handshake(bench: Bench, query: str, expected: tuple[int, str]) -> None:
    answer = bench.client.get(f"{MESSENGER}?{query}")
    assert (answer.status_code, answer.get_data(as_text=True)) == expected


def test_bot_stays_silent_when_the_api_fails(bench: Bench) -> None:
    bench.connect_bot()
    bench.sandbox.add_fault("GET /1000/inbox/handover/*", status=500)
    assert bench.sandbox.say("web:7", "Hello")["deliveries"] == [{"webhook": "bot", "status": 200}]
    assert bench.thread("web:7") == ["Hello"]


def test_unknown_bot_path_is_not_found(bench: Bench) -> None:
    assert bench.client.get("/example-bot/else").status_code == 404
    assert bench.client.get(SOCIAL_CONNECT).status_code == 404
