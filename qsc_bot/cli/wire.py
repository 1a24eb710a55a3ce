"""The ways out of this process: the network, or the sandbox in memory."""

import os
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
    variable, proxy = _proxy(base_url)
    try:
        return httpx.HTTPTransport(proxy=proxy)
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        reason = "it needs the package socksio" if isinstance(error, ImportError) else "its address cannot be read"
        hint = (f"set {variable} to http://USER:PASSWORD@HOST:PORT, user and password percent-encoded",)
        message = f"the proxy that {variable} names cannot be used: {reason}"
        raise QscBotError("config.invalid", message, hint=hint) from None  # httpx's own words may hold the password
    except OSError as error:  # whatever Python's ssl cannot read is one
        named = next((f" that {name} names" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), "")
        message = f"the certificates{named} cannot be used: {error.strerror or error}"
        hint = ("set SSL_CERT_FILE to a file of certificates in PEM, or unset it",)
        raise QscBotError("network.tls", message, hint=hint) from None


def _proxy(base_url: str) -> tuple[str, str | None]:
    """The variable that decides, and the proxy that it names, if any."""
    parts = urlsplit(base_url)
    proxies = urllib.request.getproxies()
    if is_loopback(parts.hostname or "") or urllib.request.proxy_bypass(parts.netloc):
        proxies = {}
    name = parts.scheme if proxies.get(parts.scheme) else "all"
    return f"{name.upper()}_PROXY", proxies.get(name) or None


Mount = Callable[[str], httpx.BaseTransport]
