"""A receiver on a socket: served by waitress in a thread of its own, until it is told to stop or its socket dies."""

import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from qsc_bot.webhook.receiver import LARGEST_BODY_BYTES, Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LAST_ANSWERS_SECONDS: Final = 2.0
REASONS: Final = {413: "size", 431: "head", 500: "fault", 501: "encoding"}
"""Why waitress answers in our place; the rest is malformed."""


class Server:
    """Answers until `stop`; `is_alive` tells whether it still does.

    What cannot be read as a request is refused by waitress, and `refuse` hears of it. Numbers of connections were
    measured: 500 idle clients starve honest ones at a limit of 200.
    """

    def __init__(self, app: "WSGIApplication", *, listener: socket.socket, refuse: Callable[[Refused], None]) -> None:
        logging.getLogger("waitress").setLevel(logging.CRITICAL)  # clients that go away are no news, the rest is told
        self._sockets: dict[int, Any] = {}
        self._in_turn = _InTurn()
        self._is_stopping = False
        host, port = listener.getsockname()
        settings = Adjustments(
            host=host,
            port=port,
            connection_limit=800,
            asyncore_use_poll=True,
            channel_timeout=10,
            cleanup_interval=2,
            clear_untrusted_proxy_headers=True,
            max_request_body_size=LARGEST_BODY_BYTES + 1,
            ident="qsc-bot",
        )
        self._server: Any = TcpWSGIServer(
            app, self._sockets, _sock=listener, dispatcher=self._in_turn, adj=settings, bind_socket=False
        )
        self._server.channel_class = _telling(refuse)
        self._listens_at = listener.fileno()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it takes connections."""
        return self._thread.is_alive() and self._listens_at in self._sockets

    def stop(self) -> None:
        """Take no more connections, give the answers that are due, and end."""
        self._is_stopping = True
        if self._thread.is_alive():
            with suppress(OSError):  # it may have seen the wish already, and closed what wakes it
                self._server.pull_trigger()
            self._thread.join()

    def _run(self) -> None:
        try:
            while self._listens_at in self._sockets and not self._is_stopping:
                self._turn(timeout=1.0)
            wasyncore.dispatcher.close(self._server)  # the socket alone: answers are still given
            until = time.monotonic() + LAST_ANSWERS_SECONDS
            while self._owes_answers() and time.monotonic() < until:
                self._turn(timeout=0.05)
        finally:
            wasyncore.close_all(self._sockets, ignore_all=True)
            self._server.close()

    def _turn(self, *, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, use_poll=True, map=self._sockets, count=1)
        self._in_turn.serve()

    def _owes_answers(self) -> bool:
        channels = list(self._server.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


class _InTurn:
    """Stands in for waitress's threads: the one that reads and writes also answers.

    Requests are there in full by then, and only one at a time can be stored. Measured, in a burst: threads take more
    than twice the time, for they wait for one another.
    """

    def __init__(self) -> None:
        self._waiting: deque[Any] = deque()

    def add_task(self, channel: Any) -> None:
        """Let a channel wait for its turn."""
        self._waiting.append(channel)

    def serve(self) -> None:
        """Answer all that wait."""
        while self._waiting:
            self._waiting.popleft().service()


def _telling(refuse: Callable[[Refused], None]) -> type[Any]:
    """A channel whose errors are told."""

    class TellingTask(ErrorTask):  # type: ignore[misc]  # waitress ships no types
        def execute(self) -> None:
            fault = self.request.error
            refuse(Refused(fault.code, REASONS.get(fault.code, "malformed"), fault.body))
            super().execute()

    class Channel(HTTPChannel):  # type: ignore[misc]  # waitress ships no types
        error_task_class = TellingTask

    return Channel
