"""Passes on to a bot what arrived: each conversation in its order, some of them at once, never in anybody's way."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from zlib import crc32

from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer
from qsc_bot.operations.backlog import Backlog
from qsc_bot.operations.endpoint import LOOPBACK, Endpoint
from qsc_bot.storage.delivery_rows import Arrived

LANES: Final = 4
ROOM_BYTES: Final = 4 * 1024 * 1024
"""Of requests that wait in each lane."""
OVERHEAD_BYTES: Final = 1_000
LEFT: Final = "its answer was not waited for"


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
        self._open: dict[int, Passed] = {}
        self._ending = 0
        self._turn = threading.Lock()
        for lane in self._lanes:
            threading.Thread(target=self._run, args=(lane,), name="forwarding", daemon=True).start()

    def check_elsewhere(self, port: int) -> None:
        """Raises `usage.url` where the address is this machine's at this port: what comes there would come again."""
        parts = urlsplit(self._url)
        if parts.hostname in LOOPBACK and parts.port == port:
            raise QscBotError("usage.url", f"{self.shown} is this listener's own address: every event would go round")

    @property
    def left(self) -> int:
        """How many are not sent yet, or not answered, or of which that is still to be heard."""
        return len(self._open) + self._ending

    def offer(self, passed: Passed) -> bool:
        """Whether it will be sent: too many may wait already."""
        lane = self._lanes[crc32((passed.conversation or "").encode("utf-8", "replace")) % LANES]
        with self._turn:
            self._open[id(passed)] = passed
        if lane.put(passed, size=len(passed.request.body) + OVERHEAD_BYTES):
            return True
        with self._turn:
            self._open.pop(id(passed), None)
        return False

    def leave(self) -> None:
        """Wait for none of them any longer, and say so of each."""
        for passed in list(self._open.values()):
            self._end(passed, Answer(url=self.shown, error=LEFT))

    def _run(self, lane: Backlog[Passed]) -> None:
        while (passed := lane.get()) is not None:
            self._end(passed, self._sent(passed.request))

    def _sent(self, request: Arrived) -> Answer:
        try:
            return replace(self._endpoint.post(self._url, request.body, request.headers).answer, url=self.shown)
        except Exception as error:  # noqa: BLE001  # else its lane would end, and with it every later event
            return Answer(url=self.shown, error=f"it could not be sent ({type(error).__name__})")

    def _end(self, passed: Passed, answer: Answer) -> None:
        """Tell what came of one, once."""
        with self._turn:
            if self._open.pop(id(passed), None) is None:
                return
            self._ending += 1
        try:
            passed.done(answer)
        finally:
            with self._turn:
                self._ending -= 1
