"""The ways out of this process: the network, or the sandbox in memory."""

import urllib.request
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from qsc_bot.errors import QscBotError
from qsc_bot.models.address import is_loopback
from qsc_bot.sandbox.faults import ConnectionCut, Delayed

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class SandboxTransport(httpx.BaseTransport):
    """The sandbox in memory; its faults become the failures that httpx knows."""

    def __init__(self, app: "WSGIApplication", *, timeout_seconds: float) -> None:
        def mounted(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            known = {"qsc_bot.in_memory": True, "qsc_bot.timeout_seconds": timeout_seconds}
            return app({**environ, **known}, start_response)

        self._inner = httpx.WSGITransport(app=mounted)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from memory; a cut connection and a delay beyond the time-out raise as on a network."""
        try:
            return self._inner.handle_request(request)
        except ConnectionCut as cut:
            if cut.after_effect:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.") from cut
            raise httpx.ReadError("Connection reset by peer") from cut
        except Delayed as late:
            raise httpx.ReadTimeout("timed out") from late


def network(base_url: str) -> httpx.BaseTransport:
    """The network, through the proxy that the environment names for this host, if any."""
    proxy = _proxy(base_url)
    try:
        return httpx.HTTPTransport(proxy=proxy)
    except (ImportError, ValueError) as error:
        raise QscBotError("config.invalid", f"the proxy that the environment names cannot be used: {error}") from error


def _proxy(base_url: str) -> str | None:
    parts = urlsplit(base_url)
    if is_loopback(parts.hostname or "") or urllib.request.proxy_bypass(parts.netloc):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


Mount = Callable[[str], httpx.BaseTransport]
