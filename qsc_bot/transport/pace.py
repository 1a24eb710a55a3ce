"""Pacing: no call goes out that the budget does not allow, and calls that must be spread are spread."""

from typing import Final

import httpx

from qsc_bot.errors import QscBotError
from qsc_bot.transport.allowance import Allowance
from qsc_bot.transport.clock import Clock

CONVERSATIONS_INTERVAL_SECONDS: Final = 0.5
"""Meta allows two calls a second to a Page's conversations.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/overview/rate-limiting
"""
_UNSENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    QscBotError,
)


class PacedTransport(httpx.BaseTransport):
    """Takes each call from the budget, learns from its answer, and keeps the distance that Meta asks for."""

    def __init__(self, inner: httpx.BaseTransport, *, allowance: Allowance, clock: Clock) -> None:
        self._inner = inner
        self._allowance = allowance
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for this call's turn, send it, and take over what the answer tells about time and limits."""
        if request.url.path.endswith("/conversations"):
            self._allowance.wait_for_turn(CONVERSATIONS_INTERVAL_SECONDS)
        ticket, began = self._allowance.take(), self._clock.local_unix()
        try:
            response = self._inner.handle_request(request)
        except _UNSENT:
            self._allowance.give_back(ticket)
            raise
        except BaseException:
            self._allowance.settle(ticket, None)
            raise
        took_s = self._clock.local_unix() - began
        self._clock.observe(response.headers.get("date"))
        try:
            self._allowance.settle(ticket, response, took_s=max(took_s, 0.0))
        except QscBotError:
            response.close()
            raise
        return response

    def close(self) -> None:
        """Close what this wraps."""
        self._inner.close()
