"""Bytes as they are, from a file or standard input."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, cast

from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError

LARGEST_BODY_BYTES: Final = 1024 * 1024
"""More than a listener takes."""


class ByteStream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """So many bytes at most; none at the end."""
        ...


def read_body(here: Session, source: str) -> bytes:
    """The bytes of a webhook's body, from a file or, for `-`, standard input; raises `webhook.body`."""
    try:
        if source == "-":
            body = standard_input(here).read(LARGEST_BODY_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                body = file.read(LARGEST_BODY_BYTES + 1)
    except OSError as error:
        raise QscBotError("webhook.body", f"{source}: the body cannot be read: {error.strerror}") from error
    if len(body) > LARGEST_BODY_BYTES:
        raise QscBotError("webhook.body", f"{source}: the body is larger than {LARGEST_BODY_BYTES // 1024} KiB")
    return body


def standard_input(here: Session) -> ByteStream:
    """The bytes of standard input."""
    stdin = here.surroundings.stdin
    raw = getattr(stdin, "buffer", None)
    return cast("ByteStream", raw) if raw is not None else _Encoded(stdin.read)


class _Encoded:
    """The bytes of a stream that hands out text."""

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read = read

    def read(self, size: int, /) -> bytes:
        """So many characters at most, as bytes."""
        return self._read(size).encode("utf-8", "surrogateescape")
