"""Passes on to a bot what arrived: each conversation in its order, some of them at once, never in anybody's way."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from msgspec.structs import replace

from qsc_bot.models.delivery import Answer
from qsc_bot.operations.backlog import Backlog
from qsc_bot.operations.endpoint import Endpoint
from qsc_bot.storage.delivery_rows import Arrived

LANES: Final = 4
ROOM_BYTES: Final = 4 * 1024 * 1024
"""Of requests that wait in each lane."""
OVERHEAD_BYTES: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class Passed:
    """A request to pass on; `done` hears what came of it, in a thread of the forwarding."""

    request: Arrived
    conversation: str | None
    done: Callable[[Answer], None]


class Forwarding:
    """Sends each request to one address, with the raw body and the headers that were kept of it.

    `shown` is the address without secrets, as it may be told and kept. Raises `usage.url` for one that is not allowed.
    """

    def __init__(self, endpoint: Endpoint, url: str, *, shown: str) -> None:
        self._endpoint = endpoint
        self._url = endpoint.check(url)
        self.shown = shown
        self._lanes: Sequence[Backlog[Passed]] = [Backlog(ROOM_BYTES) for _ in range(LANES)]
        self._left = 0
        self._counting = threading.Lock()
        for lane in self._lanes:
            threading.Thread(target=self._run, args=(lane,), name="forwarding", daemon=True).start()

    @property
    def left(self) -> int:
        """How many are not sent yet, or not answered."""
        return self._left

    def offer(self, passed: Passed) -> bool:
        """Whether it will be sent: too many may wait already."""
        lane = self._lanes[crc32((passed.conversation or "").encode("utf-8", "replace")) % LANES]
        self._count(1)
        if lane.put(passed, size=len(passed.request.body) + OVERHEAD_BYTES):
            return True
        self._count(-1)
        return False

    def _run(self, lane: Backlog[Passed]) -> None:
        while (passed := lane.get()) is not None:
            try:
                reply = self._endpoint.post(self._url, passed.request.body, passed.request.headers)
                passed.done(replace(reply.answer, url=self.shown))
            finally:
                self._count(-1)

    def _count(self, more: int) -> None:
        with self._counting:
            self._left += more
