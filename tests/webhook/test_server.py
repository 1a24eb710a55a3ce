"""A receiver's socket: it answers until it is told to stop, and knows when it can answer no more."""

import http.client
import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from qsc_bot.webhook.receiver import Refused
from qsc_bot.webhook.server import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

pytestmark = pytest.mark.socket


def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/fault":
        raise RuntimeError("a fault of ours")
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@contextmanager
def served(refused: list[Refused]) -> Iterator[tuple[Server, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(app, listener=listener, refuse=refused.append)
        server.start()
        try:
            yield server, listener
        finally:
            server.stop()


def get(listener: socket.socket, path: str = "/") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_it_answers_until_it_is_stopped() -> None:
    with served([]) as (server, listener):
        port = listener.getsockname()[1]
        assert (get(listener), server.is_alive) == ((200, b"ok"), True)
        server.stop()
        server.stop()
        assert not server.is_alive
    with pytest.raises(OSError):  # noqa: PT011  # refused or reset, as the system likes
        socket.create_connection(("127.0.0.1", port), timeout=1).recv(1)


def test_socket_that_dies_is_noticed() -> None:
    with served([]) as (server, listener):
        assert get(listener)[0] == 200
        with socket.socket(fileno=os.dup(listener.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)
        until = time.monotonic() + 10
        while server.is_alive:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_fault_of_ours_is_answered_and_told_and_not_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    refused: list[Refused] = []
    with served(refused) as (_, listener):
        assert get(listener, "/fault")[0] == 500
        assert get(listener)[0] == 200
    assert [(one.status, one.reason) for one in refused] == [(500, "fault")]
    assert capfd.readouterr() == ("", "")
