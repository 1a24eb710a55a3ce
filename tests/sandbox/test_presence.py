"""Whether a process serves a state: what is written down, and what it says when it is asked."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from qsc_bot.sandbox.service import Sandbox, Settings
from tests.sandbox.bench import Bench, MakeBench

pytestmark = pytest.mark.socket


class Silent(WSGIRequestHandler):
    """Writes nothing to stderr."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(sandbox: Sandbox, port: int) -> Iterator[None]:
    """A sandbox on a socket of this machine."""
    server = make_server("127.0.0.1", port, sandbox, handler_class=Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_served_state_is_found_while_it_is_served_and_after_a_reset(make_bench: MakeBench) -> None:
    asking, port = make_bench().sandbox, free_port()
    address = f"http://127.0.0.1:{port}"
    served = make_bench(address=address).sandbox
    with serving(served, port):
        assert asking.find_served() is None, "it was not announced"
        with served.announced():
            assert asking.find_served() == address
            asking.reset("empty")
            assert asking.find_served() == address
        assert asking.find_served() is None


def test_leftover_of_a_killed_process_counts_for_nothing(make_bench: MakeBench) -> None:
    with make_bench(address=f"http://127.0.0.1:{free_port()}").sandbox.announced():
        assert make_bench().sandbox.find_served() is None


def test_process_of_another_state_counts_for_nothing(make_bench: MakeBench, tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    other = Bench(path=tmp_path / "other.db", settings=Settings(address=address)).sandbox
    with make_bench(address=address).sandbox.announced(), serving(other, port), other.announced():
        assert make_bench().sandbox.find_served() is None
    other.close()
