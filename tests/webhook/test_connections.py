"""A receiver's connections: bodies that end in one way only, and room for the next one whatever others hold."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from qsc_bot.webhook.connections import LARGEST_HEAD_BYTES, ROOM, Room
from qsc_bot.webhook.server import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from qsc_bot.webhook.receiver import Refused

pytestmark = pytest.mark.socket


class Served:
    """A server that answers with what was sent, in the order of `paths`; `meanwhile` is done during the first."""

    def __init__(self, listener: socket.socket, room: Room) -> None:
        self.paths: list[str] = []
        self.refused: list[Refused] = []
        self.listener = listener
        self.meanwhile: Callable[[], object] = lambda: None
        self.server = Server(self.answer, listener=listener, refuse=self.refused.append, room=room)

    def answer(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self.paths.append(environ["PATH_INFO"])
        if len(self.paths) == 1:
            self.meanwhile()
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def connect(self, text: bytes = b"") -> socket.socket:
        one = socket.create_connection(self.listener.getsockname(), timeout=10)
        one.sendall(text)
        return one

    def answered(self, text: bytes) -> bytes:
        """What is answered on a connection of its own until that is closed, or cut since not all of it was read."""
        answer = b""
        with self.connect(text) as one, suppress(ConnectionResetError):
            while more := one.recv(65536):
                answer += more
        return answer


@contextmanager
def served(room: Room = ROOM) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Served(listener, room)
        made.server.start()
        try:
            yield made
        finally:
            made.server.stop()


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
LAST = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
CHUNKS = b"3\r\nabc\r\n0\r\n\r\n"
TWO_ENDS: dict[str, bytes] = {
    "length and chunks": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + CHUNKS,
    "chunks twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS,
    "chunks in two lines": b"Transfer-Encoding: chunked\r\nTRANSFER-ENCODING: chunked\r\n\r\n" + CHUNKS,
    "chunks in a folded line": b"Transfer-Encoding: chunked,\r\n chunked\r\n\r\n" + CHUNKS,
    "folded on": b"Transfer-Encoding: chunked\r\n , chunked\r\n\r\n" + CHUNKS,
    "chunks after nothing": b"Transfer-Encoding: , chunked\r\n\r\n" + CHUNKS,
    "nothing, and a length": b"Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc",
    "more framing than body": b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 20_000,
    "chunk whose size has no end": b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 40_000,
}


@pytest.mark.parametrize("text", TWO_ENDS.values(), ids=TWO_ENDS)
def test_body_that_could_end_in_two_ways_is_refused_and_nothing_after_it_is_read(text: bytes) -> None:
    with served() as made:
        answer = made.answered(HEAD + text + LAST + b"\r\n")
    assert (answer.split()[1], answer.count(b"HTTP/1.1"), made.paths) == (b"400", 1, [])
    assert [(one.status, one.reason) for one in made.refused] == [(400, "malformed")]


def test_chunks_before_they_were_known_are_refused() -> None:
    with served() as made:
        text = b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + CHUNKS
        assert made.answered(text).split()[1] == b"400"


@pytest.mark.parametrize("coding", [b"chunked", b"Chunked ", b"\tCHUNKED"])
def test_plain_chunks_are_taken(coding: bytes) -> None:
    with served() as made:
        assert made.answered(LAST + b"Transfer-Encoding: %s\r\n\r\n" % coding + CHUNKS).endswith(b"\r\n\r\nabc")


EXPECTING: dict[str, tuple[bytes, bytes]] = {
    "too large": (b"Content-Length: 1073741824\r\n", b"413"),
    "two ends": (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"400"),
    "right": (b"Content-Length: 3\r\n", b"100"),
}


@pytest.mark.parametrize(("fields", "status"), EXPECTING.values(), ids=EXPECTING)
def test_who_asks_before_the_body_is_told_at_once_what_becomes_of_it(fields: bytes, status: bytes) -> None:
    with served() as made, made.connect(HEAD + b"Expect: 100-continue\r\n" + fields + b"\r\n") as one:
        assert one.recv(65536).split()[1] == status


def test_large_head_is_refused() -> None:
    with served() as made:
        answer = made.answered(HEAD + b"X: " + b"x" * LARGEST_HEAD_BYTES)
    assert (answer.split()[1], [one.reason for one in made.refused]) == (b"431", ["head"])


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def is_closed(one: socket.socket) -> bool:
    """Whether the server has closed it."""
    one.setblocking(False)
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_who_waits_longest_for_a_request_of_his_own_makes_room_for_the_next_one() -> None:
    with served(Room(connections=10)) as made, ExitStack() as open_ones:
        used = open_ones.enter_context(made.connect(HEAD + b"\r\n"))
        assert used.recv(65536).split()[1] == b"200"
        idle = [open_ones.enter_context(made.connect(HEAD[:number])) for number in range(9)]
        used.sendall(HEAD + b"\r\n")
        assert used.recv(65536).split()[1] == b"200"
        started = time.monotonic()
        assert [made.answered(LAST + b"\r\n").split()[1] for _ in range(5)] == [b"200"] * 5
        assert time.monotonic() - started < 5
        wait_until(lambda: is_closed(idle[0]))
        used.setblocking(True)
        used.sendall(LAST + b"\r\n")
        assert used.recv(65536).split()[1] == b"200"


def test_who_holds_most_makes_room_for_what_others_send() -> None:
    with served(Room(held_bytes=1_000_000)) as made, ExitStack() as open_ones:
        begun = HEAD + b"Content-Length: 900000\r\n\r\n"
        small = open_ones.enter_context(made.connect(begun + b"x" * 200_000))
        wait_until(lambda: made.server.held_bytes > 200_000)
        large = open_ones.enter_context(made.connect(begun + b"x" * 700_000))
        wait_until(lambda: made.server.held_bytes > 900_000)
        other = open_ones.enter_context(made.connect(begun + b"x" * 200_000))
        wait_until(lambda: is_closed(large))
        wait_until(lambda: made.server.held_bytes > 400_000)
        assert (is_closed(small), is_closed(other)) == (False, False)
        assert made.answered(LAST + b"Content-Length: 3\r\n\r\nabc").endswith(b"abc")


def test_nothing_is_held_of_requests_that_are_answered_or_given_up() -> None:
    with served() as made:
        assert made.answered(LAST + b"Content-Length: 500000\r\n\r\n" + b"x" * 500_000).split()[1] == b"200"
        with made.connect(HEAD + b"Content-Length: 500000\r\n\r\n" + b"x" * 100_000):
            wait_until(lambda: made.server.held_bytes > 100_000)
        wait_until(lambda: made.server.held_bytes == 0)


def test_many_requests_on_one_connection_do_not_keep_others_waiting() -> None:
    with served() as made, ExitStack() as open_ones:
        made.meanwhile = lambda: open_ones.enter_context(made.connect(b"GET /one HTTP/1.1\r\n\r\n"))
        open_ones.enter_context(made.connect(b"GET /many HTTP/1.1\r\n\r\n" * 300))
        wait_until(lambda: len(made.paths) == 301)
        assert made.paths.index("/one") < 10
