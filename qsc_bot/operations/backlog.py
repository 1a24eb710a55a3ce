"""What waits for its turn in another thread: never more than there is room for, and putting never waits."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Backlog(Generic[T]):
    """A queue with room for things of this total size; one that is larger finds room when it is alone."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken = 0
        self._waiting: deque[tuple[T, int]] = deque()
        self._changed = threading.Condition()

    def put(self, thing: T, *, size: int = 1) -> bool:
        """Whether there was room for it."""
        with self._changed:
            if self._waiting and self._taken + size > self._room:
                return False
            self._waiting.append((thing, size))
            self._taken += size
            self._changed.notify()
            return True

    def get(self, *, timeout_seconds: float | None = None) -> T | None:
        """The next one, as soon as there is one; None where none came in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._waiting), timeout_seconds):
                return None
            thing, size = self._waiting.popleft()
            self._taken -= size
            return thing
