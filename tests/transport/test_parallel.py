"""Several calls at once."""

from collections.abc import Iterator
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsc_bot.transport.parallel import in_parallel


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
