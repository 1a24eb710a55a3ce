"""Saving a login: secrets and profile, both or neither."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qsc_bot.credentials.file_store import FileStore
from qsc_bot.credentials.item import binding_of
from qsc_bot.credentials.keychain import Keychain
from qsc_bot.credentials.logins import Logins
from qsc_bot.credentials.vault import Vault
from qsc_bot.errors import QscBotError
from qsc_bot.models.profile import Profile
from qsc_bot.operations.login import Change, save
from qsc_bot.user_file import UserFile
from tests.credentials.backends import LOCKED, Memory

NOW = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)
HERE = binding_of(Profile(name="prod", account_id="1417"))
SAME = Change(before=HERE, now=HERE)
KEYS: dict[str, Any] = {"version": 1, "profiles": {"prod": {"account_id": "1417"}}}


def refuse(fault: QscBotError) -> None:
    """Nobody agrees to the file."""
    raise fault


def agree(fault: QscBotError) -> None:
    """Somebody agrees to the file."""


def make_vault(folder: Path, memory: Memory) -> Vault:
    """A vault in a folder."""
    keychain = Keychain({}, tell=lambda _text: None, load=lambda: memory, platform="darwin")
    return Vault(keychain=keychain, file=FileStore(folder / "secrets.json"), logins=Logins(folder / "logins.json"))


def attempt(vault: Vault, path: Path, agree_to_file: Callable[[QscBotError], None], **values: str) -> None:
    """Save secrets of prod with a user file at a path."""
    save(vault, UserFile(path, KEYS), values, profile="prod", now=NOW, change=SAME, agree_to_file=agree_to_file)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A place where no file can be written, since its folder is a file."""
    (tmp_path / "closed").write_text("")
    return tmp_path / "closed" / "config.yaml"


def test_both_are_saved(tmp_path: Path) -> None:
    vault = make_vault(tmp_path / "state", Memory())
    attempt(vault, tmp_path / "config.yaml", refuse, token="new")
    item = vault.read("prod")
    assert item is not None
    assert (item.values, item.place) == ({"token": "new"}, "keychain")
    assert b'account_id: "1417"' in (tmp_path / "config.yaml").read_bytes()


def test_secrets_are_taken_back_where_the_profile_cannot_be_written(tmp_path: Path, closed: Path) -> None:
    memory = Memory()
    vault = make_vault(tmp_path / "state", memory)
    with pytest.raises(QscBotError, match="cannot be written"):
        attempt(vault, closed, refuse, token="new")
    assert (memory.items, vault.login("prod")) == ({}, None)


def test_secrets_of_an_earlier_login_come_back_where_the_profile_cannot_be_written(
    tmp_path: Path, closed: Path
) -> None:
    vault = make_vault(tmp_path / "state", Memory())
    attempt(vault, tmp_path / "config.yaml", refuse, token="old", app_secret="x")
    before = vault.login("prod")
    with pytest.raises(QscBotError, match="cannot be written"):
        attempt(vault, closed, refuse, token="new", page_token="y")
    item = vault.read("prod")
    assert item is not None
    assert (item.values, vault.login("prod")) == ({"token": "old", "app_secret": "x"}, before)


def test_secrets_in_the_file_are_taken_back_too(tmp_path: Path, closed: Path) -> None:
    vault = make_vault(tmp_path / "state", LOCKED)
    with pytest.raises(QscBotError, match="cannot be written"):
        attempt(vault, closed, agree, token="new")
    assert not (tmp_path / "state" / "secrets.json").exists()


def test_file_of_an_earlier_login_comes_back_where_the_move_to_the_keychain_fails(tmp_path: Path, closed: Path) -> None:
    attempt(make_vault(tmp_path / "state", LOCKED), tmp_path / "config.yaml", agree, token="old")
    memory = Memory()
    vault = make_vault(tmp_path / "state", memory)
    with pytest.raises(QscBotError, match="cannot be written"):
        attempt(vault, closed, refuse, token="new")
    item = vault.read("prod")
    assert item is not None
    assert (item.values, item.place, memory.items) == ({"token": "old"}, "file", {})


def test_profile_that_would_not_be_read_again_stores_nothing(tmp_path: Path) -> None:
    memory = Memory()
    wrong = UserFile(tmp_path / "config.yaml", {"version": 1, "profiles": {"prod": {"account": "1417"}}})
    vault = make_vault(tmp_path / "state", memory)
    with pytest.raises(QscBotError, match="account_id"):
        save(vault, wrong, {"token": "new"}, profile="prod", now=NOW, change=SAME, agree_to_file=refuse)
    assert (memory.items, list(tmp_path.iterdir())) == ({}, [])


def test_refusal_of_the_file_saves_nothing(tmp_path: Path) -> None:
    with pytest.raises(QscBotError, match="it is locked"):
        attempt(make_vault(tmp_path / "state", LOCKED), tmp_path / "config.yaml", refuse, token="new")
    assert list(tmp_path.iterdir()) == []


class Interrupted(UserFile):
    """Is stopped while it is written."""

    def write(self) -> None:
        """Never."""
        raise self.keys["fault"]

    def check(self) -> Any:
        """Nothing to say."""


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError("disk")], ids=["Ctrl-C", "disk"])
@pytest.mark.parametrize("earlier", [False, True], ids=["first login", "renewal"])
def test_login_that_is_broken_off_leaves_what_was_there(tmp_path: Path, fault: BaseException, earlier: bool) -> None:
    memory = Memory()
    vault = make_vault(tmp_path / "state", memory)
    if earlier:
        attempt(vault, tmp_path / "config.yaml", refuse, token="old")
    kept, login = dict(memory.items), vault.login("prod")
    file = Interrupted(tmp_path / "config.yaml", {"fault": fault})
    with pytest.raises(type(fault)):
        save(vault, file, {"token": "new"}, profile="prod", now=NOW, change=SAME, agree_to_file=refuse)
    assert (memory.items, vault.login("prod")) == (kept, login)


class Spoiling(Memory):
    """Keeps something else than it was given, once."""

    is_armed = False

    def set_password(self, service: str, user: str, text: str) -> None:
        """Keep an item."""
        super().set_password(service, user, text[:-1] if self.is_armed else text)
        self.is_armed = False


def test_keychain_that_spoils_the_new_item_keeps_the_login_that_works(tmp_path: Path) -> None:
    memory = Spoiling()
    vault = make_vault(tmp_path / "state", memory)
    attempt(vault, tmp_path / "config.yaml", refuse, token="old")
    kept, login = dict(memory.items), vault.login("prod")
    memory.is_armed = True
    with pytest.raises(QscBotError, match="does not give back"):
        attempt(vault, tmp_path / "config.yaml", refuse, token="new")
    assert (memory.items, vault.login("prod")) == (kept, login)


class Bolting(Memory):
    """Gives no item up."""

    def delete_password(self, service: str, user: str) -> None:
        """Never."""
        raise ConnectionResetError


def test_file_and_login_come_back_even_where_the_keychain_cannot_be_put_back(tmp_path: Path, closed: Path) -> None:
    attempt(make_vault(tmp_path / "state", LOCKED), tmp_path / "config.yaml", agree, token="old")
    vault = make_vault(tmp_path / "state", Bolting())
    login = vault.login("prod")
    with pytest.raises(QscBotError, match="cannot be written"):
        attempt(vault, closed, refuse, token="new")
    item = vault.read("prod")
    assert item is not None
    assert (item.values, item.place, vault.login("prod")) == ({"token": "old"}, "file", login)
