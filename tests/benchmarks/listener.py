"""A listener to be measured: the whole command in a process of its own, and the deliveries that are sent to it."""

import json
import os
import selectors
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from qsc_bot.models.delivery import Kind, Via
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.webhook.samples import encoded, sample
from qsc_bot.webhook.signature import HEADERS, sign
from tests.benchmarks.survey import TOOL

CONNECTIONS: Final = 8
SECRET: Final = "sandbox-client-secret"
PATH: Final = "/social-connect"
LONGEST_SECONDS: Final = 60.0


@dataclass
class Listener:
    """A listener in a process of its own."""

    process: subprocess.Popen[bytes]
    home: Path
    told: Path

    @property
    def lines(self) -> list[Any]:
        """The records that it has written in full."""
        return [json.loads(line) for line in self.told.read_text().splitlines(keepends=True) if line.endswith("\n")]

    @cached_property
    def port(self) -> int:
        """The port that its first record names, once that is there."""
        while not self.lines:
            assert self.process.poll() is None
            time.sleep(0.02)
        return int(self.lines[0]["address"].rpartition(":")[2])

    @property
    def peak_mib(self) -> float:
        """The most memory that it ever took."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024

    def wait_until_told(self, number: int) -> None:
        """Wait until it has written so many events."""
        until = time.monotonic() + LONGEST_SECONDS
        while self.told.read_bytes().count(b'"type":"event"') < number:
            assert time.monotonic() < until, f"not all of {number} events were told"
            time.sleep(0.02)

    @property
    def keys(self) -> list[str]:
        """What is in its store."""
        path = self.home / ".local/state/qsc-bot/deliveries.db"
        with closing(Deliveries(path, account="127.0.0.1:8081/1000", now=time.time, tell=print)) as store:
            return [one.dedupe_key for one in store.find()]


@contextmanager
def listening(*words: str) -> Iterator[Listener]:
    """Start one on a new home, and end it."""
    with tempfile.TemporaryDirectory() as folder, listening_at(Path(folder), *words) as made:
        yield made


@contextmanager
def listening_at(home: Path, *words: str, prepare: Callable[[], None] | None = None) -> Iterator[Listener]:
    """Start one on this home, and end it; `prepare` is done in its process first."""
    command = [*TOOL, "webhook", "listen", "--port", "0", "-o", "ndjson", "-p", "sandbox", *words]
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
    with tempfile.NamedTemporaryFile() as heard:
        process = subprocess.Popen(command, env=environ, stdout=heard, stderr=subprocess.DEVNULL, preexec_fn=prepare)
        made = Listener(process, home, Path(heard.name))
        try:
            yield made
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def key(number: int) -> str:
    """What the delivery of this number is known by in the store."""
    return f"0_{number}"


def delivery(number: int) -> bytes:
    """A signed request, told from all others by its number."""
    body = encoded(sample(Kind.MENTION, key=str(number), at=time.time()))
    return request(body, sign(Via.SOCIAL_CONNECT, body, SECRET))


def request(body: bytes, signature: str) -> bytes:
    """A request with this body and this signature."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    kind = f"Content-Type: application/json\r\n{HEADERS[Via.SOCIAL_CONNECT]}: {signature}\r\n\r\n"
    return f"{head}{kind}".encode() + body


def send_all(port: int, requests: Sequence[bytes], *, until: Callable[[int], bool] = lambda _: False) -> list[int]:
    """Send these over some connections, each with one request in flight; the places of those answered with 200."""
    answered: list[int] = []
    waiting = iter(enumerate(requests))
    with selectors.DefaultSelector() as selector, ExitStack() as open_ones:

        def next_on(connection: socket.socket) -> None:
            if following := next(waiting, None):
                connection.sendall(following[1])
                selector.register(connection, selectors.EVENT_READ, following[0])

        for _ in range(CONNECTIONS):
            next_on(open_ones.enter_context(socket.create_connection(("127.0.0.1", port))))
        while selector.get_map():
            for chosen, _ in selector.select(10):
                connection = chosen.fileobj
                assert isinstance(connection, socket.socket)
                selector.unregister(connection)
                try:
                    answer = connection.recv(65536)
                except ConnectionError:
                    continue
                if not answer:
                    continue
                assert answer.startswith(b"HTTP/1.1 200 "), answer
                answered.append(chosen.data)
                if until(len(answered)):
                    return answered
                next_on(connection)
    return answered


def answered_in(port: int, number: int) -> float:
    """Seconds until a delivery on a connection of its own is answered with 200."""
    text = delivery(number)
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(text)
        answer = connection.recv(65536)
    taken = time.perf_counter() - started
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return taken
