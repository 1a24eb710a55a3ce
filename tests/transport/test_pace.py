"""Pacing: what is counted, what is known to be left, and what is spread."""

import httpx
import pytest

from qsc_bot.transport.pace import CONVERSATIONS_INTERVAL_SECONDS, Meter, PacedTransport
from tests.transport.bench import NOW, Script, Time, request

CONVERSATIONS = "https://graph.facebook.com/v25.0/1029384756/conversations?platform=messenger"


def paced(time: Time, meter: Meter, *responses: httpx.Response | httpx.TransportError) -> PacedTransport:
    return PacedTransport(Script(list(responses)), meter=meter, clock=time.clock, sleep=time.sleep)


def test_every_answer_is_counted() -> None:
    meter = Meter()
    transport = paced(Time(), meter, *(httpx.Response(status) for status in (200, 404, 500)))
    for _ in range(3):
        transport.handle_request(request())
    assert meter.calls == 3


def test_what_is_left_is_taken_from_the_headers() -> None:
    meter = Meter()
    headers = {"x-ratelimit-remaining": "349", "x-ratelimit-reset": "1795003600"}
    paced(Time(), meter, httpx.Response(200, headers=headers)).handle_request(request())
    assert (meter.left, meter.reset_at_unix) == (349, 1795003600)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"x-ratelimit-remaining", b""), (b"x-ratelimit-reset", b"soon")],
        [(b"x-ratelimit-remaining", b"-1"), (b"x-ratelimit-reset", b"1.5")],
        [(b"x-ratelimit-remaining", b"\xb2"), (b"x-ratelimit-reset", b"\xb3")],
    ],
    ids=["missing", "words", "no whole numbers", "superscripts"],
)
def test_headers_without_a_number_change_nothing(headers: list[tuple[bytes, bytes]]) -> None:
    meter = Meter(left=12, reset_at_unix=int(NOW))
    paced(Time(), meter, httpx.Response(200, headers=headers)).handle_request(request())
    assert (meter.calls, meter.left, meter.reset_at_unix) == (1, 12, NOW)


def test_nothing_is_known_before_the_first_answer() -> None:
    meter = Meter()
    assert (meter.calls, meter.left, meter.reset_at_unix) == (0, None, None)


def test_conversations_keep_metas_distance() -> None:
    time = Time()
    transport = paced(time, Meter(), *(httpx.Response(200) for _ in range(4)))
    for _ in range(4):
        transport.handle_request(request(url=CONVERSATIONS))
    assert time.slept == [CONVERSATIONS_INTERVAL_SECONDS] * 3


def test_conversations_far_apart_do_not_wait() -> None:
    time = Time()
    transport = paced(time, Meter(), httpx.Response(200), httpx.Response(200), httpx.Response(200))
    transport.handle_request(request(url=CONVERSATIONS))
    time.unix += 0.4
    transport.handle_request(request(url=CONVERSATIONS))
    time.unix += 60
    transport.handle_request(request(url=CONVERSATIONS))
    assert time.slept == [pytest.approx(0.1)]


@pytest.mark.parametrize(
    "url", ["https://api.engagor.com/1417/inbox/mentions", "https://graph.facebook.com/v25.0/1/thread_owner"]
)
def test_other_calls_are_not_spread(url: str) -> None:
    time = Time()
    transport = paced(time, Meter(), *(httpx.Response(200) for _ in range(5)))
    for _ in range(5):
        transport.handle_request(request(url=url))
    assert time.slept == []


def test_clock_that_jumps_back_never_holds_a_call_long() -> None:
    time = Time()
    transport = paced(time, Meter(), httpx.Response(200), httpx.Response(200))
    transport.handle_request(request(url=CONVERSATIONS))
    time.unix -= 86400
    transport.handle_request(request(url=CONVERSATIONS))
    assert time.slept == [CONVERSATIONS_INTERVAL_SECONDS]


def test_date_of_the_answer_sets_the_clock() -> None:
    time = Time()
    clock = time.clock
    date = {"date": "Wed, 18 Nov 2026 14:06:40 GMT"}
    script = Script([httpx.Response(200, headers=date)])
    PacedTransport(script, meter=Meter(), clock=clock, sleep=time.sleep).handle_request(request())
    assert clock.unix() == NOW + 3 * 3600


def test_call_without_answer_is_passed_on() -> None:
    meter = Meter()
    with pytest.raises(httpx.ReadError):
        paced(Time(), meter, httpx.ReadError("cut")).handle_request(request())


def test_answers_that_overtake_each_other_tell_the_least_that_is_left_of_the_hour() -> None:
    meter = Meter()
    for left, reset in (("349", "100"), ("347", "100"), ("348", "100")):
        meter.read(httpx.Headers({"x-ratelimit-remaining": left, "x-ratelimit-reset": reset}))
    assert meter.left == 347
    meter.read(httpx.Headers({"x-ratelimit-remaining": "350", "x-ratelimit-reset": "3700"}))
    assert meter.left == 350
