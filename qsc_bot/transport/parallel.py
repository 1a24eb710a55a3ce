"""Several calls at once: in the order asked, or each stream in its own order."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import chain
from threading import Event, local
from typing import Final, TypeAlias, TypeVar

READERS: Final = 8
WRITERS: Final = 4
_LOOK_SECONDS: Final = 0.1
"""How often a reader that is too fast looks whether it is still wanted."""

T = TypeVar("T")
R = TypeVar("R")
_Arrival: TypeAlias = tuple[T, ...] | BaseException | None
"""An item of a stream, what it failed with, or its end."""

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


def as_they_come(
    action: Callable[[T], R], items: Iterable[T], *, workers: int = WRITERS, check: Callable[[], None] = lambda: None
) -> Iterator[R]:
    """Apply `action` to every item, the next one only when a worker is free for it; results as they come.

    The first failure ends it, and so does what `check` raises, which is called every moment of waiting. Who stops
    reading stops it at once: what is in flight then is not waited for.
    """
    source, turn, leaving = iter(items), threading.Lock(), Event()
    arrived: queue.SimpleQueue[tuple[R, ...] | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        _worker.leaving = leaving
        try:
            while not leaving.is_set():
                with turn:
                    item = next(source)
                arrived.put((action(item),))
        except StopIteration:
            arrived.put(None)
        except BaseException as fault:  # noqa: BLE001  # handed to the thread that waits, whatever it is
            arrived.put(fault)

    for _ in range(workers):
        threading.Thread(target=work, daemon=True).start()
    try:
        yield from _until_all_end(lambda: _checking(arrived, check), workers)
    finally:
        leaving.set()


@contextmanager
def beside(action: Callable[[], R]) -> Iterator[Future[R]]:
    """What a thread of its own does while the block runs; a failure of the block is not kept waiting for it."""
    leaving = Event()
    pool = ThreadPoolExecutor(1, initializer=lambda: setattr(_worker, "leaving", leaving))
    try:
        yield pool.submit(action)
    except BaseException:
        leaving.set()
        raise
    finally:
        pool.shutdown()


@contextmanager
def side_by_side(streams: Sequence[Iterable[T]]) -> Iterator[Iterator[T]]:
    """The items of several streams as they come, each stream read in a thread of its own, a small window ahead.

    The first failure is raised to who reads them. At the end of the block no stream is read on.
    """
    arrived: queue.Queue[_Arrival[T]] = queue.Queue(2 * READERS)
    is_over = threading.Event()

    def put(item: _Arrival[T]) -> None:
        while not is_over.is_set():
            with suppress(queue.Full):
                arrived.put(item, timeout=_LOOK_SECONDS)
                return

    def read(stream: Iterable[T]) -> None:
        _worker.leaving = is_over
        try:
            for item in stream:
                put((item,))
                if is_over.is_set():
                    return
            put(None)
        except BaseException as fault:  # noqa: BLE001  # handed to the thread that waits, whatever it is
            put(fault)

    with _readers(read, streams, is_over):
        yield _until_all_end(arrived.get, len(streams))


@contextmanager
def in_turn(streams: Sequence[Iterable[T]]) -> Iterator[Iterator[T]]:
    """The items of several streams, all of the first before those of the second, each read in a thread of its own.

    What a later stream gave waits in memory. A failure is raised when its stream's turn comes, and those after it are
    read no further. At the end of the block no stream is read on.
    """
    arrived = [queue.SimpleQueue[_Arrival[T]]() for _ in streams]
    is_over = threading.Event()
    has_failed = [threading.Event() for _ in streams]

    def read(number: int) -> None:
        _worker.leaving = is_over
        try:
            for item in streams[number]:
                arrived[number].put((item,))
                if is_over.is_set() or any(one.is_set() for one in has_failed[:number]):
                    return
            arrived[number].put(None)
        except BaseException as fault:  # noqa: BLE001  # handed to the thread that waits, whatever it is
            has_failed[number].set()
            arrived[number].put(fault)

    with _readers(read, range(len(streams)), is_over):
        yield chain.from_iterable(_until_all_end(one.get, 1) for one in arrived)


@contextmanager
def _readers(read: Callable[[T], None], streams: Iterable[T], is_over: threading.Event) -> Iterator[None]:
    """A thread for each stream while the block runs; at its end they are told that it is over, and awaited."""
    readers = [threading.Thread(target=read, args=(stream,), daemon=True) for stream in streams]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        is_over.set()
        for reader in readers:
            reader.join()


def _checking(arrived: "queue.SimpleQueue[T]", check: Callable[[], None]) -> T:
    """What arrives next; the wait for it ends with what `check` raises."""
    while True:
        check()
        with suppress(queue.Empty):
            return arrived.get(timeout=_LOOK_SECONDS)


def _until_all_end(arrive: Callable[[], _Arrival[T]], running: int) -> Iterator[T]:
    while running:
        match arrive():
            case None:
                running -= 1
            case BaseException() as fault:
                raise fault
            case (item,):
                yield item
