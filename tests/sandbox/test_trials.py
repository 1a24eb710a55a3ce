"""Trials of a bot: messages that are sent nowhere, in the form in which they would be."""

import json

import pytest

from qsc_bot.sandbox.trials import Trials
from tests.sandbox.bench import Bench, MakeBench, Sent

ADDRESS = "http://127.0.0.1:1"
CONVERSATIONS = ["twitter:t-1", "whatsapp:t-1", "facebook:t-1"]


@pytest.fixture
def trials(bench: Bench) -> Trials:
    return bench.sandbox.trials(ADDRESS)


def test_received_message_is_the_mention_that_a_recipe_would_send(bench: Bench, trials: Trials) -> None:
    event = trials.receive("twitter:t-1", "Hello")
    listed = bench.ask("GET", "/1000/inbox/mentions?limit=1")["data"][0]
    assert event.pop("action_links")[0]["link"].startswith(ADDRESS)
    assert event == {name: value for name, value in listed.items() if name != "action_links"}


def test_received_message_is_the_event_that_messenger_would_send(receiving: Bench, sent: list[Sent]) -> None:
    receiving.sandbox.say("facebook:t-1", "Hello")
    ((_, _, body),) = sent
    event = receiving.sandbox.trials(ADDRESS).receive("facebook:t-1", "Hello")
    real = json.loads(body)
    for one in (event, real):
        one["entry"][0]["messaging"][0]["message"].pop("mid")
    assert event == real


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_trials_send_nothing(receiving: Bench, sent: list[Sent], conversation: str) -> None:
    receiving.connect_bot()
    trials = receiving.sandbox.trials(ADDRESS)
    trials.receive(conversation, "Hello")
    trials.speak(conversation, "Hi")
    trials.hold(conversation, "agent")
    assert sent == []
    assert trials.answers(conversation) == 1


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_holder_changes_by_the_channels_method(trials: Trials, conversation: str) -> None:
    trials.hold(conversation, "agent")
    event = trials.receive(conversation, "Hello")
    assert trials.control(conversation) == "agent"
    assert event.get("author", {}).get("tags", []) == (["escalated to agent"] if "twitter" in conversation else [])
    assert ("standby" in event.get("entry", [{}])[0]) is conversation.startswith("facebook")
    trials.hold(conversation, "bot")
    trials.receive(conversation, "Hello")
    assert trials.control(conversation) == "bot"


def test_hand_back_leaves_the_other_tags(bench: Bench, trials: Trials) -> None:
    trials.hold("twitter:1001", "agent")
    fields = {"updates": '{"tags": ["vip"]}', "options": '{"tags_edit_mode": "add"}'}
    bench.ask("POST", "/1000/inbox/contact/twitter/1001", fields)
    trials.hold("twitter:1001", "bot")
    assert "vip" in bench.ask("GET", "/1000/inbox/contact/twitter/1001")["tags"]


def test_own_message_is_known_as_such(trials: Trials) -> None:
    trials.receive("twitter:t-1", "Hello")
    assert trials.speak("twitter:t-1", "Hi")["author"]["managed"] is True
    trials.receive("facebook:t-1", "Hello")
    (event,) = trials.speak("facebook:t-1", "Hi")["entry"][0]["messaging"]
    assert (event["message"]["is_echo"], event["recipient"]["id"]) == (True, "t-1")


def test_refused_try_to_send_is_counted(bench: Bench, trials: Trials) -> None:
    trials.receive("facebook:t-1", "Hello")
    trials.hold("facebook:t-1", "agent")
    body = {"recipient": {"id": "t-1"}, "message": {"text": "Hi"}}
    assert bench.graph("POST", "/1029384756/messages", body)[0] == 400
    assert (trials.tries(), trials.answers("facebook:t-1")) == (1, 0)


def test_new_hour_gives_every_user_all_calls(make_bench: MakeBench) -> None:
    bench = make_bench(rate_limit=1)
    bench.ask("GET", "/me")
    assert bench.refused("GET", "/me")[1] == "rate_limit_reached"
    bench.sandbox.trials(ADDRESS).begin_hour()
    bench.ask("GET", "/me")
