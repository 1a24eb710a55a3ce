"""Retries by this API's own rules: limits wait, broken reads are read again, no write is resent blindly."""

import json
import random
from collections.abc import Callable
from typing import Final

import httpx

from qsc_bot.transport.clock import Clock

ATTEMPTS: Final = 3
LONGEST_WAIT_SECONDS: Final = 10.0
"""A full hour may have to pass before a limit resets; a command line stops rather than sleeps that long."""
BROKEN: Final = frozenset({408, 500, 502, 503, 504})


class RetryTransport(httpx.BaseTransport):
    """Sends again what may be sent again: reads that broke, and anything that never arrived or was limited."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        clock: Clock,
        sleep: Callable[[float], None],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and send again while the rules and the attempts allow it; the last answer is given as it is."""
        for attempt in range(1, ATTEMPTS):
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError as error:
                if not _may_resend(request, error):
                    raise
                wait: float | None = self._backoff(attempt)
            else:
                wait = self._wait_before_resend(request, response, attempt)
                if wait is None:
                    return response
                response.close()
            self._sleep(wait or 0.0)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close what this wraps."""
        self._inner.close()

    def _wait_before_resend(self, request: httpx.Request, response: httpx.Response, attempt: int) -> float | None:
        if is_rate_limit(response):
            wait = self._told_wait(response.headers)
            wait = self._backoff(attempt) if wait is None else wait
            return wait if wait <= LONGEST_WAIT_SECONDS else None
        if response.status_code in BROKEN and request.method == "GET":
            return self._backoff(attempt)
        return None

    def _told_wait(self, headers: httpx.Headers) -> float | None:
        retry_after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
        if retry_after.isdecimal():
            return float(retry_after)
        if reset.isdecimal():
            return max(0.0, float(reset) - self._clock.unix())
        return LONGEST_WAIT_SECONDS + 1 if headers.get("x-ratelimit-remaining") == "0" else None

    def _backoff(self, attempt: int) -> float:
        return float(0.25 * 2 ** (attempt - 1) * (1 + self._jitter()))


def is_rate_limit(response: httpx.Response) -> bool:
    """Whether this is a refusal for too many calls: HTTP 400 with `rate_limit_reached`, or 429.

    https://developers.engagor.com/documentation/ratelimiting
    """
    if response.status_code == 429:
        return True
    if response.status_code != 400:
        return False
    response.read()
    try:
        body = json.loads(response.content)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("error") == "rate_limit_reached"


def _may_resend(request: httpx.Request, error: httpx.TransportError) -> bool:
    """Reads always, writes only when nothing was sent; a failed TLS handshake stays failed."""
    if isinstance(error, httpx.ConnectError):
        return "CERTIFICATE" not in str(error) and "SSL" not in str(error)
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return True
    return request.method == "GET" and isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
