"""Several calls at once, in the order asked."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, local
from typing import Final, TypeVar

READERS: Final = 8

T = TypeVar("T")
R = TypeVar("R")

_worker = local()


def is_leaving() -> bool:
    """Whether nobody waits any more for what this thread does: the calls that run beside it failed or were stopped."""
    leaving: Event | None = getattr(_worker, "leaving", None)
    return leaving is not None and leaving.is_set()


def in_parallel(action: Callable[[T], R], items: Iterable[T], *, workers: int = READERS) -> Iterator[R]:
    """Apply `action` to every item a small window ahead; results in input order, the first failure ends it."""
    leaving, waiting = Event(), deque[Future[R]]()
    pool = ThreadPoolExecutor(workers, initializer=lambda: setattr(_worker, "leaving", leaving))
    try:
        for item in items:
            waiting.append(pool.submit(action, item))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        leaving.set()
        pool.shutdown(cancel_futures=True)
