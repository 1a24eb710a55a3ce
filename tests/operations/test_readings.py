"""Asking who holds conversations: one call each, in vain for nobody, and what ends it is told by remote."""

from pathlib import Path

import pytest

from qsc_bot.models.conversation import Control
from tests.api.wire import Wire, envelope, graph_sample, sc
from tests.control.people import AT, person, words
from tests.control.test_messenger import OWNER
from tests.operations.readings_bench import Bench, known

HANDOVER = "GET /1417/inbox/handover/web"


def visitors(count: int, answer: str) -> Wire:
    wire = Wire()
    for number in range(count):
        wire.on(f"{HANDOVER}/{number}", sc(answer))
    return wire


def test_each_is_asked_once_and_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    wire = Wire().on(f"{HANDOVER}/3", sc("error_not_found.404"))
    for number, owner in enumerate(("bot", "agent", "?")):
        wire.on(f"{HANDOVER}/{number}", envelope({"owner": owner}))
    bench = Bench(wire, tmp_path)
    readings = bench.ask([known(f"web:{number}") for number in range(4)])
    assert words(readings) == {"web:0": "bot", "web:1": "agent", "web:2": "unknown", "web:3": "unknown"}
    assert readings[3].note == "web:3 is not known to account 1417"
    assert len(bench.wire.requests) == 4


def test_without_scope_no_further_is_asked_and_all_say_why(tmp_path: Path) -> None:
    bench = Bench(visitors(100, "error_no_permission.403").on("GET /me/accounts", sc("accounts.200")), tmp_path)
    readings = bench.ask([known(f"web:{number}") for number in range(100)])
    assert len(readings) == 100
    assert all("accounts_handover" in (one.note or "") for one in readings)
    assert sum("handover" in call for call in bench.wire.calls) <= 8


def test_with_a_rejected_token_no_further_is_asked_and_all_say_why(tmp_path: Path) -> None:
    bench = Bench(visitors(100, "error_invalid_token.401"), tmp_path)
    readings = bench.ask([known(f"web:{number}") for number in range(100)])
    assert {one.failure.code for one in readings if one.failure} == {"auth.rejected"}
    assert len(readings) == 100
    assert len(bench.wire.requests) <= 8


def test_refusal_of_one_method_leaves_the_others(tmp_path: Path) -> None:
    wire = visitors(1, "error_no_permission.403").on("GET /me/accounts", sc("accounts.200"))
    wire.on("GET /1417/inbox/contact/twitter/1", envelope({"id": 1, "tags": []}))
    bench = Bench(wire, tmp_path)
    assert words(bench.ask([known("web:0"), known("twitter:1")])) == {"web:0": "unknown", "twitter:1": "bot"}


def test_rate_limit_ends_the_asking_of_its_remote_and_no_other(tmp_path: Path) -> None:
    wire = visitors(50, "error_rate_limit_reached.400").on(OWNER, graph_sample("owner_shown.200"))
    bench = Bench(wire, tmp_path)
    readings = bench.ask([*(known(f"web:{number}") for number in range(50)), known("facebook:1")])
    assert words(readings) == {"facebook:1": "agent"}
    assert len(bench.wire.requests) < 30
    assert bench.readings.unread == 50
    assert {remote: stop.code for remote, stop in bench.readings.stops.items()} == {
        "Social Connect": "api.rate_limited"
    }
    stop = bench.readings.stop_of(known("web:7"))
    assert stop is not None
    assert stop.code == "api.rate_limited"
    assert bench.readings.stop_of(known("facebook:2")) is None


def test_asking_about_nobody_costs_nothing(tmp_path: Path) -> None:
    bench = Bench(Wire(), tmp_path)
    assert bench.ask([]) == []
    assert bench.wire.calls == []


def test_what_was_read_stands_in_the_index_and_a_failure_does_not(tmp_path: Path) -> None:
    wire = Wire().on(f"{HANDOVER}/0", envelope({"owner": "agent"})).on(f"{HANDOVER}/1", sc("error_not_found.404"))
    bench = Bench(wire, tmp_path)
    bench.ask([known("web:0"), known("web:1")])
    kept = bench.index.find(person("web:0"))
    assert kept is not None
    assert (kept.control, kept.observed_at) == (Control.AGENT, AT.timestamp())
    assert bench.index.find(person("web:1")) is None


@pytest.mark.parametrize(("tags", "escalated"), [(["escalated to agent"], True), (["vip"], False)])
def test_tag_of_a_conversation_that_moves_otherwise_says_nothing_of_its_holder(
    tmp_path: Path, tags: list[str], escalated: bool
) -> None:
    wire = Wire().on(f"{HANDOVER}/0", envelope({"owner": "agent"}))
    bench = Bench(wire.on("GET /1417/inbox/contact/web/0", envelope({"id": 1, "tags": tags})), tmp_path)
    bench.ask([known("web:0")])
    bench.readings.ask_tags([known("web:0")])
    kept = bench.index.find(person("web:0"))
    assert kept is not None
    assert (kept.control, kept.holder, kept.bears) == ("agent", "agent", escalated)
