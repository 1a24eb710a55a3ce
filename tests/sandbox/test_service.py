"""What people do in the sandbox, its seeds, its status, and several processes on one file."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qsc_bot.errors import QscBotError
from tests.sandbox.bench import NOW, Bench, MakeBench


def press(bench: Bench, conversation: str) -> dict[str, Any]:
    return bench.sandbox.press_hand_over(conversation)


def control(bench: Bench) -> dict[str, str]:
    return {item["id"]: item["control"] for item in bench.sandbox.status()["conversations"]}


def test_new_sandbox_tells_the_demo_story(bench: Bench) -> None:
    assert control(bench) == {
        "twitter:1001": "bot",
        "twitter:1002": "agent",
        "twitter:1003": "bot",
        "whatsapp:32470000000": "bot",
        "whatsapp:32470000001": "agent",
        "whatsapp:32470000003": "bot",
        "web:visitor-1": "bot",
        "viber:viber-1": "bot",
        "facebook:5550001": "bot",
        "facebook:5550002": "agent",
        "facebook:5550003": "idle",
    }
    assert bench.ask("GET", "/1000/sandbox/automation/recipes")["count"] == 0


def test_status_is_json_and_counts_by_endpoint(bench: Bench) -> None:
    bench.request("GET", "/1000/inbox/mentions?limit=1")
    bench.request("GET", "/1000/inbox/mentions")
    bench.graph("GET", "/me/thread_owner?recipient=5550001")
    status = json.loads(json.dumps(bench.sandbox.status()))
    assert status["requests"] == {
        "GET /{account_id}/inbox/mentions": 2,
        "GET /graph/{page}/thread_owner": 1,
    }
    assert set(status) == {
        "address",
        "seed",
        "clock_offset_s",
        "contacts",
        "requests",
        "conversations",
        "faults",
        "deliveries",
    }
    assert (status["address"], status["seed"], status["contacts"]) == ("http://127.0.0.1:8081", "demo", 11)
    assert status["deliveries"] == {"sent": 0, "failed": 0, "by_webhook": {}}


def test_unknown_customer_is_created_by_writing(bench: Bench) -> None:
    told = bench.sandbox.say("twilio:32471", "Hello", name="Kim New")
    assert (told["conversation"], told["control"], told["deliveries"]) == ("twilio:32471", "bot", [])
    contact = bench.ask("GET", "/1000/inbox/contact/twilio/32471", {"topic_ids": "2001"})
    assert (contact["name"], contact["phone"]) == ("Kim New", "+32471")
    assert bench.ask("GET", "/1000/inbox/mentions?limit=1")["data"][0]["unique_id"] == told["mention"]


@pytest.mark.parametrize(
    ("conversation", "code"),
    [
        ("whatsapp", "usage.id"),
        (":1", "usage.id"),
        ("whatsapp:", "usage.id"),
        ("myspace:1", "usage.invalid"),
    ],
)
def test_malformed_conversation_is_refused(bench: Bench, conversation: str, code: str) -> None:
    for act in (bench.sandbox.say, bench.sandbox.agent_reply):
        with pytest.raises(QscBotError) as caught:
            act(conversation, "Hello")
        assert caught.value.code == code


@pytest.mark.parametrize("conversation", ["twitter:404", "twitter:1999"], ids=["unknown", "only public"])
def test_agents_need_a_conversation(bench: Bench, conversation: str) -> None:
    with pytest.raises(QscBotError) as caught:
        bench.sandbox.agent_reply(conversation, "Hello")
    assert caught.value.code == "conversation.not_found"
    with pytest.raises(QscBotError):
        bench.sandbox.press_hand_over(conversation)


def test_public_author_gets_a_conversation_by_writing_in_private(bench: Bench) -> None:
    assert "twitter:1999" not in control(bench)
    bench.sandbox.say("twitter:1999", "Hello")
    assert control(bench)["twitter:1999"] == "bot"


@pytest.mark.parametrize("conversation", ["twitter:1001", "whatsapp:32470000000", "facebook:5550002"])
def test_agent_reply_is_an_own_message(bench: Bench, conversation: str) -> None:
    bench.sandbox.agent_reply(conversation, "Hello from Ana")
    assert bench.thread(conversation)[-1] == "> Hello from Ana"


@pytest.mark.parametrize("conversation", ["facebook:5550001", "facebook:5550003"])
def test_agent_cannot_write_on_messenger_without_control(bench: Bench, conversation: str) -> None:
    with pytest.raises(QscBotError) as caught:
        bench.sandbox.agent_reply(conversation, "Hi")
    assert caught.value.code == "sandbox.not_allowed"
    with pytest.raises(QscBotError) as caught:
        press(bench, conversation)
    assert caught.value.code == "sandbox.not_allowed"
    assert bench.thread(conversation)[-1] != "> Hi"


@pytest.mark.parametrize("conversation", ["whatsapp:32470000001", "facebook:5550002"])
def test_button_gives_the_conversation_back_without_counting_as_a_call(bench: Bench, conversation: str) -> None:
    assert press(bench, conversation)["control"] == "bot"
    writes = {item["id"]: item["writes"] for item in bench.sandbox.status()["conversations"]}
    assert (control(bench)[conversation], writes[conversation]) == ("bot", 0)


def test_there_is_no_button_on_tag_channels(bench: Bench) -> None:
    with pytest.raises(QscBotError, match="takes the tag off") as caught:
        press(bench, "twitter:1002")
    assert caught.value.code == "sandbox.not_allowed"


def test_clock_moves_and_its_offset_adds_up(bench: Bench) -> None:
    assert [bench.sandbox.advance(60), bench.sandbox.advance(0.5)] == [60.0, 60.5]
    bench.sandbox.say("twitter:1001", "Later")
    newest = bench.ask("GET", "/1000/inbox/mentions?limit=1")["data"][0]
    assert newest["date"]["added"] == int(NOW) + 60
    assert bench.sandbox.status()["clock_offset_s"] == 60.5


def test_reset_forgets_everything(bench: Bench) -> None:
    bench.connect_bot()
    bench.sandbox.advance(99)
    bench.sandbox.add_fault("GET /me", status=500)
    bench.sandbox.say("web:7", "Hello")
    bench.sandbox.reset("empty")
    status = bench.sandbox.status()
    assert status == {
        "address": "http://127.0.0.1:8081",
        "seed": "empty",
        "clock_offset_s": 0.0,
        "contacts": 0,
        "requests": {},
        "conversations": [],
        "faults": [],
        "deliveries": {"sent": 0, "failed": 0, "by_webhook": {}},
    }
    assert bench.request("GET", "/me").headers["x-ratelimit-remaining"] == "349"
    assert bench.ask("GET", "/1000/sandbox/automation/webhooks")["count"] == 0


def test_empty_sandbox_still_has_the_example_bot_on_messenger(make_bench: MakeBench) -> None:
    bench = make_bench(seed="empty")
    bench.sandbox.say("facebook:1", "Hello")
    assert bench.thread("facebook:1") == ["Hello", "> You wrote: Hello"]


@pytest.mark.parametrize("seed", ["", "huge", "large", "large:0", "large:x", "large:5:myspace", "demo "])
def test_unknown_seed_changes_nothing(bench: Bench, seed: str) -> None:
    with pytest.raises(QscBotError) as caught:
        bench.sandbox.reset(seed)
    assert caught.value.code == "usage.invalid"
    assert bench.sandbox.status()["seed"] == "demo"


def count(bench: Bench, sql: str) -> Any:
    with sqlite3.connect(bench.path) as db:
        rows = db.execute(sql).fetchall()
    db.close()
    return dict(rows)


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        ("large:1000", {"twitter": 600, "whatsapp": 300, "facebook": 100}),
        ("large:7", {"twitter": 5, "whatsapp": 2}),
        ("large:50:viber", {"viber": 50}),
        ("large:50:facebook", {"facebook": 50}),
    ],
)
def test_large_seed_has_the_shares(make_bench: MakeBench, seed: str, expected: dict[str, int]) -> None:
    bench = make_bench(seed=seed)
    number = sum(expected.values())
    for table in ("people", "mentions"):
        assert count(bench, f"SELECT service, count(*) FROM {table} GROUP BY 1") == expected
    tagged = bench.ask("GET", "/1000/inbox/contacts", {"filter": 'contacttag:"escalated to agent"'})
    assert (tagged["count"], bench.sandbox.status()["contacts"]) == (number // 5, number)
    assert count(bench, "SELECT service, count(*) FROM threads WHERE owner = '111' GROUP BY 1") == {
        service: amount for service, amount in expected.items() if service == "facebook"
    }
    assert count(bench, "SELECT 'oldest', min(added) FROM mentions")["oldest"] > NOW - 86400
    assert count(bench, "SELECT 'newest', max(added) FROM mentions")["newest"] <= NOW


def test_large_sandbox_shows_only_conversations_that_were_written_to(make_bench: MakeBench) -> None:
    bench = make_bench(seed="large:100")
    bench.ask("POST", "/1000/inbox/handover/whatsapp/3")
    shown = bench.sandbox.status()["conversations"]
    assert shown == [{"id": "whatsapp:3", "control": "agent", "writes": 1}]


def test_two_sandboxes_share_one_file(make_bench: MakeBench) -> None:
    one, other = make_bench(), make_bench(handover_shape="state")
    one.ask("POST", "/1000/inbox/handover/web/visitor-1")
    assert other.ask("GET", "/1000/inbox/handover/web/visitor-1") == {"state": "agent"}
    other.sandbox.advance(5)
    assert one.sandbox.advance(5) == 10.0
    assert other.request("GET", "/me").headers["x-ratelimit-remaining"] == "347"


WRITER = """
import sys
from pathlib import Path
from qsc_bot.sandbox.service import open_in_memory
sandbox = open_in_memory(Path(sys.argv[1]), clock=lambda: 1795000000.0, sleep=lambda _: None)
for number in range(40):
    sandbox.say("twitter:" + sys.argv[2], "message " + str(number))
sandbox.close()
"""


def test_several_processes_begin_and_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number)], stderr=subprocess.PIPE)
        for number in range(4)
    ]
    assert [(writer.communicate(timeout=60)[1], writer.returncode) for writer in writers] == [(b"", 0)] * 4
    bench = Bench(path=path)
    found = bench.ask("GET", "/1000/inbox/mentions", {"filter": "source:twitter AND type:privatemessage"})
    bench.sandbox.close()
    assert found["count"] == 4 * 40 + 7


def test_state_file_is_for_its_owner_only(bench: Bench) -> None:
    bench.sandbox.say("twitter:1001", "Hello")
    modes = {path.name: path.stat().st_mode & 0o777 for path in bench.path.parent.glob("sandbox.db*")}
    assert set(modes.values()) == {0o600}
