"""A user's own address: this machine unless allowed, no token, and every way of not answering is told."""

import socket
import ssl
from collections.abc import Callable

import httpcore
import httpx
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.operations.endpoint import LONGEST_TEXT, Endpoint

URL = "http://127.0.0.1:9/hook"


def endpoint(handler: Callable[[httpx.Request], httpx.Response], allowed: frozenset[str] = frozenset()) -> Endpoint:
    return Endpoint(transport=httpx.MockTransport(handler), allowed_hosts=allowed)


def test_body_and_headers_go_as_they_are() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text="thanks")

    reply = endpoint(answer).post(URL, b"\xffraw", {"x-signature": "s"})
    assert (reply.answer.status, reply.text) == (200, "thanks")
    assert (seen[0].content, seen[0].headers["x-signature"]) == (b"\xffraw", "s")
    assert "authorization" not in seen[0].headers


REFUSED = [
    "http://bot.example.com/hook",
    "http://127.0.0.1.example.com/",
    "http://user:secret@127.0.0.1/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "http://[::1/",
    "127.0.0.1:9",
    "http://127.0.0.1:x/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1/\x00",
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_other_addresses_are_not_called(url: str) -> None:
    with pytest.raises(QscBotError) as caught:
        endpoint(lambda _: pytest.fail("it was called")).post(url, b"", {})
    assert caught.value.code == "usage.url"


def test_allowed_host_is_called() -> None:
    made = endpoint(lambda _: httpx.Response(204), frozenset({"bot.example.com"}))
    assert made.post("https://bot.example.com/hook", b"", {}).answer.status == 204


def test_redirect_is_not_followed() -> None:
    made = endpoint(lambda _: httpx.Response(302, headers={"location": "http://169.254.169.254/"}))
    assert made.post(URL, b"", {}).answer.status == 302


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (httpx.ConnectError, "nothing listens there"),
        (httpx.ReadTimeout, "no answer within"),
        (httpx.ReadError, "broke"),
    ],
)
def test_no_answer_is_told(error: type[httpx.TransportError], told: str) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error("x", request=request)

    answer = endpoint(broken).post(URL, b"", {}).answer
    assert answer.status is None
    assert told in (answer.error or "")


@pytest.mark.parametrize(
    ("below", "told"),
    [
        (ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] expired"), "no secure connection"),
        (socket.gaierror(-2, "Name or service not known"), "no host of this name"),
        (ConnectionRefusedError(111, "Connection refused"), "nothing listens there"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_connection_that_does_not_come_about_says_why(below: Exception, told: str) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        try:
            raise httpcore.ConnectError("x") from below
        except httpcore.ConnectError as error:
            raise httpx.ConnectError("x", request=request) from error

    assert told in (endpoint(broken).post(URL, b"", {}).answer.error or "")


def test_endless_body_is_looked_at_no_further() -> None:
    def endless(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=iter(lambda: b"x" * 1000, None))

    assert len(endpoint(endless).post(URL, b"", {}).text) == LONGEST_TEXT


def test_query_is_added_to_that_of_the_address() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200)

    reply = endpoint(answer).get(f"{URL}?key=k", {"hub.mode": "subscribe"})
    assert seen == [f"{URL}?key=k&hub.mode=subscribe"]
    assert reply.answer.url == URL
