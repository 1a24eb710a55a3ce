"""Several calls at once, in the order asked."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

READERS: Final = 8

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(action: Callable[[T], R], items: Iterable[T], *, workers: int = READERS) -> Iterator[R]:
    """Apply `action` to every item a small window ahead; results in input order, the first failure ends it."""
    pool, waiting = ThreadPoolExecutor(workers), deque[Future[R]]()
    try:
        for item in items:
            waiting.append(pool.submit(action, item))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
