"""One call to a remote and back: what can go wrong on the way becomes one of our errors, once."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from qsc_bot.errors import ApiError, QscBotError, WriteInDoubt
from qsc_bot.models.wire import decode_id, moment
from qsc_bot.transport.answer_ids import HEADERS, keep_ids
from qsc_bot.transport.redact import redact

T = TypeVar("T")
LONGEST_SERVER_TEXT: Final = 300
READS: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer whose body is JSON: the status, the bytes, the same parsed once, and when its limit resets."""

    status: int
    content: bytes
    data: Any
    call: str
    url: str
    reset: str = ""


class Remote:
    """The way to one remote. `name` is how messages call it, `source` tells where its token came from."""

    def __init__(
        self, client: httpx.Client, *, name: str, source: Callable[[], str], secrets: Callable[[], Iterable[str]]
    ) -> None:
        self._client = client
        self._secrets = secrets
        self.name = name
        self.source = source

    @property
    def base_url(self) -> str:
        """The configured origin and path that every call starts with."""
        return str(self._client.base_url)

    def clean(self, text: str) -> str:
        """A server's own words as they may be shown: without secrets, since some servers repeat what they were sent."""
        return redact(text, self._secrets())[:LONGEST_SERVER_TEXT]

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Reply:
        """Send one call. Raises `network.*`, `api.not_json`, `api.unavailable`, and `write.in_doubt` for writes."""
        call = f"{method} {urlsplit(path).path}"
        keep_ids({})
        try:
            response = self._client.request(method, path, params=params or None, data=form, json=body)
        except httpx.HTTPError as error:
            raise self._unsent(error, method, call) from error
        except httpx.InvalidURL as error:
            raise ApiError("api.page_foreign", f"{self.name} gave an address that cannot be read") from error
        keep_ids({name: self.clean(value) for name, value in response.headers.items() if name in HEADERS})
        if response.is_redirect:
            raise ApiError(
                "network.redirect",
                f"{call}: {self.name} answered with a redirect ({response.status_code})",
                status=response.status_code,
            )
        return self._parsed(response, method, call)

    def _parsed(self, response: httpx.Response, method: str, call: str) -> Reply:
        try:
            data = json.loads(response.content)
        except (ValueError, RecursionError) as error:
            if method not in READS and (response.is_success or response.is_server_error):
                raise WriteInDoubt("write.in_doubt", f"{call} was sent, and the answer cannot be read") from error
            code = "api.unavailable" if response.is_server_error else "api.not_json"
            raise ApiError(code, f"{call}: {_describe(response)}", status=response.status_code) from error
        if response.is_server_error and method not in READS:
            raise WriteInDoubt(
                "write.in_doubt",
                f"{call} was sent and answered with {response.status_code}",
                status=response.status_code,
            )
        return Reply(
            status=response.status_code,
            content=response.content,
            data=data,
            call=call,
            url=str(response.url),
            reset=_reset(response),
        )

    def _unsent(self, error: httpx.HTTPError, method: str, call: str) -> QscBotError:
        reason = self.clean(str(error))
        if isinstance(error, httpx.ConnectError) and _is_tls(error):
            return QscBotError("network.tls", f"{call}: no secure connection to {self._host}: {reason}")
        if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
            return ApiError("network.timeout", f"{call}: no connection to {self._host} in time")
        if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
            return ApiError("network.unreachable", f"{call}: {self._host} could not be reached: {reason}")
        if method not in READS:
            return WriteInDoubt("write.in_doubt", f"{call} was sent, and no answer came ({type(error).__name__})")
        if isinstance(error, httpx.TimeoutException):
            return ApiError("network.timeout", f"{call}: no answer from {self._host} in time")
        if isinstance(error, httpx.DecodingError):
            return ApiError("api.not_json", f"{call}: the answer cannot be decompressed")
        return ApiError("network.unreachable", f"{call}: the connection to {self._host} broke ({type(error).__name__})")

    @property
    def _host(self) -> str:
        url = self._client.base_url
        return f"{url.host}:{url.port}" if url.port else url.host


def decode(value: Any, kind: type[T], *, call: str) -> T:
    """Give a JSON value the documented shape; raises `api.wrong_shape` naming the call and the path in the body."""
    try:
        return msgspec.convert(value, kind, dec_hook=decode_id)
    except (
        msgspec.ValidationError,
        UnicodeEncodeError,
    ) as error:  # the latter for half a character in a number's place
        raise ApiError("api.wrong_shape", f"{call}: {error}") from error


def _describe(response: httpx.Response) -> str:
    kind = response.headers.get("content-type", "").partition(";")[0]
    start = response.content[:200].lstrip().lower()
    what = (
        "an HTML page"
        if "html" in kind or start.startswith((b"<!doctype", b"<html"))
        else "something that is no whole JSON"
    )
    return f"status {response.status_code} with {what} ({len(response.content)} bytes)"


def _reset(response: httpx.Response) -> str:
    """When a limit ends, as far as the answer tells, in words that follow a message."""
    reset, after = response.headers.get("x-ratelimit-reset", ""), response.headers.get("retry-after", "")
    at = moment(float(reset)) if reset.isdecimal() else None
    if at:
        return f"; the limit resets at {at:%Y-%m-%dT%H:%M:%SZ}"
    return f"; it asks to wait {after} s" if after.isdecimal() else ""


def _is_tls(error: httpx.ConnectError) -> bool:
    text = str(error).upper()
    return "CERTIFICATE" in text or "SSL" in text or "TLS" in text
