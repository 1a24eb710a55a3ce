"""Retries: reads again, writes never once anything was sent, limits as told."""

import httpx
import pytest

from qsc_bot.transport.retry import ATTEMPTS, LONGEST_WAIT_SECONDS, RetryTransport, is_rate_limit
from tests.transport.bench import NOW, Script, Step, Time, request

LIMIT = {"code": 400, "error": "rate_limit_reached", "error_description": "", "error_details": []}
UNSENT = (httpx.ConnectError("[Errno 111] refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full"))
SENT = (httpx.ReadError("cut"), httpx.WriteError("cut"), httpx.RemoteProtocolError("gone"))
LATE = (httpx.ReadTimeout("slow"), httpx.WriteTimeout("slow"))


def ok() -> httpx.Response:
    return httpx.Response(200, json={"meta": {"code": 200}, "response": {}})


def limited(headers: dict[str, str] | None = None, *, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json=LIMIT, headers=headers)


def play(
    method: str, *steps: Step, time: Time | None = None
) -> tuple[httpx.Response | httpx.TransportError, int, list[float]]:
    time, script = time or Time(), Script(list(steps))
    retry = RetryTransport(script, clock=time.clock, sleep=time.sleep, jitter=lambda: 0.0)
    result: httpx.Response | httpx.TransportError
    try:
        result = retry.handle_request(request(method))
    except httpx.TransportError as error:
        result = error
    return result, len(script.requests), time.slept


def status_of(result: httpx.Response | httpx.TransportError) -> int:
    assert isinstance(result, httpx.Response)
    return result.status_code


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_broken_read_is_read_again(status: int) -> None:
    result, calls, slept = play("GET", httpx.Response(status), httpx.Response(status), ok())
    assert (status_of(result), calls, slept) == (200, 3, [0.25, 0.5])


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_broken_write_is_never_sent_again(method: str, status: int) -> None:
    result, calls, slept = play(method, httpx.Response(status))
    assert (status_of(result), calls, slept) == (status, 1, [])


def test_attempts_end_with_the_last_answer() -> None:
    result, calls, _ = play("GET", *(httpx.Response(502 + number) for number in range(ATTEMPTS)))
    assert (status_of(result), calls) == (502 + ATTEMPTS - 1, ATTEMPTS)


def test_attempts_end_with_the_last_error() -> None:
    errors = [httpx.ReadError(f"cut {number}") for number in range(ATTEMPTS)]
    result, calls, slept = play("GET", *errors)
    assert result is errors[-1]
    assert (calls, len(slept)) == (ATTEMPTS, ATTEMPTS - 1)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 501])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_settled_answer_is_taken_as_it_is(method: str, status: int) -> None:
    result, calls, slept = play(method, httpx.Response(status, json={}))
    assert (status_of(result), calls, slept) == (status, 1, [])


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("error", UNSENT, ids=lambda error: type(error).__name__)
def test_what_was_never_sent_is_sent_again(method: str, error: httpx.TransportError) -> None:
    result, calls, _ = play(method, error, error, ok())
    assert (status_of(result), calls) == (200, 3)


@pytest.mark.parametrize("error", SENT, ids=lambda error: type(error).__name__)
def test_broken_connection_is_for_reads_to_repeat(error: httpx.TransportError) -> None:
    result, calls, _ = play("GET", error, ok())
    assert (status_of(result), calls) == (200, 2)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("error", [*SENT, *LATE], ids=lambda error: type(error).__name__)
def test_write_is_not_repeated_once_anything_was_sent(method: str, error: httpx.TransportError) -> None:
    result, calls, slept = play(method, error)
    assert result is error
    assert (calls, slept) == (1, [])


@pytest.mark.parametrize("error", LATE, ids=lambda error: type(error).__name__)
def test_late_answer_is_not_waited_for_twice(error: httpx.TransportError) -> None:
    assert play("GET", error)[1] == 1


