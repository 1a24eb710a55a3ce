"""The only place that calls a user's own address: a bot, with what a webhook would bring it."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec

from qsc_bot import __version__
from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
ANSWER_SECONDS: Final = 5.0
"""Meta wants its answer within so long; Social Connect documents no limit."""
LONGEST_TEXT: Final = 2_000
PLAINLY: Final = {"Accept-Encoding": "identity", "Connection": "close"}
"""A packed answer could unpack without end, and a connection is known to its deadline when it is made."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: the answer, and the beginning of its body; or that no secure connection could be made."""

    answer: Answer
    text: str = ""
    is_insecure: bool = False


class Endpoint:
    """Calls addresses on this machine, and on the hosts that were allowed by name; no token ever goes along.

    A call is over after `timeout_seconds`, however slowly an answer still comes.
    """

    def __init__(
        self,
        *,
        allowed_hosts: frozenset[str] = frozenset(),
        transport: httpx.BaseTransport | None = None,
        timeout_seconds: float = ANSWER_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._monotonic = monotonic
        self._timeout_seconds = timeout_seconds
        self._client = httpx.Client(
            transport=transport,
            timeout=timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": f"qsc-bot/{__version__}", **PLAINLY},
        )

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def check(self, url: str) -> str:
        """The same address; raises `usage.url` for one that cannot be called or whose host was not allowed."""
        try:
            parts = urlsplit(url)
            host = parts.hostname
            is_bare = host and parts.port != 0 and not (parts.username or parts.password or parts.fragment)
            is_address = is_bare and httpx.URL(url).scheme in ("http", "https")
        except (ValueError, httpx.InvalidURL):
            host, is_address = None, False
        if not is_address or host is None:
            raise QscBotError("usage.url", f"{url[:200]!r} cannot be called")
        if host not in LOOPBACK | self._allowed:
            hint = (f"add --allow-host {host} if that is meant",)
            raise QscBotError("usage.url", f"{host} is not this machine, and was not allowed", hint=hint)
        return url

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post these bytes; what cannot be sent or is not answered in time is told in the answer."""
        return self._call("POST", url, body=body, headers=headers)

    def get(self, url: str, query: Mapping[str, str]) -> Reply:
        """Get an address with these parameters beside its own."""
        return self._call("GET", str(httpx.URL(url).copy_merge_params(dict(query))))

    def _beginning(self, response: httpx.Response, *, until: float) -> str:
        """As much of a body as is looked at, and as comes in time; of one that is packed, nothing."""
        kept = b""
        if "Content-Encoding" in response.headers:
            return ""
        with suppress(httpx.TransportError):  # the status is known by then
            for chunk in response.iter_bytes():
                kept += chunk
                if len(kept) >= LONGEST_TEXT or self._monotonic() > until:
                    break
        return kept[:LONGEST_TEXT].decode("utf-8", "replace")

    def _call(self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        started = self._monotonic()
        shown = url.partition("?")[0]
        given = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        try:
            with (
                _ended_after(self._timeout_seconds) as trace,
                self._client.stream(
                    method, self.check(url), content=body, headers=given, extensions={"trace": trace}
                ) as response,
            ):
                text = self._beginning(response, until=started + self._timeout_seconds)
                took = round((self._monotonic() - started) * 1000)
                return Reply(answer=Answer(url=shown, status=response.status_code, milliseconds=took), text=text)
        except httpx.HTTPError as error:
            seconds = self._monotonic() - started
            reason = _reason(error, is_late=seconds >= self._timeout_seconds)
            answer = Answer(url=shown, milliseconds=round(seconds * 1000), error=reason)
            return Reply(answer=answer, is_insecure=any(isinstance(one, ssl.SSLError) for one in _below(error)))


@contextmanager
def _ended_after(seconds: float) -> Iterator[Callable[[str, Mapping[str, Any]], None]]:
    """Hears of the connections that a call makes, as httpx's `trace`, and ends them when the time is over."""
    made: list[socket.socket] = []
    is_over = threading.Event()

    def trace(name: str, told: Mapping[str, Any]) -> None:
        if name == "connection.connect_tcp.complete":
            made.append(told["return_value"].get_extra_info("socket").dup())
            if is_over.is_set():
                end()

    def end() -> None:
        is_over.set()
        for one in made:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield trace
    finally:
        timer.cancel()
        timer.join()
        for one in made:
            one.close()


def _reason(error: httpx.HTTPError, *, is_late: bool) -> str:
    if is_late or isinstance(error, httpx.TimeoutException):
        return f"no answer within {ANSWER_SECONDS:.0f} s"
    if isinstance(error, httpx.ConnectError):
        return _unconnected(error)
    return f"the connection broke ({type(error).__name__})"


def _unconnected(error: BaseException) -> str:
    """Why no connection came about, from the fault of the system below httpx's own."""
    for one in _below(error):
        if isinstance(one, ssl.SSLError):
            return f"no secure connection could be made: {one.strerror or one}"
        if isinstance(one, socket.gaierror):
            return "there is no host of this name"
    return "nothing listens there"


def _below(error: BaseException) -> Iterator[BaseException]:
    """An error and those that led to it."""
    below: BaseException | None = error
    while below is not None:
        yield below
        below = below.__cause__ or below.__context__
