"""One window of a limit: answers in any order, windows that change, resets that are missing or wrong."""

from dataclasses import replace
from typing import Final

import pytest

from qsc_bot.storage.window import (
    DOUBT_SECONDS,
    FIRST_PATIENCE_SECONDS,
    GRACE_SECONDS,
    Instant,
    Refused,
    Ticket,
    Told,
    Waiting,
    Window,
    give_back,
    merge,
    settle,
    take,
)

NOW: Final = 1_795_000_000.0
RESET: Final = NOW + 3600
FULL: Final = Window(limit=350, left=350, least=350, period_s=3600, reset_at=RESET, ends_at=RESET + GRACE_SECONDS)


def told(remaining: int | None, *, reset: float | None = RESET, limit: int | None = 350) -> Told:
    """An answer with these headers."""
    return Told(limit=limit, remaining=remaining, period_s=3600, reset_at=reset, is_success=True)


class Bench:
    """One window, and the calls that are on their way."""

    def __init__(self, window: Window = FULL) -> None:
        self.window = window
        self.now = NOW
        self.offset_s = 0.0
        self.on_their_way = 0

    def take(self, floor: int | None = 0, **more: bool) -> Ticket:
        """One call sets out."""
        self.window, verdict = take(self.window, now=self.now, floor=floor, by="1-1", others=self.on_their_way, **more)
        assert isinstance(verdict, Ticket), verdict
        self.on_their_way += 1
        return verdict

    def refusal(self, floor: int = 0, **more: bool) -> Refused | Waiting:
        """One call does not."""
        verdict = take(self.window, now=self.now, floor=floor, by="1-1", others=self.on_their_way, **more)[1]
        assert not isinstance(verdict, Ticket)
        return verdict

    def settle(self, ticket: Ticket, answer: Told) -> int | None:
        """One answer comes; what is left."""
        self.on_their_way -= 1
        at = Instant(self.now, self.offset_s)
        self.window = settle(self.window, ticket, answer, at=at, others=self.on_their_way)
        return self.window.left

    def call(self, answer: Told, floor: int | None = 0) -> int | None:
        """One call and its answer; what is left."""
        return self.settle(self.take(floor), answer)


def test_first_call_of_a_window_goes_alone() -> None:
    bench = Bench(Window())
    first = bench.take()
    assert (first.is_first, bench.refusal()) == (True, Waiting("1-1"))
    assert bench.settle(first, told(9)) == 9
    assert not bench.take().is_first


def test_first_call_that_is_never_answered_is_waited_for_a_while_only() -> None:
    bench = Bench(Window())
    bench.take()
    bench.now += FIRST_PATIENCE_SECONDS
    assert bench.take().is_first


def test_first_call_that_was_not_sent_lets_the_next_go_first() -> None:
    bench = Bench(Window())
    ticket = bench.take()
    bench.window = give_back(bench.window, ticket)
    assert bench.take().is_first


def test_remote_that_tells_no_limit_refuses_nothing() -> None:
    bench = Bench(Window())
    for _ in range(3):
        assert bench.call(told(None, limit=None, reset=None), floor=50) is None
    assert bench.window.is_silent
    assert [bench.take(50).is_first for _ in range(3)] == [False] * 3


def test_failure_without_headers_proves_no_missing_limit() -> None:
    bench = Bench(Window())
    bench.call(Told())
    assert (bench.window.is_silent, bench.take().is_first) == (False, True)


def test_limit_without_what_remains_is_counted_down() -> None:
    bench = Bench(Window())
    assert [bench.call(told(None, limit=3)) for _ in range(3)] == [2, 1, 0]
    assert isinstance(bench.refusal(), Refused)


def test_reserve_is_kept_by_who_must_and_free_for_others() -> None:
    bench = Bench(replace(FULL, left=51))
    bench.take(50)
    assert bench.refusal(50) == Refused(left=50, limit=350, reset_at=RESET, until=RESET + GRACE_SECONDS)
    for _ in range(50):
        bench.take()
    assert isinstance(bench.refusal(), Refused)
    assert bench.take(None).number == 52


def test_reserve_that_is_the_whole_limit_is_refused_unasked() -> None:
    bench = Bench(replace(FULL, left=9, limit=50))
    bench.now = RESET + 10
    assert bench.refusal(50) == Refused(limit=50)
    assert bench.take(49).is_first


def test_answers_that_overtake_each_other_tell_the_least_that_is_left() -> None:
    bench = Bench()
    first, second, third = bench.take(), bench.take(), bench.take()
    assert bench.settle(second, told(348)) == 346
    assert bench.settle(third, told(347)) == 346
    assert bench.settle(first, told(349)) == 347


def test_calls_of_the_bot_beside_us_are_taken_over() -> None:
    bench = Bench()
    one, other = bench.take(), bench.take()
    assert bench.settle(one, told(200)) == 199
    assert bench.settle(other, told(180)) == 180


def test_answers_on_their_way_are_waited_for_where_they_may_tell_that_more_is_left() -> None:
    bench = Bench(replace(FULL, left=12, least=12))
    one, other = bench.take(10), bench.take(10)
    assert bench.refusal(10, is_patient=True) == Waiting()
    assert isinstance(bench.refusal(10), Refused)
    bench.settle(one, told(11))
    bench.settle(other, told(10))
    assert isinstance(bench.refusal(10, is_patient=True), Refused)


