"""Faults: which call they hit, what they leave done, and what the caller sees."""

from typing import Any

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.sandbox.faults import ConnectionCut, Delayed
from tests.sandbox.bench import Bench, MakeBench

HANDOVER = "/1000/inbox/handover/web/visitor-1"
PATTERN = "POST /*/inbox/handover/*"
IN_MEMORY = {"qsc_bot.in_memory": True, "qsc_bot.timeout_seconds": 10.0}


def post(bench: Bench, environ: dict[str, Any] | None = None) -> Any:
    return bench.request("POST", HANDOVER, environ_overrides=environ or {})


def holder(bench: Bench) -> str:
    return str(bench.ask("GET", HANDOVER)["owner"])


def test_fault_hits_as_often_as_told_and_only_what_matches(bench: Bench) -> None:
    bench.sandbox.add_fault(PATTERN, status=500, times=2)
    assert bench.request("GET", HANDOVER).status_code == 200
    assert [post(bench).status_code for _ in range(3)] == [500, 500, 200]


def test_fault_for_ever_lasts_until_cleared(bench: Bench) -> None:
    bench.sandbox.add_fault("/me", status=503, times=None)
    assert [bench.request("GET", "/me").status_code for _ in range(4)] == [503] * 4
    assert bench.sandbox.clear_faults() == 1
    assert bench.request("GET", "/me").status_code == 200


def test_faults_queue_and_stay_readable(bench: Bench) -> None:
    bench.sandbox.add_fault("GET /me", status=500)
    added = bench.sandbox.add_fault("GET /me", status=502, times=3)
    assert [bench.request("GET", "/me").status_code for _ in range(2)] == [500, 502]
    first, second = bench.sandbox.faults()
    assert (first["used"], first["left"]) == (1, 0)
    assert second == {**added, "used": 1, "left": 2}
    assert second == {
        "id": 2,
        "pattern": "GET /me",
        "status": 502,
        "delay_seconds": None,
        "cut": None,
        "body": None,
        "rate_limit": False,
        "rate_percent": None,
        "seed": 0,
        "times": 3,
        "used": 1,
        "left": 2,
    }
    assert bench.sandbox.status()["faults"] == [first, second]


def test_rate_lets_a_share_of_the_calls_fail_the_same_ones_by_one_seed(bench: Bench) -> None:
    def hit(seed: int) -> list[int]:
        bench.sandbox.clear_faults()
        bench.sandbox.add_fault("/me", status=500, times=None, rate_percent=20, seed=seed)
        return [number for number in range(200) if bench.request("GET", "/me").status_code == 500]

    first = hit(1)
    assert 20 <= len(first) <= 60
    assert bench.sandbox.faults()[0]["used"] == len(first)
    assert hit(1) == first != hit(2)


def test_call_that_one_rate_misses_can_be_hit_by_the_next_fault(bench: Bench) -> None:
    bench.sandbox.add_fault("/me", status=500, times=2, rate_percent=50, seed=1)
    bench.sandbox.add_fault("/me", status=502, times=None)
    found = [bench.request("GET", "/me").status_code for _ in range(20)]
    assert (found.count(500), found.count(502)) == (2, 18)
    assert found != [500, 500] + [502] * 18


@pytest.mark.parametrize("rate", [-1, 100.5])
def test_rate_that_is_no_share_is_refused(bench: Bench, rate: float) -> None:
    with pytest.raises(QscBotError):
        bench.sandbox.add_fault("/me", status=500, rate_percent=rate)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, "internal_server_error"),
        (401, "invalid_token"),
        (403, "no_permission"),
        (404, "not_found"),
        (400, "invalid_parameter"),
        (429, "rate_limit_reached"),
    ],
)
def test_status_fault_does_nothing_and_has_the_envelope(bench: Bench, status: int, error: str) -> None:
    bench.sandbox.add_fault(PATTERN, status=status)
    assert bench.refused("POST", HANDOVER) == (status, error)
    assert holder(bench) == "application"


@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ({"status": 500}, 500, 2),
        ({"status": 401}, 401, 190),
        ({"status": 403}, 403, 10),
        ({"status": 400}, 400, 100),
        ({"rate_limit": True}, 400, 4),
    ],
)
def test_status_fault_on_graph_has_metas_envelope(bench: Bench, rule: dict[str, Any], status: int, code: int) -> None:
    bench.sandbox.add_fault("GET /graph/*", **rule)
    answer = bench.graph("GET", "/me/thread_owner?recipient=5550001")
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)


