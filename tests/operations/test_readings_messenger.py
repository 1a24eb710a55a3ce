"""Reading many Messenger threads: the list for ours, one call for each other."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from qsc_bot.models.conversation import Control
from qsc_bot.models.known import Known
from tests.api.wire import Answer, Wire, body, graph_sample, raw
from tests.control.people import AT, words
from tests.control.test_messenger import MODE, OWNER, PAGE
from tests.operations.readings_bench import Bench, known

LIST = f"GET {PAGE}/conversations"
ZERO = graph_sample("mode_zero_config.200")
ROUTED = graph_sample("mode_routed.200")


def people(count: int, *, active_at: datetime | None = AT) -> list[Known]:
    return [known(f"facebook:{number}", active_at=active_at) for number in range(count)]


def thread(psid: int, *, mine: bool | None, days_old: float = 0) -> dict[str, Any]:
    at = AT - timedelta(days=days_old)
    found: dict[str, Any] = {
        "id": f"t_{psid}",
        "updated_time": at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "participants": {"data": [{"id": str(psid)}, {"id": "1029384756"}]},
    }
    return found if mine is None else found | {"is_owner": mine}


def page(*threads: dict[str, Any], after: str | None = None) -> Answer:
    paging = {"cursors": {"after": after}, "next": "https://graph.facebook.com/next"} if after else {}
    return body({"data": list(threads), "paging": paging})


def agents() -> Answer:
    return graph_sample("owner_shown.200")


def owners(*bots: str) -> Answer:
    """Threads of these people are the bot's, all others the agents'."""

    def tell(request: httpx.Request) -> httpx.Response:
        app_id = 111 if request.url.params["recipient"] in bots else 222
        return httpx.Response(200, json={"data": [{"thread_owner": {"app_id": app_id}}]})

    return tell


def asked(bench: Bench) -> list[str]:
    params = [request.url.params for request in bench.wire.requests]
    return sorted(one["recipient"] for one in params if "recipient" in one)


def test_ours_come_from_the_list_and_only_others_are_asked(tmp_path: Path) -> None:
    wire = Wire().on(MODE, ROUTED).on(OWNER, owners("0", "2"))
    wire.on(LIST, page(thread(0, mine=True), thread(1, mine=False), thread(2, mine=True), thread(99, mine=True)))
    bench = Bench(wire, tmp_path)
    readings = bench.ask(people(5))
    assert words(readings) == {
        "facebook:0": "bot",
        "facebook:1": "agent",
        "facebook:2": "bot",
        "facebook:3": "agent",
        "facebook:4": "agent",
    }
    assert [str(one.id) for one in readings] == [f"facebook:{number}" for number in range(5)]
    assert asked(bench) == ["0", "1", "3", "4"], "the first of ours once, to see that the token is the bot's"
    assert (readings[0].holder, readings[0].observed_at) == ("111", AT)


def test_list_of_another_apps_token_says_nothing_about_the_bot(tmp_path: Path) -> None:
    wire = Wire().on(MODE, ROUTED).on(OWNER, agents()).on(LIST, page(*(thread(one, mine=True) for one in range(4))))
    assert set(words(Bench(wire, tmp_path).ask(people(4))).values()) == {"agent"}


def test_list_is_not_searched_for_people_without_a_known_message(tmp_path: Path) -> None:
    wire = Wire().on(MODE, ROUTED).on(OWNER, agents())
    bench = Bench(wire, tmp_path)
    assert len(bench.ask(people(4, active_at=None))) == 4
    assert LIST not in bench.wire.calls


def test_list_is_read_on_and_never_twice_within_a_run(tmp_path: Path) -> None:
    wire = Wire().on(MODE, ROUTED).on(OWNER, owners("0", "1", "2", "3", "4", "5", "6", "7"))
    wire.on(LIST, page(*(thread(one, mine=True) for one in range(4)), after="AA"))
    bench = Bench(wire, tmp_path)
    bench.ask(people(4))
    wire.on(LIST, page(*(thread(other, mine=True) for other in range(4, 8))))
    assert set(words(bench.ask(people(8))).values()) == {"bot"}
    assert bench.wire.calls.count(LIST) == 2
    assert asked(bench) == ["0"]


def test_missing_is_owner_is_not_ours(tmp_path: Path) -> None:
    wire = Wire().on(MODE, ROUTED).on(OWNER, agents()).on(LIST, page(*(thread(one, mine=None) for one in range(4))))
    bench = Bench(wire, tmp_path)
    assert set(words(bench.ask(people(4))).values()) == {"agent"}
    assert asked(bench) == ["0", "1", "2", "3"]


def test_zero_config_asks_each_and_no_list(tmp_path: Path) -> None:
    wire = Wire().on(MODE, ZERO).on(OWNER, agents())
    bench = Bench(wire, tmp_path)
    assert len(bench.ask(people(6))) == 6
    assert LIST not in bench.wire.calls
    assert asked(bench) == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_are_asked_one_by_one_without_list_or_mode(tmp_path: Path, count: int) -> None:
    wire = Wire().on(OWNER, agents())
    bench = Bench(wire, tmp_path)
    assert len(bench.ask(people(count))) == count
    assert set(bench.wire.calls) <= {OWNER}


def test_list_ends_when_everybody_was_found(tmp_path: Path) -> None:
    wire = Wire().on(MODE, ROUTED).on(OWNER, owners("0"))
    wire.on(LIST, page(*(thread(one, mine=True) for one in range(4)), after="AA"))
    bench = Bench(wire, tmp_path)
    assert set(words(bench.ask(people(4))).values()) == {"bot"}
    assert bench.wire.calls.count(LIST) == 1


def test_list_ends_where_threads_are_older_than_anybody_asked_for(tmp_path: Path) -> None:
    wire = Wire().on(MODE, ROUTED).on(OWNER, owners("0"))
    wire.on(
        LIST,
        page(thread(0, mine=True), after="AA"),
        page(thread(90, mine=True, days_old=2), thread(91, mine=True, days_old=3), after="BB"),
    )
    bench = Bench(wire, tmp_path)
    assert list(words(bench.ask(people(4))).values()) == ["bot", "agent", "agent", "agent"]
    assert bench.wire.calls.count(LIST) == 2


def test_thread_without_time_never_ends_the_list_early(tmp_path: Path) -> None:
    odd = thread(90, mine=True, days_old=9) | {"updated_time": "yesterday"}
    wire = Wire().on(MODE, ROUTED).on(OWNER, owners("0", "90"))
    wire.on(LIST, page(odd, after="AA"), page(*(thread(one, mine=True) for one in range(4))))
    assert set(words(Bench(wire, tmp_path).ask(people(4))).values()) == {"bot"}


def test_thread_with_several_people_is_nobodys(tmp_path: Path) -> None:
    crowd = thread(0, mine=True)
    crowd["participants"]["data"].append({"id": "1"})
    wire = Wire().on(MODE, ROUTED).on(OWNER, agents()).on(LIST, page(crowd))
    assert set(words(Bench(wire, tmp_path).ask(people(4))).values()) == {"agent"}


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (MODE, graph_sample("mode_missing.200")),
        (MODE, graph_sample("permission_10.403")),
        (LIST, graph_sample("temporary_2.400")),
        (LIST, raw(b"<html>")),
    ],
    ids=["no mode", "mode refused", "list unavailable", "list is HTML"],
)
def test_without_the_list_each_is_asked(tmp_path: Path, call: str, answer: Answer) -> None:
    wire = Wire().on(MODE, ROUTED).on(OWNER, agents()).on(LIST, page()).on(call, answer)
    bench = Bench(wire, tmp_path)
    assert set(words(bench.ask(people(4))).values()) == {"agent"}
    assert asked(bench) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("call", [MODE, LIST, OWNER])
def test_rate_limit_ends_it(tmp_path: Path, call: str) -> None:
    wire = Wire().on(MODE, ROUTED).on(OWNER, agents()).on(LIST, page()).on(call, graph_sample("limit_4.400"))
    bench = Bench(wire, tmp_path)
    assert bench.ask(people(4)) == []
    assert bench.readings.unread == 4
    assert {remote: stop.code for remote, stop in bench.readings.stops.items()} == {"Meta": "api.rate_limited"}


def test_rejected_token_makes_everybody_unknown_with_the_reason(tmp_path: Path) -> None:
    rejected = graph_sample("token_190.401")
    wire = Wire().on(MODE, rejected).on(OWNER, rejected)
    bench = Bench(wire, tmp_path)
    readings = bench.ask(people(40))
    assert {one.failure.code for one in readings if one.failure} == {"auth.rejected"}
    assert set(words(readings).values()) == {"unknown"}
    assert len(bench.wire.requests) <= 9


def test_one_that_cannot_be_read_is_unknown_with_its_reason(tmp_path: Path) -> None:
    wire = Wire().on(OWNER, graph_sample("busy_100_2018321.400"))
    (reading,) = Bench(wire, tmp_path).ask(people(1))
    assert reading.control is Control.UNKNOWN
    assert "An automated question is running (100/2018321)" in (reading.note or "")


def test_instagram_is_listed_as_instagram(tmp_path: Path) -> None:
    mode = body({"messaging_feature_status": {"msgr_multi_app": False, "ig_multi_app": True}})
    wire = Wire().on(MODE, mode).on(LIST, page(*(thread(one, mine=True) for one in range(4)))).on(OWNER, owners("0"))
    wanted = [known(f"instagram:{number}", active_at=AT) for number in range(4)]
    bench = Bench(wire, tmp_path)
    assert set(words(bench.ask(wanted)).values()) == {"bot"}
    assert bench.wire.requests[1].url.params["platform"] == "instagram"
