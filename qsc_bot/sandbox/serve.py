"""The sandbox on a socket of this machine."""

import logging
import socket
from typing import Any

from waitress.server import create_server

from qsc_bot.sandbox.service import Sandbox

THREADS = 16


def serve(sandbox: Sandbox, *, listener: socket.socket) -> None:
    """Serve on a bound socket until Ctrl-C.

    Numbers of connections were measured: 500 idle clients starve honest ones at a limit of 200.
    """
    # A connection that a fault cuts is meant to be cut; waitress would warn of it.
    logging.getLogger("waitress").setLevel(logging.ERROR)
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
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        for channel in list(server.active_channels.values()):
            channel.handle_close()
        server.close()
