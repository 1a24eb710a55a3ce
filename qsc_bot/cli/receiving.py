"""A receiver on a socket of this machine, beside what else the process does."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from waitress import wasyncore
from waitress.server import create_server

from qsc_bot.errors import QscBotError
from qsc_bot.webhook.receiver import LARGEST_BODY_BYTES, Receiver

if TYPE_CHECKING:
    from threading import Event

HOST: Final = "127.0.0.1"
LOOK_SECONDS: Final = 0.1


@contextmanager
def served(receiver: Receiver, *, port: int) -> Iterator[int]:
    """Serve on this machine while this lasts, at the port that is handed on; raises `config.invalid` for a taken one.

    With 500 idle clients a smaller limit of connections starves the others.
    """
    logging.getLogger("waitress").setLevel(logging.ERROR)
    channels: dict[int, Any] = {}
    try:
        server: Any = create_server(
            receiver,
            map=channels,
            listen=f"{HOST}:{port}",
            threads=4,
            connection_limit=800,
            asyncore_use_poll=True,
            channel_timeout=10,
            cleanup_interval=2,
            max_request_body_size=LARGEST_BODY_BYTES,
            clear_untrusted_proxy_headers=True,
        )
    except OSError as error:
        hint = ("choose another with --port, or a free one with --port 0",)
        message = f"port {port} cannot be used: {error.strerror or error}"
        raise QscBotError("config.invalid", message, hint=hint) from error
    ended = threading.Event()
    loop = threading.Thread(target=_serve, args=(server, channels, ended), daemon=True)
    loop.start()
    try:
        yield int(server.effective_port)
    finally:
        ended.set()
        loop.join()


def _serve(server: Any, channels: dict[int, Any], ended: "Event") -> None:
    while not ended.is_set():
        wasyncore.loop(timeout=LOOK_SECONDS, use_poll=True, map=channels, count=1)
    server.task_dispatcher.shutdown()
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.close()
