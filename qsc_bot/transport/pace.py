"""Pacing: one place that counts calls, knows what is left of the hour, and spreads calls that must be spread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

from qsc_bot.transport.clock import Clock

CONVERSATIONS_INTERVAL_SECONDS: Final = 0.5
"""Meta allows two calls a second to a Page's conversations.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/overview/rate-limiting
"""


@dataclass
class Meter:
    """What one remote has been asked, and what it says is left of this hour."""

    calls: int = 0
    limit: int | None = None
    left: int | None = None
    period_s: int | None = None
    reset_at_unix: int | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, headers: httpx.Headers) -> None:
        """Count one answer and take over its rate-limit headers, any of which may be missing."""
        with self.lock:
            self.calls += 1
            self.limit = _number(headers.get("x-ratelimit-limit"), self.limit)
            self.period_s = _number(headers.get("x-ratelimit-time"), self.period_s)
            left = _number(headers.get("x-ratelimit-remaining"), self.left)
            reset_at_unix = _number(headers.get("x-ratelimit-reset"), self.reset_at_unix)
            is_same_hour = reset_at_unix is not None and reset_at_unix == self.reset_at_unix
            if is_same_hour and left is not None and self.left is not None:
                left = min(left, self.left)  # answers of calls side by side come in any order
            self.left, self.reset_at_unix = left, reset_at_unix


def _number(text: str | None, known: int | None) -> int | None:
    return int(text) if text is not None and text.strip().isdecimal() else known


class PacedTransport(httpx.BaseTransport):
    """Counts every call, learns from its headers, and keeps the distance that Meta asks for."""

    def __init__(
        self, inner: httpx.BaseTransport, *, meter: Meter, clock: Clock, sleep: Callable[[float], None]
    ) -> None:
        self._inner = inner
        self._meter = meter
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()
        self._next_turn_unix = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for this call's turn, send it, and take over what the answer tells about time and limits."""
        if request.url.path.endswith("/conversations"):
            self._wait_for_turn()
        response = self._inner.handle_request(request)
        self._meter.read(response.headers)
        self._clock.observe(response.headers.get("date"))
        return response

    def close(self) -> None:
        """Close what this wraps."""
        self._inner.close()

    def _wait_for_turn(self) -> None:
        with self._turn:
            now = self._clock.unix()
            wait = min(max(0.0, self._next_turn_unix - now), CONVERSATIONS_INTERVAL_SECONDS)
            self._next_turn_unix = now + wait + CONVERSATIONS_INTERVAL_SECONDS
        if wait:
            self._sleep(wait)
