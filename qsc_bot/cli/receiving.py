"""A receiver on a socket of this machine, beside what else the process does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qsc_bot.cli.sockets import bound
from qsc_bot.webhook.receiver import Receiver, Refused
from qsc_bot.webhook.server import Server


@contextmanager
def served(receiver: Receiver, *, port: int, refuse: Callable[[Refused], None]) -> Iterator[int]:
    """Serve on this machine while this lasts, at the port handed on; raises `config.invalid` for a taken one."""
    with bound(port) as listener:
        server = Server(receiver, listener=listener, refuse=refuse)
        server.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.stop()
