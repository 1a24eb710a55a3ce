"""A user's own address: this machine unless allowed, no token, and every way of not answering is told."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
    "http://127.0.0.1/#part",
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_other_addresses_are_not_called(url: str) -> None:
    with pytest.raises(QscBotError) as caught:
        endpoint(lambda _: pytest.fail("it was called")).post(url, b"", {})
    assert caught.value.code == "usage.url"


def test_allowed_host_is_called() -> None:
    made = endpoint(lambda _: httpx.Response(204), frozenset({"Bot.Example.com"}))
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


def test_packed_body_is_not_unpacked() -> None:
    packed = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"\x1f\x8b"))
    reply = endpoint(lambda _: packed).post(URL, b"", {})
    assert (reply.answer.status, reply.text) == (200, "")


def test_header_that_is_no_ascii_goes_as_it_came() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    endpoint(answer).post(URL, b"", {"content-type": "text/plain; x=\xe9"})
    assert (b"content-type", b"text/plain; x=\xe9") in seen[0].headers.raw


@contextmanager
def dripping(beginning: bytes, drop: bytes) -> Iterator[str]:
    """A bot that sends a beginning and then something ever again, until nobody listens; its address."""

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(beginning)
                while True:
                    connection.sendall(drop)
                    time.sleep(0.02)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = threading.Thread(target=drip, args=(listener,))
        worker.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        worker.join()


@pytest.mark.socket
@pytest.mark.parametrize(
    ("beginning", "drop", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x", None),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", None),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n", b"x", 201),
    ],
    ids=["head", "continue", "body"],
)
def test_bot_that_drips_is_left_when_the_time_is_over(beginning: bytes, drop: bytes, status: int | None) -> None:
    with dripping(beginning, drop) as url:
        answer = Endpoint(timeout_seconds=0.3).post(url, b"", {}).answer
    assert (answer.status, answer.error is None) == (status, status is not None)
    assert answer.error in (None, "no answer within 5 s")
    assert (answer.milliseconds or 0) >= 300


def test_query_is_added_to_that_of_the_address() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200)

    reply = endpoint(answer).get(f"{URL}?key=k", {"hub.mode": "subscribe"})
    assert seen == [f"{URL}?key=k&hub.mode=subscribe"]
    assert reply.answer.url == URL
