"""What a listener takes: a burst of signed deliveries, its death in the midst of one, and bad clients beside good ones.

The listener is the whole command in a process of its own. A bare waitress application that only reads the body is
measured in turn with it, with the same client over the same number of connections; the medians are compared, since
machines are noisy. Every delivery that was answered must be in the store, once, also where the listener was killed.

Run: python -m tests.benchmarks.receiver
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any, Final

from qsc_bot.models.delivery import Kind, Via
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.webhook.samples import encoded, sample
from qsc_bot.webhook.signature import HEADERS, sign
from tests.benchmarks.survey import TOOL

DELIVERIES: Final = 2_000
CONNECTIONS: Final = 8
PAIRS: Final = 5
SECRET: Final = "sandbox-client-secret"
PATH: Final = "/social-connect"
BARE: Final = """\
import socket
from waitress.server import create_server
def app(environ, start_response):
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(listener.getsockname()[1], flush=True)
create_server(app, sockets=[listener], threads=4, connection_limit=800, asyncore_use_poll=True).run()
"""


def main() -> None:
    """Measure each part; print the figures as a table and as JSON."""
    figures = throughput() | killed(DELIVERIES, DELIVERIES // 2) | beside_bad_clients(seconds=20.0, idle=500, slow=50)
    for name, value in figures.items():
        print(f"{name:<64}{value}")
    print(json.dumps(figures))


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
        while self.told.read_bytes().count(b'"type":"event"') < number:
            time.sleep(0.05)

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


def delivery(number: int) -> bytes:
    """A signed request, told from all others by its number."""
    body = encoded(sample(Kind.MENTION, key=str(number), at=time.time()))
    signature = sign(Via.SOCIAL_CONNECT, body, SECRET)
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
            for key, _ in selector.select(10):
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                selector.unregister(connection)
                try:
                    answer = connection.recv(65536)
                except ConnectionError:
                    continue
                if not answer:
                    continue
                assert answer.startswith(b"HTTP/1.1 200 "), answer
                answered.append(key.data)
                if until(len(answered)):
                    return answered
                next_on(connection)
    return answered


def throughput(number: int = DELIVERIES) -> dict[str, Any]:
    """A burst on the listener and on the bare application, in turn."""
    requests = [delivery(one) for one in range(number * PAIRS)]
    rates: list[tuple[float, float]] = []
    with listening() as made, bare() as port:
        for turn in range(PAIRS):
            mine = requests[turn * number : (turn + 1) * number]
            ours = rate(made.port, mine)
            made.wait_until_told((turn + 1) * number)  # so that it does not work beside the other one
            rates.append((ours, rate(port, mine)))
        kept, peak = made.keys, made.peak_mib
    assert (len(kept), len(set(kept))) == (len(requests), len(requests))
    mine_rate, theirs = (median(side) for side in zip(*rates, strict=True))
    return {
        "deliveries in a burst": number,
        "listener: a second": round(mine_rate),
        "bare application: a second": round(theirs),
        "listener, of the bare application (at least 0.5)": round(mine_rate / theirs, 2),
        "listener: peak memory MiB (at most 120)": round(peak, 1),
    }


def rate(port: int, requests: Sequence[bytes]) -> float:
    """How many are answered in a second."""
    started = time.perf_counter()
    assert len(send_all(port, requests)) == len(requests)
    return len(requests) / (time.perf_counter() - started)


@contextmanager
def bare() -> Iterator[int]:
    """The port of an application that reads the body and nothing else."""
    process = subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def killed(number: int, after: int) -> dict[str, Any]:
    """Kill the listener when so many were answered: each of those must be in its store, once."""
    requests = [delivery(one) for one in range(number)]
    with listening() as made:

        def kill(answered: int) -> bool:
            if answered == after:
                made.process.kill()
                made.process.wait()
            return False

        answered = send_all(made.port, requests, until=kill)
        kept = made.keys
    lost = {f"0_{one}" for one in answered} - set(kept)
    return {
        "killed: answered": len(answered),
        "killed: answered and lost (none)": len(lost),
        "killed: kept twice (none)": len(kept) - len(set(kept)),
    }


def beside_bad_clients(*, seconds: float, idle: int, slow: int) -> dict[str, Any]:
    """How long honest deliveries wait at most while others hold connections without end."""
    with listening() as made, ExitStack() as open_ones:
        bad = [socket.create_connection(("127.0.0.1", made.port)) for _ in range(idle + len(BODIES) * slow)]
        for one in bad:
            open_ones.enter_context(one)
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n"
        for number, one in enumerate(bad[idle:]):
            one.sendall((head + BODIES[number % len(BODIES)]).encode())
        waits = list[float]()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for one in bad[idle:]:
                trickle(one)
            waits += [answered_in(made.port, len(waits) + number) for number in range(5)]
            time.sleep(1.0)
        kept, peak = len(made.keys), made.peak_mib
    assert kept == len(waits)
    return {
        "bad clients: idle connections": idle,
        "bad clients: slow heads, endless bodies, huge lengths, each": slow,
        "bad clients: honest deliveries": len(waits),
        "bad clients: longest wait of an honest one, s (at most 1)": round(max(waits), 3),
        "bad clients: peak memory MiB (at most 120)": round(peak, 1),
    }


BODIES: Final = (
    "X-Slow: ",
    "Content-Length: 1000000\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n",
    f"Content-Length: {2**30}\r\n\r\n",
)
"""How bad requests go on: a head that does not end, bodies that do not, and one that is said to be huge."""


def trickle(connection: socket.socket) -> None:
    """Another byte; who was cut off stays so."""
    with suppress(OSError):
        connection.sendall(b"1")


def answered_in(port: int, number: int) -> float:
    """Seconds until a delivery on a connection of its own is answered with 200."""
    request = delivery(number)
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        answer = connection.recv(65536)
    taken = time.perf_counter() - started
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return taken


if __name__ == "__main__":
    main()
