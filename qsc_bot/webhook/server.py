"""A receiver on a socket: served by waitress in a thread of its own, until it is told to stop or its socket dies."""

import logging
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments

from qsc_bot.webhook.connections import LARGEST_HEAD_BYTES, PATIENCE_SECONDS, ROOM, Room, RoomyServer, telling
from qsc_bot.webhook.receiver import LARGEST_BODY_BYTES, Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LAST_ANSWERS_SECONDS: Final = 2.0
OTHER_FILES: Final = 64
"""So many open files are left for the store, for what is passed on, and for the rest of the process."""


class Server:
    """Answers until `stop`; `is_alive` tells whether it still does.

    What cannot be read as a request is refused by waitress, and `refuse` hears of it. Bodies are kept in memory, as far
    as there is room, and never on the disk.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        listener: socket.socket,
        refuse: Callable[[Refused], None],
        room: Room = ROOM,
    ) -> None:
        logging.getLogger("waitress").setLevel(logging.CRITICAL)  # clients that go away are no news, the rest is told
        self._sockets: dict[int, Any] = {}
        self._in_turn = _InTurn()
        self._is_stopping = False
        host, port = listener.getsockname()
        settings = Adjustments(
            host=host,
            port=port,
            connection_limit=2 * room.connections + OTHER_FILES,  # never reached: there is room for each
            asyncore_use_poll=True,
            channel_timeout=10,
            cleanup_interval=2,
            clear_untrusted_proxy_headers=True,
            max_request_header_size=LARGEST_HEAD_BYTES,
            max_request_body_size=LARGEST_BODY_BYTES + 1,
            inbuf_overflow=2 * LARGEST_BODY_BYTES,
            ident="qsc-bot",
        )
        self._server: Any = RoomyServer(
            app, self._sockets, _sock=listener, dispatcher=self._in_turn, adj=settings, bind_socket=False
        )
        self._server.room = replace(room, connections=min(room.connections, _most_connections()))
        self._server.channel_class = telling(refuse)
        self._listens_at = listener.fileno()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it takes connections."""
        return self._thread.is_alive() and self._listens_at in self._sockets

    @property
    def held_bytes(self) -> int:
        """How many bytes it has of requests that are not whole."""
        return int(self._server.held_bytes)

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
        if self._in_turn.has_more:
            timeout = 0.0
        elif self._server.is_full:
            timeout = min(timeout, PATIENCE_SECONDS / 2)
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

    @property
    def has_more(self) -> bool:
        """Whether a channel waits, with one of several requests that came together."""
        return bool(self._waiting)

    def serve(self) -> None:
        """Answer one request of each that waits."""
        for _ in range(len(self._waiting)):
            self._waiting.popleft().service()


def _most_connections() -> int:
    """As many as this process may have files open, but for some."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else max(1, soft - OTHER_FILES)
