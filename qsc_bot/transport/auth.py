"""The token: in the Authorization header, on the configured origin, and nowhere else."""

from collections.abc import Callable

import httpx

from qsc_bot.errors import QscBotError


class BearerTransport(httpx.BaseTransport):
    """Adds the token to calls to one origin, and refuses calls to any other."""

    def __init__(self, inner: httpx.BaseTransport, *, base_url: str, token: Callable[[], str]) -> None:
        self._inner = inner
        self._base = httpx.URL(base_url)
        self._token = token

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Add the token and send; a call to another origin is a fault of ours and carries no token anywhere."""
        if not same_origin(request.url, self._base):
            raise QscBotError("api.page_foreign", f"{request.url.host} is not the API host {self._base.host}")
        request.headers["Authorization"] = f"Bearer {self._token()}"
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close what this wraps."""
        self._inner.close()


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    return (one.scheme, one.host, _port(one)) == (other.scheme, other.host, _port(other))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)
