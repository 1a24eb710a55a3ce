"""Sockets of this machine that others may connect to: loopback, and nothing else."""

import socket
from typing import Final

from qsc_bot.errors import QscBotError

HOST: Final = "127.0.0.1"
BACKLOG: Final = 1024


def bound(port: int) -> socket.socket:
    """A socket that listens, on a free port where 0 is given; raises `config.invalid` for one that cannot be used."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)  # before the address is told: who reads it may connect at once
    except OSError as error:
        listener.close()
        hint = ("choose another with --port, or a free one with --port 0",)
        raise QscBotError(
            "config.invalid", f"port {port} cannot be used: {error.strerror or error}", hint=hint
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """Where a socket is reached."""
    return f"http://{HOST}:{listener.getsockname()[1]}"
