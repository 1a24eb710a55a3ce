"""Clients that hold connections without end, or send what nobody signed; each connects again when it is cut."""

import base64
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from tests.benchmarks.listener import PATH, answered_in, key, listening, request

HEAD: Final = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n".encode()
NOBODY: Final = base64.b64encode(bytes(32)).decode()
BETWEEN_SECONDS: Final = 0.05
"""How long an honest client waits between two deliveries."""


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """So many clients that send the same; those that trickle send another byte each second."""

    number: int
    text: bytes = b""
    trickles: bool = False


def numbers_of(size: int) -> bytes:
    """A list of the longest numbers that Python reads, of so many bytes: the slowest JSON to parse."""
    return b"[" + b",".join([b"9" * 4299] * (size // 4300)) + b"]"


IDLE: Final = Crowd(number=500)
SLOW: Final = [
    Crowd(number=50, text=HEAD + end, trickles=True)
    for end in (
        b"X-Slow: ",
        b"Content-Length: 1000000\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"Content-Length: %d\r\n\r\n" % 2**30,
    )
]
WRONG: Final = [
    Crowd(number=20, text=request(numbers_of(2**20), NOBODY)),
    Crowd(number=50, text=request(numbers_of(86_000), NOBODY)),
]
HALF: Final = Crowd(number=700, text=HEAD + b"Content-Length: 1048576\r\n\r\n" + b"x" * 520_000)
HEADS: Final = Crowd(number=700, text=HEAD + b"X: " + b"x" * 250_000)
PHASES: Final[Mapping[str, Sequence[Crowd]]] = {
    "500 idle": [IDLE],
    "500 idle, 50 each of slow heads, endless bodies and chunks, 1 GiB": [IDLE, *SLOW],
    "500 idle, 20 wrongly signed bodies of 1 MiB, 50 of 86 KB": [IDLE, *WRONG],
    "500 idle, 700 half-sent bodies of 520 kB": [IDLE, HALF],
    "500 idle, 700 heads of 250 KB without an end": [IDLE, HEADS],
    "900 idle": [Crowd(number=900)],
}


@dataclass
class Client:
    """One bad client: its connection, and how much it has sent on it."""

    port: int
    crowd: Crowd
    connection: socket.socket | None = None
    sent: int = 0
    trickled_at: float = 0.0

    def go_on(self) -> None:
        """Send what can be sent without waiting; connect again where the other side has answered or closed."""
        try:
            if self.connection is None:
                self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=5)
                self.connection.setblocking(False)
                self.sent = 0
            self._send(self.connection)
            self.connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            pass
        self.leave()

    def leave(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _send(self, connection: socket.socket) -> None:
        if self.sent < len(self.crowd.text):
            with suppress(BlockingIOError):
                self.sent += connection.send(self.crowd.text[self.sent : self.sent + 65536])
        elif self.crowd.trickles and time.monotonic() - self.trickled_at >= 1.0:
            self.trickled_at = time.monotonic()
            connection.send(b"1")


@contextmanager
def beside(port: int, crowds: Sequence[Crowd]) -> Iterator[None]:
    """Let these do their work meanwhile, in a thread of their own."""
    clients = [Client(port, crowd) for crowd in crowds for _ in range(crowd.number)]
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(0.001):
            for client in clients:
                client.go_on()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        is_over.set()
        worker.join()
        for client in clients:
            client.leave()


def beside_bad_clients(*, seconds: float, phases: Mapping[str, Sequence[Crowd]] = PHASES) -> dict[str, Any]:
    """How long honest deliveries wait at most in each phase, and what the listener needs; a phase lasts so long."""
    longest: dict[str, float] = {}
    sent = 0
    with listening() as made:
        for name, crowds in phases.items():
            with beside(made.port, crowds):
                waits, until = list[float](), time.monotonic() + seconds
                while time.monotonic() < until:
                    waits.append(answered_in(made.port, sent + len(waits)))
                    time.sleep(BETWEEN_SECONDS)
            sent += len(waits)
            longest[f"beside {name}: longest wait, s"] = round(max(waits), 3)
        made.wait_until_told(sent)
        kept, peak = made.keys, made.peak_mib
    return longest | {
        "bad clients: honest deliveries": sent,
        "bad clients: lost": len({key(one) for one in range(sent)} - set(kept)),
        "bad clients: kept twice": len(kept) - len(set(kept)),
        "bad clients: longest wait of an honest one, s": max(longest.values()),
        "bad clients: peak memory MiB": round(peak, 1),
    }
