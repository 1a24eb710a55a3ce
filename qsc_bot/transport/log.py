"""What --debug tells of each call: one line without secrets."""

import time
from collections.abc import Callable, Iterable

import httpx

from qsc_bot.transport.redact import redact


class LogTransport(httpx.BaseTransport):
    """Tells of each call in one line, redacted; used with --debug only.

    A user's own address may have secrets in its query that nobody knows of, so that it is shown without.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        log: Callable[[str], None],
        secrets: Callable[[], Iterable[str]],
        shows_query: bool = True,
    ) -> None:
        self._inner = inner
        self._log = log
        self._secrets = secrets
        self._shows_query = shows_query

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and tell method, host, path, status and time."""
        started = time.perf_counter()
        path = request.url.raw_path.decode("ascii", "replace")
        shown = path if self._shows_query else path.partition("?")[0]
        target = f"{request.method} {request.url.host}{shown}"
        try:
            response = self._inner.handle_request(request)
        except httpx.TransportError as error:
            self._tell(f"{target} -> {type(error).__name__}")
            raise
        self._tell(f"{target} -> {response.status_code} in {(time.perf_counter() - started) * 1000:.0f} ms")
        return response

    def close(self) -> None:
        """Close what this wraps."""
        self._inner.close()

    def _tell(self, line: str) -> None:
        self._log(redact(line, self._secrets()))