def test_call_that_was_lost_counts_as_used_until_an_answer_is_sure() -> None:
    bench = Bench()
    assert bench.call(Told(is_answer=False)) == 349
    assert bench.call(told(349)) == 348
    bench.now += DOUBT_SECONDS + 1
    assert bench.call(told(348)) == 348


def test_call_lost_in_an_unknown_window_may_still_arrive() -> None:
    bench = Bench(Window())
    bench.call(Told(is_answer=False))
    assert bench.call(told(9)) == 8


def test_call_lost_beside_another_is_not_counted_twice_nor_forgotten() -> None:
    bench = Bench(replace(FULL, left=300, least=300))
    answered, lost = bench.take(), bench.take()
    bench.settle(lost, Told(is_answer=False))
    assert bench.settle(answered, told(200)) == 199


def test_later_reset_begins_a_new_window() -> None:
    bench = Bench(replace(FULL, left=7, least=7))
    one, other = bench.take(), bench.take()
    serial = bench.window.serial
    assert bench.settle(one, told(349, reset=RESET + 3600)) == 348
    assert bench.window.serial == serial + 1
    assert bench.settle(other, told(6)) == 348, "an answer of the old window says nothing of the new"


def test_late_answer_of_a_window_that_is_over_says_nothing() -> None:
    bench = Bench(replace(FULL, left=5))
    late = bench.take()
    bench.now = RESET + GRACE_SECONDS + 1
    first = bench.take()
    assert bench.settle(late, told(4)) is None
    assert bench.settle(first, told(349, reset=RESET + 3600)) == 349


def test_window_ends_some_seconds_after_its_reset() -> None:
    bench = Bench(replace(FULL, left=0))
    bench.now = RESET + GRACE_SECONDS - 0.1
    assert isinstance(bench.refusal(), Refused)
    bench.now = RESET + GRACE_SECONDS
    assert bench.take().is_first


def test_without_a_reset_a_window_ends_a_period_after_its_first_answer() -> None:
    bench = Bench(Window())
    bench.now += 7
    bench.call(told(0, reset=None))
    bench.now += 3600
    assert isinstance(bench.refusal(), Refused)
    bench.now += GRACE_SECONDS
    assert bench.take().is_first


def test_without_a_reset_far_more_left_than_thought_is_a_new_window() -> None:
    bench = Bench(Window())
    bench.call(told(100, reset=None))
    one, other = bench.take(), bench.take()
    bench.now += 60
    assert bench.settle(one, told(349, reset=None)) == 348
    assert bench.settle(other, told(348, reset=None)) == 348
    assert bench.window.ends_at == bench.now + 3600 + GRACE_SECONDS


def test_without_a_reset_a_slow_answer_is_not_taken_for_a_new_window() -> None:
    bench = Bench(Window())
    bench.call(told(350, reset=None))
    slow = bench.take()
    for used in range(2, 250):
        bench.call(told(350 - used, reset=None))
    assert bench.settle(slow, told(349, reset=None)) == 101


@pytest.mark.parametrize("hours", [-5, 5])
def test_clock_that_is_wrong_by_hours_does_not_move_the_end(hours: int) -> None:
    bench = Bench(Window())
    bench.offset_s = hours * 3600.0
    bench.call(told(0, reset=RESET + bench.offset_s))
    bench.now += 3599
    assert isinstance(bench.refusal(), Refused)
    bench.now += 1 + GRACE_SECONDS
    assert bench.take().is_first


@pytest.mark.parametrize("reset", [1800.0, NOW * 1000, 0.0], ids=["seconds to go", "milliseconds", "zero"])
def test_reset_that_cannot_be_one_is_passed_over(reset: float) -> None:
    bench = Bench(Window())
    assert bench.call(told(3, reset=reset)) == 3
    assert (bench.window.reset_at, bench.window.ends_at) == (None, NOW + 3600 + GRACE_SECONDS)


def test_clock_that_jumps_back_makes_the_window_unknown() -> None:
    bench = Bench(replace(FULL, left=0))
    bench.now -= 7200
    assert bench.take().is_first


def test_call_that_was_not_sent_is_given_back() -> None:
    bench = Bench()
    ticket = bench.take()
    bench.window = give_back(bench.window, ticket)
    assert bench.window.left == 350


def test_call_of_an_earlier_window_is_not_given_back_to_this_one() -> None:
    bench = Bench()
    old = bench.take()
    bench.now = RESET + 60
    bench.call(told(349, reset=RESET + 3600))
    assert give_back(bench.window, old).left == bench.window.left


def test_windows_of_one_user_become_the_least_of_both() -> None:
    merged = merge(replace(FULL, left=200, taken=3), replace(FULL, left=210, taken=4), now=NOW)
    assert (merged.left, merged.taken) == (200, 7)


def test_of_two_windows_of_one_user_the_later_holds() -> None:
    later = replace(FULL, left=340, reset_at=RESET + 3600, ends_at=RESET + 3603)
    assert merge(later, replace(FULL, left=3), now=RESET + 1).left == 340
    assert merge(Window(), replace(FULL, left=3), now=NOW).left == 3
    assert merge(replace(FULL, left=3), later, now=RESET + 10).left == 340
