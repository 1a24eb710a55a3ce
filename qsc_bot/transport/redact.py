"""What may be shown of a call: method, path and status; never a token, a secret or a message."""

import re
import time
from collections.abc import Callable, Iterable
from typing import Final

import httpx

MASK: Final = "***"
_PARAMETER: Final = re.compile(
    r"((?:access_token|refresh_token|client_secret|appsecret_proof|input_token|hub\.verify_token|token|secret)"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(r"(authorization[\"']?\s*[:=]\s*[\"']?(?:bearer |basic )?)[^\s\"',]+", re.I)
_COOKIES: Final = re.compile(r"(cookie[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+", re.I)
_USERINFO: Final = re.compile(r"(https?://)[^/?#\s]+@")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Take out of a text every known secret and everything that stands where secrets stand."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _COOKIES.sub(rf"\1{MASK}", _HEADER.sub(rf"\1{MASK}", text))
    text = _PARAMETER.sub(rf"\1{MASK}", text)
    return _USERINFO.sub(rf"\1{MASK}@", text)


class LogTransport(httpx.BaseTransport):
    """Tells of each call in one line, redacted; used with --debug only."""

    def __init__(
        self, inner: httpx.BaseTransport, *, log: Callable[[str], None], secrets: Callable[[], Iterable[str]]
    ) -> None:
        self._inner = inner
        self._log = log
        self._secrets = secrets

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and tell method, host, path, status and time."""
        started = time.perf_counter()
        target = f"{request.method} {request.url.host}{request.url.raw_path.decode('ascii', 'replace')}"
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
