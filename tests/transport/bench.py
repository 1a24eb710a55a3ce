"""A transport that plays a script, with a clock and a sleep that only the test moves."""

from dataclasses import dataclass, field
from typing import Final

import httpx

from qsc_bot.transport.clock import Clock

NOW: Final = 1_795_000_000.0
Step = httpx.Response | httpx.TransportError


@dataclass
class Script(httpx.BaseTransport):
    """Gives its steps in turn; one more call than steps fails the test."""

    steps: list[Step]
    requests: list[httpx.Request] = field(default_factory=list)
    is_closed: bool = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer or raise the next step."""
        self.requests.append(request)
        step = self.steps[len(self.requests) - 1]
        if isinstance(step, httpx.TransportError):
            raise step
        return step

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


@dataclass
class Time:
    """Seconds that pass only by sleeping, or when the test says so."""

    unix: float = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        """Unix seconds."""
        return self.unix

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.slept.append(seconds)
        self.unix += seconds

    @property
    def clock(self) -> Clock:
        """A clock on this time."""
        return Clock(self.now)


def request(method: str = "GET", url: str = "https://api.engagor.com/1417/x") -> httpx.Request:
    """Any call."""
    return httpx.Request(method, url)
