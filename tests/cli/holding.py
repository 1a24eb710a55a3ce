"""Calls that hang: so many at once, then something happens, and they stay unanswered until they are let go."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx

from tests.cli.terminal import Prod

PATIENCE_SECONDS: Final = 30.0
"""No test waits for so long, unless something that should happen does not."""


@dataclass
class Holding(httpx.BaseTransport):
    """A wire on which calls that are `wanted` hang, with their effect or without, until `number` of them do.

    Then `act` is called once; what it leaves hanging ends as a time-out when `release` is set. With `goes_on` they are
    answered after `act` instead.
    """

    inner: httpx.BaseTransport
    wanted: Callable[[httpx.Request], bool]
    number: int
    act: Callable[[], None]
    after_effect: bool = False
    goes_on: bool = False
    held: list[httpx.Request] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or hang."""
        if self.release.is_set() or not self.wanted(request):
            return self.inner.handle_request(request)
        if self.after_effect:
            self.inner.handle_request(request)
        with self._turn:
            self.held.append(request)
            is_last = len(self.held) == self.number
        if is_last:
            self.act()
            if self.goes_on:
                self.release.set()
        assert self.release.wait(PATIENCE_SECONDS), "nothing ended the run"
        if self.goes_on:
            return self.inner.handle_request(request)
        raise httpx.ReadTimeout("timed out")


def press(number: signal.Signals, *, times: int = 1) -> None:
    """Send this process a signal, and the next when the one before was taken note of."""
    handler = signal.getsignal(number)
    for time in range(1, times + 1):
        os.kill(os.getpid(), number)
        taken = threading.Event()
        while handler.__self__._times < time:  # type: ignore[union-attr]  # its only trace
            taken.wait(0.001)


def free_ids(prod: Prod, number: int, *, seed: str = "large:40:twitter") -> list[str]:
    """Conversations of a new sandbox that the bot holds."""
    prod.sandbox.reset(seed)
    held = [row["id"] for row in prod.sandbox.status()["conversations"] if row["control"] == "bot"]
    return held[:number]


def effects(prod: Prod, ids: Sequence[str]) -> list[int]:
    """How many writes had an effect on each."""
    writes = {row["id"]: row["writes"] for row in prod.sandbox.status()["conversations"]}
    return [writes[one] for one in ids]


class Death(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Dying(httpx.BaseTransport):
    """A wire on which the process dies at the first call that is `wanted`, with its effect or without."""

    inner: httpx.BaseTransport
    wanted: Callable[[httpx.Request], bool]
    after_effect: bool = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or die."""
        if not self.wanted(request):
            return self.inner.handle_request(request)
        if self.after_effect:
            self.inner.handle_request(request)
        raise Death
