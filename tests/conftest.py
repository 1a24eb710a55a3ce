"""What every test stands on: no network but loopback, no real environment, and command lines in memory."""

import ipaddress
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.terminal import PROD, SECRETS, Prod, Terminal, Wire

GOLDEN = Path(__file__).parent / "golden"
LEAKS = ("QSC_BOT_", "XDG_", "CI", "NO_COLOR", "TERM", "ACCESSIBLE", "COLUMNS", "LINES")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

MakeProd = Callable[..., Prod]
CheckGolden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes expected screens anew."""
    parser.addoption("--update-golden", action="store_true", help="Write the expected screens anew; read the diff.")


def _refuse_network(event: str, values: tuple[Any, ...]) -> None:
    """An audit hook: a name or an address beyond this machine ends the test."""
    if event == "socket.getaddrinfo":
        host = values[0]
    elif event in ("socket.connect", "socket.bind", "socket.sendto") and isinstance(values[1], tuple):
        host = values[1][0]
    else:
        return
    text = host.decode() if isinstance(host, bytes) else str(host)
    assert text == "localhost" or ipaddress.ip_address(text).is_loopback, f"a test reached for {text}"


def pytest_configure() -> None:
    """Close the network for the whole run."""
    sys.addaudithook(_refuse_network)


@pytest.fixture(scope="session", autouse=True)
def _bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the real home, configuration, colours or proxies reaches a test or a process that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(LEAKS) or name.lower() in PROXIES:
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        yield


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Terminal]:
    """A fresh machine: `run("conversation", "list")` answers with exit code, stdout and stderr."""
    terminal = Terminal(home=tmp_path)
    yield terminal
    if "sandbox" in vars(terminal):
        terminal.sandbox.close()


@pytest.fixture
def sandbox(run: Terminal) -> Sandbox:
    """The sandbox that the commands of `run` act on."""
    return run.sandbox


@pytest.fixture
def make_prod(tmp_path: Path) -> Iterator[MakeProd]:
    """Machines with a real account, played by a sandbox of the test's choice: scopes, handover_shape, and so on."""
    made: list[Prod] = []

    def make(**settings: Any) -> Prod:
        terminal = Terminal(home=tmp_path, secrets=SECRETS)
        terminal.configure(PROD)
        (tmp_path / "server").mkdir()
        played = terminal.open_sandbox(tmp_path / "server" / "sandbox.db", **settings)
        wire = Wire(played)
        terminal.mount = lambda _base_url: wire
        made.append(Prod(run=terminal, sandbox=played, wire=wire))
        return made[-1]

    yield make
    for prod in made:
        prod.sandbox.close()


@pytest.fixture
def prod(make_prod: MakeProd) -> Prod:
    """A machine with a real account whose token may do everything."""
    return make_prod()


@pytest.fixture
def check_golden(request: pytest.FixtureRequest) -> CheckGolden:
    """Compare a screen with the expected one of this name."""

    def check(name: str, screen: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.write_text(screen, encoding="utf-8")
        assert screen == path.read_text(encoding="utf-8")

    return check
