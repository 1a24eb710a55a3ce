"""A listener in memory on a real socket: what is sent to it while it sleeps, and then Ctrl-C."""

import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from qsc_bot.models.delivery import Via
from qsc_bot.webhook.signature import HEADERS, sign
from tests.cli.terminal import Result, Terminal

QSC: Final = Via.SOCIAL_CONNECT
META: Final = Via.MESSENGER
SECRET: Final[Mapping[Via, str]] = {QSC: "sandbox-client-secret", META: "sandbox-app-secret"}
PATH: Final[Mapping[Via, str]] = {QSC: "/social-connect", META: "/messenger"}
TICKS_AFTER: Final = 5


def mention(number: int = 1, **more: Any) -> bytes:
    """A private message."""
    author, message = {"id": "32470000000"}, {"type": "privatemessage", "content": "héllo"}
    fields = {"id": str(number), "topic": {"id": 2001}, "source": {"service": "whatsapp"}}
    return json.dumps({**fields, "author": author, "message": message, **more}).encode()


def thread(*mids: str) -> bytes:
    """A request of Messenger's with so many messages."""
    events = [{"sender": {"id": "5550001"}, "message": {"mid": mid}} for mid in mids]
    return json.dumps({"object": "page", "entry": [{"id": "1", "messaging": events}]}).encode()


def signed(via: Via, body: bytes, secret: str | None = None) -> dict[str, str]:
    """The header that signs these bytes."""
    return {HEADERS[via]: sign(via, body, secret or SECRET[via])}


@dataclass
class Listened:
    """Plays one listener: each act is done in turn while it sleeps; it ends when all are and `until` is so."""

    run: Terminal
    acts: list[Callable[[], object]] = field(default_factory=list)
    until: Callable[[], bool] = lambda: True
    statuses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self._left = TICKS_AFTER

    def __call__(self, *words: str, **how: Any) -> Result:
        """Listen."""
        self.run.play = self._sleep
        return self.run("webhook", "listen", "--port", str(self.port), *words, **how)

    def send(self, path: str, body: bytes = b"", *, method: str = "POST", headers: Mapping[str, str] = {}) -> bytes:
        """Send a request; the body of its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        self.statuses.append(answer.status)
        text = answer.read()
        connection.close()
        return text

    def deliver(self, via: Via, body: bytes, *, query: str = "", secret: str | None = None) -> None:
        """Plan to send a signed request."""
        headers = signed(via, body, secret)
        self.acts.append(lambda: self.send(PATH[via] + query, body, headers=headers))

    def raw(self, text: bytes) -> None:
        """Plan to send these bytes on a connection of their own."""

        def act() -> None:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                connection.sendall(text)
                self.statuses.append(int(connection.recv(65536).split()[1]))

        self.acts.append(act)

    def _sleep(self, seconds: float) -> None:
        time.sleep(0.001)
        if self.acts:
            self.acts.pop(0)()
        elif self.until():
            self._left -= 1
            if self._left == 0:
                signal.raise_signal(signal.SIGINT)


@dataclass
class Bot:
    """A bot on loopback: what it got, and what it answers; with 400 where it `refuses` a body."""

    url: str = ""
    status: int = 200
    refuses: bytes | None = None
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def a_bot(*, seconds: float = 0.0) -> Iterator[Bot]:
    """One that listens, and takes so long for an answer."""
    bot = Bot()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(seconds)
            bot.paths.append(self.path)
            bot.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(400 if body == bot.refuses else bot.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    worker.start()
    bot.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield bot
    finally:
        server.shutdown()
        worker.join()
        server.server_close()
