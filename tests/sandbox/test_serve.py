"""The sandbox on a socket: the same answers, connections that really break, and a clean end."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from qsc_bot.sandbox.deliveries import loopback_call, loopback_deliver
from qsc_bot.sandbox.service import Sandbox, Settings
from tests.sandbox.bench import NOW, Bench

pytestmark = pytest.mark.socket

SERVER = """
import os, signal, socket, sys, threading, time
from pathlib import Path
from qsc_bot.sandbox.deliveries import loopback_call, loopback_deliver
from qsc_bot.sandbox.serve import serve
from qsc_bot.sandbox.service import Sandbox, Settings
listener = socket.create_server(("127.0.0.1", 0))
address = f"http://127.0.0.1:{listener.getsockname()[1]}"
sandbox = Sandbox(Path(sys.argv[1]), settings=Settings(address=address), clock=time.time, sleep=time.sleep,
                  deliver=loopback_deliver, call=loopback_call(address))
alarm = threading.Timer(60, os.kill, (os.getpid(), signal.SIGINT))
alarm.daemon = True
alarm.start()
print(address, flush=True)
serve(sandbox, listener=listener)
listener.close()
alarm.cancel()
sandbox.close()
print("ended")
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a served sandbox; it must end cleanly on Ctrl-C."""
    command = [sys.executable, "-W", "error", "-c", SERVER, str(tmp_path / "sandbox.db")]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout is not None
    yield server.stdout.readline().strip()
    os.kill(server.pid, signal.SIGINT)
    out, errors = server.communicate(timeout=20)
    assert (out.strip(), errors, server.returncode) == ("ended", "", 0)


def connect(address: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)


def test_served_sandbox_answers_with_its_own_date(served: str) -> None:
    connection = connect(served)
    connection.request("GET", "/me", headers={"Authorization": "Bearer sandbox"})
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["response"]["id"]) == (200, 1)
    assert len(answer.headers.get_all("Date") or []) == 1
    connection.close()


def test_webhook_and_bot_talk_over_the_socket(served: str, tmp_path: Path) -> None:
    other = Bench(path=tmp_path / "sandbox.db", settings=Settings(address=served))
    other.connect_bot()
    other.sandbox.close()
    beside = Sandbox(
        tmp_path / "sandbox.db",
        settings=Settings(address=served),
        clock=lambda: NOW,
        sleep=lambda _: None,
        deliver=loopback_deliver,
        call=lambda *_: (500, b""),
    )
    told = beside.say("web:7", "A person, please")
    beside.close()
    assert (told["control"], told["deliveries"]) == ("agent", [{"webhook": "bot", "status": 200}])


@pytest.mark.parametrize("cut", ["before", "after"])
def test_cut_connection_really_breaks(served: str, tmp_path: Path, cut: str) -> None:
    other = Bench(path=tmp_path / "sandbox.db")
    other.sandbox.add_fault("GET /me", cut=cut)
    connection = connect(served)
    connection.request("GET", "/me", headers={"Authorization": "Bearer sandbox"})
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()
    other.sandbox.close()


@pytest.mark.parametrize(
    "url", ["http://example.com/x", "https://127.0.0.1/x", "http://127.0.0.1:1/x", "http://10.0.0.1/x"]
)
def test_deliver_reaches_nothing_else(url: str) -> None:
    assert loopback_deliver(url, {}, b"{}") is None


def test_call_of_a_sandbox_that_is_gone_has_status_zero() -> None:
    assert loopback_call(f"http://127.0.0.1:{free_port()}")("GET", "/me", {}, b"") == (0, b"")


def test_deliver_keeps_path_query_headers_and_body(served: str) -> None:
    url = f"{served}/example-bot/social-connect?qsc_recipe=r"
    assert loopback_deliver(url, {"x-signature": "wrong"}, b"{}") == 403
