"""Trials of a bot: messages that are sent nowhere, in the form in which they would be."""

import json
from pathlib import Path

import pytest

from qsc_bot.sandbox.trials import Trials
from tests.sandbox.bench import NOW, Bench, MakeBench, Sent

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
    assert (trials.refusals("facebook:t-1"), trials.answers("facebook:t-1")) == (1, 0)


def test_sends_to_others_are_no_refused_try(bench: Bench, trials: Trials) -> None:
    for number in (1, 2):
        trials.receive(f"facebook:t-{number}", "Hello")
        trials.hold(f"facebook:t-{number}", "agent")
    bench.sandbox.say("facebook:t-3", "Hello")
    for number in (2, 3):
        bench.graph("POST", "/1029384756/messages", {"recipient": {"id": f"t-{number}"}, "message": {"text": "Hi"}})
    assert [trials.refusals(f"facebook:t-{number}") for number in (1, 2, 3)] == [0, 1, 0]


def test_messenger_tells_of_each_hand_over_whom_it_concerns(bench: Bench, trials: Trials) -> None:
    trials.receive("facebook:t-1", "Hello")
    told = [trials.hold("facebook:t-1", holder) for holder in ("agent", "agent", "bot", "bot")]
    assert [len(events) for events in told] == [1, 0, 1, 0]
    (taken,), _, (passed,), _ = told
    assert taken["entry"][0]["messaging"][0]["take_thread_control"] == {
        "previous_owner_app_id": "111",
        "new_owner_app_id": "222",
    }
    event = passed["entry"][0]["messaging"][0]
    assert event["pass_thread_control"] == {"previous_owner_app_id": "222", "new_owner_app_id": "111"}
    assert (event["sender"]["id"], event["recipient"]["id"]) == ("t-1", "1029384756")


def test_thread_that_was_idle_is_taken_in_silence(trials: Trials) -> None:
    assert list(trials.hold("facebook:t-1", "agent")) == []
    assert trials.control("facebook:t-1") == "agent"


@pytest.mark.parametrize("conversation", CONVERSATIONS[:2])
def test_hand_over_is_no_event_of_social_connect(trials: Trials, conversation: str) -> None:
    assert [list(trials.hold(conversation, holder)) for holder in ("agent", "bot")] == [[], []]


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("seed", ["demo", "empty"])
def test_ids_are_never_used_again_after_a_reset(bench: Bench, conversation: str, seed: str) -> None:
    ids = []
    for _ in range(3):
        bench.sandbox.reset(seed)
        event = bench.sandbox.trials(ADDRESS).receive(conversation, "Hello")
        said = bench.sandbox.say(conversation, "Hello")["mention"]
        ids += [said, event.get("id") or event["entry"][0]["messaging"][0]["message"]["mid"].removeprefix("m_")]
    assert len({number.removeprefix("2001_") for number in ids}) == 6


def test_ids_are_not_those_of_a_sandbox_that_was_deleted(tmp_path: Path) -> None:
    ids = []
    for name, seconds in (("one", NOW), ("another", NOW + 1)):
        bench = Bench(tmp_path / name, seconds=seconds)
        ids.append(bench.sandbox.trials(ADDRESS).receive("twitter:t-1", "Hello")["id"])
        bench.sandbox.close()
    assert len(set(ids)) == 2


def test_ids_of_a_seed_are_those_that_are_documented(bench: Bench) -> None:
    def listed() -> list[str]:
        return [item["id"] for item in bench.ask("GET", "/1000/inbox/mentions")["data"]]

    before = listed()
    bench.sandbox.trials(ADDRESS).receive("twitter:t-1", "Hello")
    bench.sandbox.reset("demo")
    assert listed() == before


def test_new_hour_gives_every_user_all_calls(make_bench: MakeBench) -> None:
    bench = make_bench(rate_limit=1)
    bench.ask("GET", "/me")
    assert bench.refused("GET", "/me")[1] == "rate_limit_reached"
    bench.sandbox.trials(ADDRESS).begin_hour()
    bench.ask("GET", "/me")
