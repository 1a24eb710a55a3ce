"""What a list costs once something is known: exactly the calls that what changed takes."""

import pytest

from tests.cli.calls import CONTACTS, FRESH, HANDOVER, MENTIONS, MODE, OWNER, THREADS, controls, listed, windows
from tests.cli.terminal import Prod

NEWS = {CONTACTS: 1, MENTIONS: 1}
"""What it takes to hear of changes where there are none."""
HOUR = 3600.0


def warm(prod: Prod, seed: str = "demo") -> None:
    """Everything of a seed is known, and its last message is long enough ago to be in order with its reading."""
    prod.sandbox.reset(seed)
    prod.run.now += 600
    assert listed(prod, "--all")[0].code == 0
    prod.run.now += 600
    prod.wire.requests.clear()


def test_nothing_changed_takes_two_calls_and_none_within_two_minutes(prod: Prod) -> None:
    warm(prod)
    first, calls = listed(prod, *FRESH)
    assert calls == NEWS
    prod.run.now += 119
    again, calls = listed(prod)
    assert calls == {}
    assert controls(again) == controls(first)
    assert again.document["summary"]["calls"] == 0
    prod.run.now += 1
    assert listed(prod)[1] == NEWS


@pytest.mark.parametrize("hours", [0, 1, 40])
def test_cached_list_takes_no_call_ever(prod: Prod, hours: int) -> None:
    assert listed(prod, "--cached")[1] == {}
    warm(prod)
    prod.run.now += hours * HOUR
    prod.sandbox.say("web:visitor-1", "Hello?")
    assert listed(prod, "--cached", "--all", "--since", "7d")[1] == {}
    assert listed(prod, "--cached", "--stuck")[1] == {}


@pytest.mark.parametrize("count", [1, 3, 20])
@pytest.mark.parametrize(("service", "each"), [("twitter", None), ("whatsapp", HANDOVER)], ids=["tag", "handover"])
def test_each_new_message_takes_one_reading_where_no_list_tells(
    prod: Prod, service: str, each: str | None, count: int
) -> None:
    warm(prod, f"large:60:{service}")
    for number in range(1, count + 1):
        prod.sandbox.say(f"{service}:{number}", "Hello?")
    assert listed(prod, "--all", *FRESH)[1] == NEWS | ({each: count} if each else {})


@pytest.mark.parametrize(
    ("count", "more"),
    [(1, {OWNER: 1}), (3, {OWNER: 3}), (20, {MODE: 1, THREADS: 1, OWNER: 1})],
    ids=["one", "few", "many"],
)
def test_new_messages_on_messenger_are_looked_up_in_the_list_of_threads(
    prod: Prod, count: int, more: dict[str, int]
) -> None:
    warm(prod, "large:60:facebook")
    for number in range(1, count + 1):
        prod.sandbox.say(f"facebook:{number}", "Hello?")
    assert listed(prod, "--all", *FRESH)[1] == NEWS | more


def test_tag_set_elsewhere_is_seen_without_a_call_more(prod: Prod) -> None:
    warm(prod)
    elsewhere = {"XDG_CACHE_HOME": str(prod.run.home / "elsewhere")}
    assert prod.run("escalation", "add", "twitter:1001", env=elsewhere).code == 0
    assert prod.run("escalation", "remove", "twitter:1002", env=elsewhere).code == 0
    result, calls = listed(prod, *FRESH)
    assert calls == NEWS
    assert (controls(result)["twitter:1001"], controls(result)["twitter:1002"]) == ("agent", "bot")


def test_who_holds_is_asked_again_after_an_hour_without_news(prod: Prod) -> None:
    warm(prod)
    prod.run.now += HOUR
    assert listed(prod, *FRESH)[1] == NEWS | {HANDOVER: 5, OWNER: 2}


def test_window_is_extended_by_its_older_part_alone(prod: Prod) -> None:
    warm(prod)
    assert set(controls(listed(prod, "--since", "7d")[0])) > set(controls(listed(prod)[0]))
    newer, older = windows(prod)
    assert newer == ("2026-11-22T09:11:30Z", None)
    assert older == ("2026-11-15T09:22:30Z", "2026-11-21T09:12:31Z")
    prod.run.now += 600
    assert listed(prod, "--since", "7d")[1] == NEWS
    assert windows(prod) == [("2026-11-22T09:21:30Z", None)]


def test_gap_longer_than_the_window_starts_anew(prod: Prod) -> None:
    warm(prod)
    prod.run.now += 48 * HOUR
    prod.sandbox.say("web:visitor-1", "Hello?")
    found = controls(listed(prod)[0])
    assert set(found) == {"web:visitor-1", "twitter:1002"}
    assert windows(prod) == [("2026-11-23T09:22:30Z", None)]


def test_gap_that_was_started_anew_is_known_to_be_one(prod: Prod) -> None:
    warm(prod)
    prod.run.now += 48 * HOUR
    listed(prod)
    windows(prod)
    assert set(controls(listed(prod, "--since", "7d", *FRESH)[0])) >= {"whatsapp:32470000001", "facebook:5550003"}
    assert windows(prod)[1] == ("2026-11-17T09:22:30Z", "2026-11-23T09:22:31Z")


def test_full_reads_and_asks_everything_again(prod: Prod) -> None:
    prod.sandbox.reset("demo")
    prod.run.now += 600
    _, first = listed(prod)
    prod.run.now += 1
    prod.wire.requests.clear()
    result, again = listed(prod, "--full")
    assert again == first == NEWS | {HANDOVER: 5, OWNER: 2}
    assert not any(item["stale"] for item in result.document["items"])
    assert windows(prod) == [("2026-11-21T09:12:31Z", None)]


@pytest.mark.parametrize("words", [["--full", "--cached"], ["--full", "--max-age", "5m"]], ids=" ".join)
def test_full_contradicts_what_trusts_the_known(prod: Prod, words: list[str]) -> None:
    result, calls = listed(prod, *words)
    assert (result.code, result.error["code"], calls) == (2, "usage.invalid", {})
    assert "leave out --cached and --max-age" in result.error["message"]
