"""The sandbox on a socket of this machine."""

import logging
import socket
from collections.abc import Callable
from typing import Any

from waitress.server import create_server

from qsc_bot.sandbox.service import Sandbox

THREADS = 16


def serve(sandbox: Sandbox, *, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; `on_ready` gets the address once it answers. A taken port is an OSError.

    The limit of connections was measured: with 200, 500 idle clients starve honest ones.
    """
    # A connection that a fault cuts is meant to be cut; waitress would warn of it.
    logging.getLogger("waitress").setLevel(logging.ERROR)
    # Our own socket, because waitress leaves one open when the port is taken.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        server: Any = create_server(
            sandbox,
            sockets=[listener],
            threads=THREADS,
            connection_limit=800,
            asyncore_use_poll=True,
            channel_timeout=10,
            cleanup_interval=2,
            clear_untrusted_proxy_headers=True,
        )
        shown = f"[{host}]" if family is socket.AF_INET6 else host
        on_ready(f"http://{shown}:{listener.getsockname()[1]}")
        _run(server)


def _run(server: Any) -> None:
    try:
        server.run()
    except KeyboardInterrupt:
        return
    finally:
        server.close()
