"""Pacing: what is counted, what is known to be left, and what is spread."""

from pathlib import Path

import httpx
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.transport.pace import CONVERSATIONS_INTERVAL_SECONDS, PacedTransport
from tests.transport.bench import NOW, Script, Step, request
from tests.transport.spending import Spender, limits

CONVERSATIONS = "https://graph.facebook.com/v25.0/1029384756/conversations?platform=messenger"


@pytest.fixture
def spender(tmp_path: Path) -> Spender:
    """One process with a ledger of its own."""
    return Spender(tmp_path / "budget.db")


def test_every_answer_is_counted(spender: Spender) -> None:
    transport = spender.transport(*(httpx.Response(status) for status in (200, 404, 500)))
    for _ in range(3):
        transport.handle_request(request())
    assert spender.budget.calls == 3


def test_what_is_left_is_taken_from_the_headers(spender: Spender) -> None:
    spender.call(limits(349, reset=NOW + 3600))
    assert (spender.budget.left, spender.window.reset_at) == (349, NOW + 3600)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"x-ratelimit-remaining", b""), (b"x-ratelimit-reset", b"soon")],
        [(b"x-ratelimit-remaining", b"-1"), (b"x-ratelimit-reset", b"1.5")],
        [(b"x-ratelimit-remaining", b"\xb2"), (b"x-ratelimit-reset", b"\xb3")],
        [(b"x-ratelimit-remaining", b"9" * 5000), (b"x-ratelimit-reset", b"9" * 5000)],
    ],
    ids=["missing", "words", "no whole numbers", "superscripts", "absurd"],
)
def test_headers_without_a_number_count_the_call_and_change_nothing_else(
    spender: Spender, headers: list[tuple[bytes, bytes]]
) -> None:
    spender.call(limits(13, reset=NOW + 60))
    spender.call(httpx.Response(200, headers=headers))
    assert (spender.budget.calls, spender.budget.left, spender.window.reset_at) == (2, 12, NOW + 60)


def test_nothing_is_known_before_the_first_answer(spender: Spender) -> None:
    assert (spender.budget.calls, spender.budget.left) == (0, None)


def test_conversations_keep_metas_distance(spender: Spender) -> None:
    transport = spender.transport(*(httpx.Response(200) for _ in range(4)), remote="graph")
    for _ in range(4):
        transport.handle_request(request(url=CONVERSATIONS))
    assert spender.time.slept == [CONVERSATIONS_INTERVAL_SECONDS] * 3


def test_conversations_asked_at_once_go_one_after_the_other(spender: Spender) -> None:
    waits: list[float] = []
    spender.sleep = waits.append
    transport = spender.transport(*(httpx.Response(200) for _ in range(4)), remote="graph")
    for _ in range(4):
        transport.handle_request(request(url=CONVERSATIONS))
    assert waits == [0.5, 1.0, 1.5]


def test_conversations_of_two_processes_keep_the_distance_together(spender: Spender) -> None:
    other = spender.beside("2-1")
    for one in (spender, other, spender):
        one.transport(httpx.Response(200), remote="graph").handle_request(request(url=CONVERSATIONS))
    assert spender.time.slept == [CONVERSATIONS_INTERVAL_SECONDS] * 2


def test_conversations_far_apart_do_not_wait(spender: Spender) -> None:
    time = spender.time
    transport = spender.transport(httpx.Response(200), httpx.Response(200), httpx.Response(200), remote="graph")
    transport.handle_request(request(url=CONVERSATIONS))
    time.unix += 0.4
    transport.handle_request(request(url=CONVERSATIONS))
    time.unix += 60
    transport.handle_request(request(url=CONVERSATIONS))
    assert time.slept == [pytest.approx(0.1)]


@pytest.mark.parametrize(
    "url", ["https://api.engagor.com/1417/inbox/mentions", "https://graph.facebook.com/v25.0/1/thread_owner"]
)
def test_other_calls_are_not_spread(spender: Spender, url: str) -> None:
    transport = spender.transport(*(httpx.Response(200) for _ in range(5)))
    for _ in range(5):
        transport.handle_request(request(url=url))
    assert spender.time.slept == []


def test_clock_that_jumps_back_never_holds_a_call_long(spender: Spender) -> None:
    transport = spender.transport(httpx.Response(200), httpx.Response(200), remote="graph")
    transport.handle_request(request(url=CONVERSATIONS))
    spender.time.unix -= 86400
    transport.handle_request(request(url=CONVERSATIONS))
    assert spender.time.slept == [CONVERSATIONS_INTERVAL_SECONDS]


def test_date_of_the_answer_sets_the_clock(spender: Spender) -> None:
    spender.call(httpx.Response(200, headers={"date": "Wed, 18 Nov 2026 14:06:40 GMT"}))
    assert spender.clock.unix() == NOW + 3 * 3600


@pytest.mark.parametrize("failure", [httpx.ReadError("cut"), httpx.ReadTimeout("late")], ids=repr)
def test_call_without_answer_is_passed_on_and_counts_as_used(spender: Spender, failure: Step) -> None:
    spender.call(limits(100))
    with pytest.raises(httpx.TransportError):
        spender.call(failure)
    assert (spender.budget.calls, spender.budget.left) == (2, 99)


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.PoolTimeout("full")], ids=repr)
def test_call_that_was_not_sent_is_given_back(spender: Spender, failure: Step) -> None:
    spender.call(limits(100))
    with pytest.raises(httpx.TransportError):
        spender.call(failure)
    assert (spender.budget.calls, spender.left) == (1, 100)


def test_call_that_the_token_keeps_from_being_sent_is_given_back(spender: Spender) -> None:
    class NoToken(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise QscBotError("auth.no_token", "none")

    spender.call(limits(100))
    transport = PacedTransport(NoToken(), allowance=spender.allowance("social-connect"), clock=spender.clock)
    with pytest.raises(QscBotError):
        transport.handle_request(request())
    assert (spender.budget.calls, spender.left) == (1, 100)


def test_closing_closes_what_is_inside(spender: Spender) -> None:
    script = Script([])
    PacedTransport(script, allowance=spender.allowance("social-connect"), clock=spender.clock).close()
    assert script.is_closed
