"""A receiver's connections, as waitress has them: strict about where a body ends, and never all taken by others."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import BadRequest

from qsc_bot.webhook.receiver import Refused

LARGEST_HEAD_BYTES: Final = 16 * 1024
FRAMING_BYTES: Final = 16 * 1024
"""Chunks may add so much to a body, and as much again as it is long: those of one byte take long to read."""
ACCEPTED_AT_ONCE: Final = 64
PATIENCE_SECONDS: Final = 0.1
"""A connection is left so much time to send its request, also where others wait for its place."""
REASONS: Final = {413: "size", 431: "head", 500: "fault", 501: "encoding"}
"""Why waitress answers in our place; the rest is malformed."""
_CODING: Final = re.compile(rb"^transfer-encoding:((?:[^\r\n]|\r\n[ \t])*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Room:
    """How many connections there may be, and how many bytes of requests that are not whole yet.

    Where there are more, one that keeps others waiting is closed: of connections the one that has waited longest for a
    request of its own to be whole, of bytes the one that holds most of them.
    """

    connections: int = 800
    held_bytes: int = 24 * 1024 * 1024


ROOM: Final = Room()


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress ships no types
    """Refuses what tells in two ways where its body ends: a proxy before it may take the other one."""

    error: Any = None

    def received(self, data: bytes) -> int:
        """Take what came; how many bytes of it belong to this request."""
        taken: int = super().received(data)
        if self.chunked and self.body_bytes_received > 2 * len(self.body_rcv) + FRAMING_BYTES:
            self.error = BadRequest("the chunks are more than the body")
            self.completed = True
        if self.error:
            self.expect_continue = False  # or else waitress asks for the body of what it has refused
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head; raises ParsingError."""
        super().parse_header(header_plus)
        codings = _CODING.findall(header_plus)
        if not codings:
            return
        if [one.strip(b" \t").lower() for one in codings] != [b"chunked"]:
            raise ParsingError("Transfer-Encoding is another one than chunked, once")
        if "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Transfer-Encoding stands beside Content-Length")
        if not self.chunked:
            raise ParsingError("Transfer-Encoding stands where this version of HTTP has none")


class RoomyServer(TcpWSGIServer):  # type: ignore[misc]  # waitress ships no types
    """Has room for the next connection, whatever others hold; all that it does is done by one thread."""

    room: Room
    held_bytes = 0

    def handle_accept(self) -> None:
        """Take those that wait, some at once: each turn costs as much as there are connections."""
        for _ in range(ACCEPTED_AT_ONCE):
            if self.is_full:
                return
            known = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == known:
                return
            self._let_go_of_connections()

    def hold(self, change: int) -> None:
        """Count bytes of requests that are not whole, and close who holds most where they are too many."""
        self.held_bytes += change
        while self.held_bytes > self.room.held_bytes:
            max(self.active_channels.values(), key=lambda one: one.held_bytes).give_up()

    @property
    def is_full(self) -> bool:
        """Whether there is no room, and nobody has had the time yet to send a request of its own."""
        longest = self._longest_waiting(beside=1)
        return longest is not None and time.monotonic() - longest.waits_since < PATIENCE_SECONDS

    def readable(self) -> bool:
        """Whether the next connection may come in."""
        return bool(super().readable()) and not self.is_full

    def _let_go_of_connections(self) -> None:
        if longest := self._longest_waiting():
            longest.give_up()

    def _longest_waiting(self, *, beside: int = 0) -> Any:
        """Who is to make room for the others and so many more; None where there is room."""
        if len(self.active_channels) + beside <= self.room.connections:
            return None
        going_on = [one for one in self.active_channels.values() if not one.will_close]
        if len(going_on) + beside <= self.room.connections:
            return None
        waiting = [one for one in going_on if not one.requests]
        return min(waiting, key=lambda one: one.waits_since, default=going_on[0])


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress ships no types
    """One connection: what it holds of a request that is not whole, and since when it waits for one that is."""

    parser_class = Parser
    held_bytes = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.waits_since = time.monotonic()

    def received(self, data: bytes) -> bool:
        """Take what came; whether it was of use."""
        taken: bool = super().received(data)
        if self.request is None:
            self.waits_since = time.monotonic()
            self._holds(0)
        else:
            self._holds(self.request.header_bytes_received + self.request.body_bytes_received)
        return taken

    def give_up(self) -> None:
        """Forget what it sent, and close it at the next turn: this one may still have something to do with it."""
        self.will_close = True
        self.request = None
        self._holds(0)

    def del_channel(self, map: Any = None) -> None:  # noqa: A002  # as waitress calls it
        """Leave the server's books."""
        super().del_channel(map)
        self._holds(0)

    def _holds(self, number: int) -> None:
        change, self.held_bytes = number - self.held_bytes, number
        self.server.hold(change)


def telling(refuse: Callable[[Refused], None]) -> type[Channel]:
    """A channel whose errors are told."""

    class TellingTask(ErrorTask):  # type: ignore[misc]  # waitress ships no types
        def execute(self) -> None:
            fault = self.request.error
            refuse(Refused(fault.code, REASONS.get(fault.code, "malformed"), fault.body))
            super().execute()

    class TellingChannel(Channel):
        error_task_class = TellingTask

    return TellingChannel
