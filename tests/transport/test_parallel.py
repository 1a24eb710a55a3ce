"""Several calls at once."""

import itertools
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsc_bot.transport.parallel import as_they_come, beside, in_parallel, in_turn, is_leaving, side_by_side


@settings(max_examples=30)
@given(items=st.lists(st.integers(), max_size=40), workers=st.integers(1, 4))
def test_results_come_in_the_order_asked(items: list[int], workers: int) -> None:
    assert list(in_parallel(lambda item: item * 2, items, workers=workers)) == [item * 2 for item in items]


def test_several_run_at_once() -> None:
    together = Barrier(4, timeout=10)
    assert sorted(in_parallel(lambda _: together.wait(), range(4), workers=4)) == [0, 1, 2, 3]


def test_only_a_window_is_read_ahead() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    results = in_parallel(lambda item: item, items(), workers=2)
    assert next(results) == 0
    assert len(read) == 4
    assert list(results) == list(range(1, 100))


def test_first_failure_ends_it() -> None:
    done: list[int] = []

    def act(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        done.append(item)
        return item

    results = in_parallel(act, range(1000), workers=2)
    with pytest.raises(ValueError, match="three"):
        list(results)
    assert len(done) < 20


@settings(max_examples=30)
@given(items=st.lists(st.integers(), max_size=40), workers=st.integers(1, 4))
def test_each_result_comes_once_in_whichever_order(items: list[int], workers: int) -> None:
    assert sorted(as_they_come(lambda item: item * 2, items, workers=workers)) == sorted(item * 2 for item in items)


def test_next_item_is_taken_only_when_a_worker_is_free() -> None:
    taken, gate = list[int](), threading.Event()

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    def act(item: int) -> int:
        if item:
            gate.wait(10)
        return item

    results = as_they_come(act, items(), workers=2)
    assert next(results) == 0
    assert len(taken) <= 3
    gate.set()
    assert sorted(results) == list(range(1, 100))


def test_who_stops_reading_is_not_kept_waiting() -> None:
    gate, is_over = threading.Event(), threading.Event()

    def act(item: int) -> int:
        if item:
            gate.wait(10)
            if is_leaving():
                is_over.set()
        return item

    results = as_they_come(act, range(2), workers=2)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]  # a generator
    assert not is_over.is_set()
    gate.set()
    assert is_over.wait(10)


def test_failure_is_raised_to_who_reads_and_ends_it() -> None:
    def act(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    done: list[int] = []
    with pytest.raises(ValueError, match="three"):
        done.extend(as_they_come(act, range(1000), workers=2))
    assert len(done) < 20


def read_all(streams: Sequence[Iterable[Any]]) -> list[Any]:
    """Everything that streams side by side hold."""
    with side_by_side(streams) as items:
        return list(items)


def test_streams_side_by_side_keep_their_own_order() -> None:
    streams = [[(stream, number) for number in range(50)] for stream in range(5)]
    found = read_all(streams)
    assert len(found) == 250
    for number, stream in enumerate(streams):
        assert [item for item in found if item[0] == number] == stream


def test_no_streams_are_nothing() -> None:
    assert read_all([]) == []
    assert read_all([[], []]) == []


@pytest.mark.parametrize("fault", [ValueError("first"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_first_failure_of_a_stream_is_raised_and_ends_the_others(fault: BaseException) -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    def broken() -> Iterator[int]:
        yield 2
        raise fault

    before = threading.active_count()
    with pytest.raises(type(fault)) as caught:
        read_all([endless(), broken(), endless()])
    assert caught.value is fault
    assert threading.active_count() == before


def test_readers_end_when_the_consumer_stops_early() -> None:
    read = []

    def endless() -> Iterator[int]:
        for number in itertools.count():
            read.append(number)
            yield number

    before = threading.active_count()
    with side_by_side([endless(), endless()]) as items:
        next(items)
    assert threading.active_count() == before
    assert len(read) < 100, "no more than a small window ahead"


def wait_until_left() -> None:
    """A wait that only the end of whoever waits for it ends."""
    while not is_leaving():
        time.sleep(0.01)


def test_stream_that_waits_is_not_waited_for_at_the_end() -> None:
    def waiting() -> Iterator[int]:
        yield 1
        wait_until_left()

    with side_by_side([waiting()]) as items:
        assert next(items) == 1


def test_what_waits_beside_a_failure_is_not_waited_for() -> None:
    with pytest.raises(KeyboardInterrupt), beside(wait_until_left):
        raise KeyboardInterrupt


def test_what_runs_beside_ends_with_the_block() -> None:
    with beside(lambda: 7) as running:
        pass
    assert running.result(0) == 7


def read_in_turn(streams: Sequence[Iterable[Any]]) -> list[Any]:
    """Everything that streams hold, the first one's first."""
    with in_turn(streams) as items:
        return list(items)


@settings(max_examples=30)
@given(streams=st.lists(st.lists(st.integers(), max_size=5), max_size=5))
def test_streams_in_turn_give_all_of_the_first_before_the_second(streams: list[list[int]]) -> None:
    assert read_in_turn(streams) == list(itertools.chain.from_iterable(streams))


def test_streams_in_turn_are_read_at_once() -> None:
    together = Barrier(3, timeout=10)

    def stream(number: int) -> Iterator[int]:
        together.wait()
        yield number

    assert read_in_turn([stream(number) for number in range(3)]) == [0, 1, 2]


def test_failure_of_a_stream_comes_after_all_that_was_before_it_and_ends_those_after_it() -> None:
    failed = threading.Event()

    def first() -> Iterator[int]:
        yield 1
        assert failed.wait(10)
        yield 2

    def second() -> Iterator[int]:
        yield 3
        failed.set()
        raise ValueError("third")

    def endless() -> Iterator[int]:
        while True:
            yield 4

    found: list[int] = []
    with pytest.raises(ValueError, match="third"), in_turn([first(), second(), endless()]) as items:
        found.extend(items)
    assert found == [1, 2, 3]
