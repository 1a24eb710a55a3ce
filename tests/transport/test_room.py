"""Calls set aside for a piece of work that must not be refused half-way."""

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.transport.retry import RetryTransport
from tests.transport.bench import NOW, Script, request
from tests.transport.spending import Spender, limits


@pytest.fixture
def spender(tmp_path: Path) -> Spender:
    """One process with a ledger of its own."""
    made = Spender(tmp_path / "budget.db")
    made.allowance()
    return made


def test_calls_set_aside_are_nobody_elses(spender: Spender) -> None:
    spender.call(limits(54))
    other = spender.beside("2-1")
    with spender.budget.keeping(50), spender.budget.room_for(social_connect=3, graph=0):
        assert other.left == 51
        other.call(limits(53))
        for left in (52, 51, 50):
            spender.call(limits(left))
        assert other.left == 50


def test_room_that_would_use_the_reserve_is_refused_whole_and_takes_nothing(spender: Spender) -> None:
    spender.call(limits(52))
    with (
        spender.budget.keeping(50),
        pytest.raises(QscBotError) as caught,
        spender.budget.room_for(social_connect=3, graph=0),
    ):
        spender.call(limits(51))
    assert (caught.value.code, spender.left, spender.budget.calls) == ("budget.reserved", 52, 1)


def test_what_is_left_of_a_room_is_given_back(spender: Spender) -> None:
    spender.call(limits(100))
    with spender.budget.keeping(50), spender.budget.room_for(social_connect=4, graph=0):
        spender.call(limits(99))
        assert spender.left == 96
    assert spender.left == 99
    (use,) = spender.look().uses
    assert use.calls == 2


def test_room_is_given_back_when_its_work_fails(spender: Spender) -> None:
    spender.call(limits(100))
    with pytest.raises(ZeroDivisionError), spender.budget.room_for(social_connect=4, graph=0):
        raise ZeroDivisionError
    assert spender.left == 100


def test_call_beyond_a_room_may_use_the_reserve(spender: Spender) -> None:
    spender.call(limits(52))
    with spender.budget.keeping(50), spender.budget.room_for(social_connect=2, graph=0):
        for left in (51, 50, 49):
            spender.call(limits(left))
    with spender.budget.keeping(50), pytest.raises(QscBotError, match="kept for the bot"):
        spender.call(limits(48))


def test_call_that_was_not_sent_stays_set_aside(spender: Spender) -> None:
    spender.call(limits(52))
    paced = spender.transport()
    paced._inner = Script([httpx.ConnectError("no"), httpx.ConnectError("no"), limits(51), limits(50)])
    retrying = RetryTransport(paced, clock=spender.clock, sleep=spender.time.sleep, jitter=lambda: 0.0)
    with spender.budget.keeping(50), spender.budget.room_for(social_connect=2, graph=0):
        retrying.handle_request(request())
        retrying.handle_request(request())
    assert (spender.left, spender.budget.calls) == (50, 3)


def test_while_nothing_is_known_the_first_call_goes_alone_and_the_rest_is_set_aside_then(spender: Spender) -> None:
    with spender.budget.keeping(50), spender.budget.room_for(social_connect=3, graph=0):
        spender.call(limits(60))
        assert spender.beside("2-1").left == 58
    assert spender.left == 60


def test_first_answer_that_leaves_too_few_refuses_before_the_second_call(spender: Spender) -> None:
    with spender.budget.keeping(50), spender.budget.room_for(social_connect=3, graph=0):
        with pytest.raises(QscBotError) as caught:
            spender.call(limits(51))
        assert caught.value.code == "budget.reserved"
    assert spender.left == 51


def test_remote_without_limits_gives_room(spender: Spender) -> None:
    with spender.budget.keeping(50), spender.budget.room_for(social_connect=3, graph=0):
        for _ in range(4):
            spender.call(limits(None, limit=None, reset=None))
    assert spender.budget.calls == 4


def test_room_waits_for_the_next_hour_and_nothing_inside_it_does(spender: Spender) -> None:
    told: list[str] = []
    spender.call(limits(51))
    waiting = spender.budget.keeping(50, across_reset=True, tell=told.append)
    with waiting, spender.budget.room_for(social_connect=2, graph=0):
        assert sum(spender.time.slept) == pytest.approx(3603)
        spender.call(limits(349, reset=NOW + 7200))
        spender.call(limits(0, reset=NOW + 7200))
        with pytest.raises(QscBotError) as caught:
            spender.call(limits(349))
    assert (caught.value.code, len(told)) == ("api.rate_limited", 1)
    assert sum(spender.time.slept) == pytest.approx(3603)


def test_stop_ends_the_wait_for_room(spender: Spender) -> None:
    spender.call(limits(50))
    with (
        spender.budget.keeping(50, across_reset=True, should_stop=lambda: len(spender.time.slept) == 2),
        pytest.raises(QscBotError) as caught,
        spender.budget.room_for(social_connect=2, graph=0),
    ):
        pass
    assert (caught.value.code, len(spender.time.slept)) == ("run.interrupted", 2)


def test_room_at_meta_is_refused_where_nearly_all_is_used(spender: Spender) -> None:
    full = httpx.Response(200, headers={"x-app-usage": '{"call_count": 96, "total_time": 3, "total_cputime": 1}'})
    spender.call(limits(300))
    spender.transport(full, remote="graph").handle_request(request())
    with (
        spender.budget.keeping(50),
        pytest.raises(QscBotError, match="96 % of its limit"),
        spender.budget.room_for(social_connect=1, graph=3),
    ):
        pass
    assert spender.left == 300


def test_threads_together_leave_the_reserve_and_none_is_refused_half_way(spender: Spender) -> None:
    spender.call(limits(61))
    answers, lock, ends = iter(range(60, 0, -1)), threading.Lock(), []

    def one_piece() -> None:
        done = 0
        try:
            with spender.budget.room_for(social_connect=3, graph=0):
                for _ in range(3):
                    with lock:
                        spender.call(limits(next(answers)))
                    done += 1
        except QscBotError as error:
            ends.append((done, error.code))
        else:
            ends.append((done, ""))

    with spender.budget.keeping(50):
        threads: list[Any] = [threading.Thread(target=one_piece) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(ends) == [(0, "budget.reserved")] * 5 + [(3, "")] * 3
    assert spender.left == 52
