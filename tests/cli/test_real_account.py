"""The README's way to a real account, walked line by line: a served sandbox stands in for the vendor's hosts."""

import re
import shlex
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.cli.accounts import BUS
from tests.cli.terminal import Terminal
from tests.cli.test_served import serving
from tests.credentials.backends import Memory

SECTION: Final = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").partition("## A real account")[2]
LINES: Final = [
    line.partition(" #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", SECTION, flags=re.DOTALL)
    for line in block.splitlines()
    if "qsc-bot " in line
]


class StandIn(httpx.BaseTransport):
    """The vendor's European host, played by a server on this machine; every other host does not answer."""

    def __init__(self, address: str) -> None:
        self._address = httpx.URL(address)
        self._inner = httpx.HTTPTransport()
        self.hosts: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the stand-in what was meant for the host."""
        self.hosts.add(request.url.host)
        if request.url.host != "api.engagor.com":
            raise httpx.ConnectError("this host is not played here")
        url = request.url.copy_with(scheme="http", host=self._address.host, port=self._address.port)
        meant = httpx.Request(request.method, url, headers=request.headers, content=request.read())
        return self._inner.handle_request(meant)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


@pytest.mark.socket
def test_real_account_section_of_the_readme_can_be_walked(run: Terminal, tmp_path: Path) -> None:
    keychain = Memory()
    run.keyring = lambda: keychain
    with serving(tmp_path / "server") as address:
        stand_in = StandIn(address)
        run.mount = lambda _base_url: stand_in
        for line in LINES:
            words = shlex.split(line.rpartition("| ")[2])[1:]
            if words[:2] == ["auth", "login"]:
                words.append("--token-stdin")
            stdin = "sandbox\n" if "--token-stdin" in words else log_of(run) if "--log" in words else ""
            result = run(*words, stdin=stdin, env=BUS)
            assert result.code == 0, (line, result.stderr)
        stand_in.close()
    assert "api.engagor.com" in stand_in.hosts
    shown = run("recipe", "show", "private-messages-to-bot", "-o", "json", env=BUS).document
    assert (shown["state"], shown["live_revision"]) == ("seen", shown["revision"])


def log_of(run: Terminal) -> str:
    """What the bot's log says once the address of the form was entered and a customer wrote."""
    form = run("recipe", "show", "private-messages-to-bot", "--form", env=BUS).stdout
    (url,) = re.findall(r"^https://bot\.example\.com(\S+)$", form, flags=re.MULTILINE)
    return f'10.0.0.1 - - [22/Nov/2026:09:02:30 +0000] "POST {url} HTTP/1.1" 200 2\n'


def test_section_names_the_commands_of_the_first_five_minutes() -> None:
    commands = {" ".join(line.rpartition("| ")[2].split()[1:3]) for line in LINES}
    assert {
        "auth login",
        "auth status",
        "conversation list",
        "recipe create",
        "recipe confirm",
        "recipe verify",
    } <= commands
