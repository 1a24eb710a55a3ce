"""The sandbox on a real socket, used by processes of their own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import PROD

pytestmark = pytest.mark.socket
ADDRESS = re.compile(r"serving (http://127\.0\.0\.1:\d+);")


def environ(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process of its own."""
    return {**os.environ, "HOME": str(home), **more}


@contextmanager
def serving(home: Path, *words: str) -> Iterator[str]:
    """A served sandbox: its address, from what it says; it must end cleanly on Ctrl-C."""
    command = [sys.executable, "-W", "error", "-m", "qsc_bot", "sandbox", "serve", "--port", "0", *words]
    server = subprocess.Popen(command, env=environ(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    watch = threading.Timer(60, server.kill)
    watch.start()
    try:
        said = [server.stderr.readline(), server.stderr.readline()]
        match = ADDRESS.search("".join(said))
        assert match, said
        yield match[1]
    finally:
        os.kill(server.pid, signal.SIGINT)
        _, errors = server.communicate(timeout=20)
        watch.cancel()
    assert "sandbox: no real account" in said[0]
    assert ("Traceback" in errors, server.returncode) == (False, 0)


def prod_at(home: Path, address: str) -> None:
    """Configure the profile `prod` onto a served sandbox."""
    text = PROD.replace("topic_ids:", f"api_url: {address}\n    topic_ids:")
    text = text.replace("default_app: bot", f"default_app: bot, graph_url: '{address}/graph'")
    (home / ".config/qsc-bot").mkdir(parents=True)
    (home / ".config/qsc-bot/config.yaml").write_text(text)


def qsc_bot(home: Path, *words: str, **env: str) -> tuple[int, Any, Any]:
    """Run a command in a process of its own: exit code, document, and the error object if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "qsc_bot", *words, "-o", "json"],
        env=environ(home, **{"QSC_BOT_TOKEN": "sandbox", "QSC_BOT_PAGE_TOKEN": "sandbox", **env}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    error = json.loads(done.stderr.splitlines()[-1])["error"] if done.returncode else None
    return done.returncode, json.loads(done.stdout) if done.stdout else None, error


@pytest.fixture
def received() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A receiver of webhooks on loopback: its address, and what arrived."""
    arrived: list[tuple[dict[str, str], bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/in", arrived
    server.shutdown()
    thread.join()
    server.server_close()


def test_profile_with_an_address_uses_the_served_sandbox_by_every_method(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        prod_at(tmp_path, address)
        ids = ["twitter:1001", "whatsapp:32470000000", "facebook:5550001"]
        code, moved, _ = qsc_bot(tmp_path, "handover", "to-agent", *ids)
        assert (code, [item["verified"] for item in moved["items"]]) == (0, [True] * 3)
        code, listed, _ = qsc_bot(tmp_path, "handover", "status", *ids)
        assert (code, [item["control"] for item in listed["items"]]) == (0, ["agent"] * 3)
        code, _, error = qsc_bot(tmp_path, "handover", "to-bot", "twitter:1001", QSC_BOT_TOKEN="wrong-token")
        assert (code, error["code"]) == (4, "auth.rejected")


def test_two_terminals_share_one_state(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        prod_at(tmp_path, address)
        qsc_bot(tmp_path, "sandbox", "say", "twitter:4711", "Hello", "-p", "sandbox")
        code, shown, _ = qsc_bot(tmp_path, "conversation", "show", "twitter:4711")
        assert (code, shown["control"]) == (0, "bot")
        qsc_bot(tmp_path, "handover", "to-agent", "twitter:4711")
        _, status, _ = qsc_bot(tmp_path, "handover", "status", "twitter:4711", "-p", "sandbox")
        assert status["items"][0]["control"] == "agent"


def test_webhooks_really_arrive_signed(
    tmp_path: Path, received: tuple[str, list[tuple[dict[str, str], bytes]]]
) -> None:
    url, arrived = received
    with serving(tmp_path) as address:
        prod_at(tmp_path, address)
        assert qsc_bot(tmp_path, "webhook", "register", "mine", "--url", url)[0] == 0
        assert qsc_bot(tmp_path, "recipe", "create", "to-mine", "--webhook", "mine")[0] == 0
        code, event, _ = qsc_bot(tmp_path, "sandbox", "say", "twitter:1001", "Hello there", "-p", "sandbox")
    assert (code, event["deliveries"]) == (0, [{"webhook": "mine", "status": 200}])
    ((headers, body),) = arrived
    assert json.loads(body)["message"]["content"] == "Hello there"
    assert headers["x-signature"]


def test_limit_and_scopes_of_a_served_sandbox_hold(tmp_path: Path) -> None:
    with serving(tmp_path, "--rate-limit", "3", "--scopes", "accounts_read") as address:
        prod_at(tmp_path, address)
        code, _, error = qsc_bot(tmp_path, "handover", "to-agent", "twitter:1001")
        assert (code, error["exit"]) == (5, 5)
        code, _, error = qsc_bot(tmp_path, "conversation", "list")
        assert (code, error["code"]) == (8, "budget.reserved"), "three calls are fewer than are kept for the bot"


def test_connection_that_is_cut_after_the_effect_is_read_back(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        prod_at(tmp_path, address)
        fault = ["sandbox", "fault", "add", "POST /*/inbox/handover/*", "--cut", "after", "-p", "sandbox"]
        assert qsc_bot(tmp_path, *fault)[0] == 0
        code, moved, _ = qsc_bot(tmp_path, "handover", "to-agent", "whatsapp:32470000000")
        assert (code, moved["items"][0]["status"]) == (0, "changed")
        _, status, _ = qsc_bot(tmp_path, "sandbox", "status", "-p", "sandbox")
        writes = {one["id"]: one["writes"] for one in status["conversations"]}
        assert writes["whatsapp:32470000000"] == 1


def test_used_port_is_a_configuration_error_that_names_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = str(used.getsockname()[1])
        code, _, error = qsc_bot(tmp_path, "sandbox", "serve", "--port", port)
    assert (code, error["code"]) == (3, "config.invalid")
    assert "--port" in error["hint"]


def test_closed_port_is_unreachable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    prod_at(tmp_path, address)
    code, _, error = qsc_bot(tmp_path, "handover", "to-bot", "twitter:1001")
    assert (code, error["code"]) == (8, "network.unreachable")
