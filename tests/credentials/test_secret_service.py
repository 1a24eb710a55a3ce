"""The real Secret Service of a Linux desktop: what is stored there is found by the next process.

Needs an unlocked one on a session bus of its own, as `dbus-run-session` and
`gnome-keyring-daemon --unlock --components=secrets` give it, and QSC_BOT_TEST_SECRET_SERVICE=1 to say that its items
may be changed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import keyring.backend
import pytest

from qsc_bot.credentials.item import Binding, Item
from qsc_bot.credentials.keychain import Keychain
from tests.cli.test_served import serving

ASKED: Final = "QSC_BOT_TEST_SECRET_SERVICE"
BUS: Final = "DBUS_SESSION_BUS_ADDRESS"
ENVIRON: Final[Mapping[str, str]] = dict(os.environ)  # as it was before the tests' own environment
TOKEN: Final = "sentinel-token-9f1c"
ELSEWHERE: Final = Binding(account_id="1417", api="https://api.engagor.com", graph="https://graph.facebook.com")
PROFILE: Final = f"test-{uuid4()}"

pytestmark = pytest.mark.skipif(
    ENVIRON.get(ASKED) != "1" or not ENVIRON.get(BUS),
    reason=f"no Secret Service to test on: set {ASKED}=1 inside dbus-run-session with an unlocked gnome-keyring-daemon",
)


class Direct:
    """The library with the Secret Service, whatever back-end the other tests are held to."""

    def __init__(self) -> None:
        self._backend: keyring.backend.KeyringBackend = import_module("keyring.backends.SecretService").Keyring()

    def get_keyring(self) -> keyring.backend.KeyringBackend:
        """The one back-end."""
        return self._backend

    def get_password(self, service: str, user: str) -> str | None:
        """An item."""
        return self._backend.get_password(service, user)

    def set_password(self, service: str, user: str, text: str) -> None:
        """Keep an item."""
        self._backend.set_password(service, user, text)

    def delete_password(self, service: str, user: str) -> None:
        """Forget an item."""
        self._backend.delete_password(service, user)


def make() -> Keychain:
    """A keychain as a new process would have it."""
    return Keychain(ENVIRON, tell=lambda _text: None, load=Direct)


@pytest.fixture
def name() -> Iterator[str]:
    """A profile that no other run uses, with nothing left of it in the end."""
    chosen = f"test-{uuid4()}"
    yield chosen
    make().delete(chosen)


def test_stored_secrets_are_found_by_another_keychain(name: str) -> None:
    assert make().read(name) is None
    make().write(name, {"token": TOKEN, "app_secret": "ü \n\t"})
    assert make().read(name) == Item({"token": TOKEN, "app_secret": "ü \n\t"}, "keychain")


def test_second_login_replaces_the_item(name: str) -> None:
    make().write(name, {"token": "old"})
    make().write(name, {"token": TOKEN}, ELSEWHERE)
    assert make().read(name) == Item({"token": TOKEN}, "keychain", ELSEWHERE)


def test_deleted_item_is_gone(name: str) -> None:
    make().write(name, {"token": TOKEN})
    assert (make().delete(name), make().delete(name), make().read(name)) == (True, False, None)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose login is forgotten in the end, whatever became of the test."""
    yield tmp_path
    make().delete(PROFILE)


def qsc_bot(home: Path, *words: str, stdin: str = "", **env: str) -> tuple[int, Any, str]:
    """A command in a process of its own, with the back-end that the library chooses by itself."""
    done = subprocess.run(
        [sys.executable, "-m", "qsc_bot", *words, "-p", PROFILE, "-o", "json"],
        env={"PATH": ENVIRON["PATH"], BUS: ENVIRON[BUS], "HOME": str(home), **env},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


@pytest.mark.socket
def test_login_is_used_by_the_next_process_and_forgotten_by_logout(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving(tmp_path_factory.mktemp("server")) as address:
        login = ["auth", "login", "--token-stdin", "--api-url", address]
        code, document, errors = qsc_bot(home, *login, stdin="sandbox-bot\n")
        assert (code, document and document["outcome"]) == (0, "created"), errors
        assert b"sandbox-bot" not in b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
        code, document, errors = qsc_bot(home, "auth", "status")
        assert (code, document["works"], document["user_id"]) == (0, True, "2"), errors
        assert document["secrets"]["token"] == "the system keychain"
        code, document, _ = qsc_bot(home, "auth", "status", QSC_BOT_TOKEN="sandbox")
        assert (code, document["user_id"], document["shadowed"]) == (0, "1", ["token"])
        assert qsc_bot(home, "auth", "logout", "--yes")[0] == 0
        code, document, _ = qsc_bot(home, "auth", "status")
        assert (code, "no login stored it" in document["warnings"][0]) == (4, True)
    assert make().read(PROFILE) is None