def test_rate_limit_fault_is_http_400_with_headers(bench: Bench) -> None:
    bench.sandbox.add_fault(PATTERN, rate_limit=True)
    answer = post(bench)
    assert (answer.status_code, answer.json["error"]) == (400, "rate_limit_reached")
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert holder(bench) == "application"


@pytest.mark.parametrize(
    ("body", "kind", "starts"),
    [
        ("broken-json", "application/json", b'{"meta":{"code":200},"response":{"count"'),
        ("html", "text/html", b"<!doctype html>"),
        ("wrong-shape", "application/json", b'{"meta":{"code":200},"response":"unexpected"'),
    ],
)
@pytest.mark.parametrize(("status", "done"), [(None, True), (502, False)])
def test_spoiled_body(bench: Bench, body: str, kind: str, starts: bytes, status: int | None, done: bool) -> None:
    bench.sandbox.add_fault(PATTERN, body=body, status=status)
    answer = post(bench)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status or 200, kind)
    assert answer.get_data().startswith(starts)
    assert holder(bench) == ("social_connect" if done else "application")


@pytest.mark.parametrize(
    ("cut", "owner"), [("before", "application"), ("after", "social_connect")], ids=["before", "after"]
)
def test_cut_in_memory_is_an_exception_that_tells_the_effect(bench: Bench, cut: str, owner: str) -> None:
    bench.sandbox.add_fault(PATTERN, cut=cut)
    with pytest.raises(ConnectionCut) as caught:
        post(bench, IN_MEMORY)
    assert caught.value.after_effect is (cut == "after")
    assert holder(bench) == owner


@pytest.mark.parametrize("cut", ["before", "after"])
def test_cut_on_a_socket_announces_more_than_it_sends(bench: Bench, cut: str) -> None:
    bench.sandbox.add_fault(PATTERN, cut=cut)
    answer = post(bench)
    assert answer.get_data() == b""
    assert int(answer.headers["Content-Length"]) > 0


def test_delay_longer_than_the_caller_waits_is_a_time_out_after_the_effect(bench: Bench) -> None:
    bench.sandbox.add_fault(PATTERN, delay_seconds=11)
    with pytest.raises(Delayed) as caught:
        post(bench, IN_MEMORY)
    assert caught.value.after_effect is True
    assert (holder(bench), bench.slept) == ("social_connect", [])


def test_delay_of_a_failing_call_had_no_effect(bench: Bench) -> None:
    bench.sandbox.add_fault(PATTERN, delay_seconds=11, status=500)
    with pytest.raises(Delayed) as caught:
        post(bench, IN_MEMORY)
    assert caught.value.after_effect is False


@pytest.mark.parametrize("environ", [None, IN_MEMORY], ids=["socket", "in memory"])
def test_short_delay_is_slept(bench: Bench, environ: dict[str, Any] | None) -> None:
    bench.sandbox.add_fault(PATTERN, delay_seconds=9)
    assert post(bench, environ).status_code == 200
    assert bench.slept == [9]


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("GET /me", {}),
        ("me", {"status": 500}),
        ("get /me", {"status": 500}),
        ("GET /me", {"cut": "middle"}),
        ("GET /me", {"body": "xml"}),
        ("GET /me", {"status": 99}),
        ("GET /me", {"delay_seconds": -1}),
        ("GET /me", {"status": 500, "times": 0}),
    ],
)
def test_useless_fault_is_refused(bench: Bench, pattern: str, rule: dict[str, Any]) -> None:
    with pytest.raises(QscBotError) as caught:
        bench.sandbox.add_fault(pattern, **rule)
    assert caught.value.code == "usage.invalid"
    assert bench.sandbox.faults() == []


def test_failing_delivery_is_counted(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.connect_bot()
    bench.sandbox.add_fault("POST /example-bot/*", status=500)
    assert bench.sandbox.say("web:7", "Hello")["deliveries"] == [{"webhook": "bot", "status": 500}]
    assert bench.sandbox.status()["deliveries"]["by_webhook"]["bot"] == {
        "sent": 0,
        "failed": 1,
        "last_status": 500,
        "last_error": "answered 500",
    }