@pytest.mark.parametrize("text", ["[SSL: CERTIFICATE_VERIFY_FAILED] x", "[SSL] record layer failure"])
def test_failed_tls_stays_failed(text: str) -> None:
    assert play("GET", httpx.ConnectError(text))[1] == 1


WAITS: dict[str, tuple[dict[str, str], float]] = {
    "reset": ({"x-ratelimit-reset": f"{NOW + 7:.0f}"}, 7.0),
    "reset at the cap": ({"x-ratelimit-reset": f"{NOW + LONGEST_WAIT_SECONDS:.0f}"}, LONGEST_WAIT_SECONDS),
    "reset in the past": ({"x-ratelimit-reset": f"{NOW - 50:.0f}"}, 0.0),
    "retry-after": ({"retry-after": "3"}, 3.0),
    "retry-after before reset": ({"retry-after": "2", "x-ratelimit-reset": f"{NOW + 3000:.0f}"}, 2.0),
    "nothing": ({}, 0.25),
    "some left": ({"x-ratelimit-remaining": "12"}, 0.25),
    "unreadable": ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "x-ratelimit-reset": "soon"}, 0.25),
}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("status", [400, 429])
@pytest.mark.parametrize(("headers", "seconds"), WAITS.values(), ids=WAITS)
def test_rate_limit_waits_as_told(method: str, status: int, headers: dict[str, str], seconds: float) -> None:
    result, calls, slept = play(method, limited(headers, status=status), ok())
    assert (status_of(result), calls, slept) == (200, 2, [seconds])


STOPS: dict[str, dict[str, str]] = {
    "reset beyond the cap": {"x-ratelimit-reset": f"{NOW + LONGEST_WAIT_SECONDS + 1:.0f}"},
    "reset in an hour": {"x-ratelimit-reset": f"{NOW + 3600:.0f}"},
    "retry-after beyond the cap": {"retry-after": "11"},
    "nothing left and no reset": {"x-ratelimit-remaining": "0"},
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("headers", STOPS.values(), ids=STOPS)
def test_longer_limit_stops_at_once(method: str, headers: dict[str, str]) -> None:
    result, calls, slept = play(method, limited(headers))
    assert (status_of(result), calls, slept) == (400, 1, [])


def test_limit_that_stays_ends_after_the_attempts() -> None:
    result, calls, slept = play("GET", *(limited() for _ in range(ATTEMPTS)))
    assert (status_of(result), calls, slept) == (400, ATTEMPTS, [0.25, 0.5])


def test_headers_that_only_look_like_numbers_are_passed_over() -> None:
    odd = httpx.Response(429, json=LIMIT, headers=[(b"retry-after", b"\xb2"), (b"x-ratelimit-reset", b"\xb3")])
    assert play("GET", odd, ok())[2] == [0.25]


def test_jitter_stretches_the_wait() -> None:
    time, script = Time(), Script([httpx.Response(503), ok()])
    RetryTransport(script, clock=time.clock, sleep=time.sleep, jitter=lambda: 0.5).handle_request(request())
    assert time.slept == [0.375]


@pytest.mark.parametrize(
    ("response", "limit"),
    [
        (httpx.Response(429), True),
        (httpx.Response(400, json=LIMIT), True),
        (httpx.Response(400, json={"error": "invalid_parameter"}), False),
        (httpx.Response(400, json=["rate_limit_reached"]), False),
        (httpx.Response(400, content=b"rate_limit_reached"), False),
        (httpx.Response(403, json=LIMIT), False),
        (httpx.Response(200, json=LIMIT), False),
    ],
    ids=["429", "documented", "other error", "list", "no JSON", "403", "200"],
)
def test_rate_limit_is_known_by_status_and_error(response: httpx.Response, limit: bool) -> None:
    assert is_rate_limit(response) is limit


def test_close_reaches_the_inner_transport() -> None:
    script, time = Script([]), Time()
    RetryTransport(script, clock=time.clock, sleep=time.sleep).close()
    assert script.is_closed
