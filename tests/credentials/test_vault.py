"""Stored secrets: keychain or file, the file private, and nothing asked that the environment answers."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qsc_bot.credentials.file_store import FileStore
from qsc_bot.credentials.item import Item, Place
from qsc_bot.credentials.keychain import SOURCE, Keychain
from qsc_bot.credentials.logins import Login, Logins
from qsc_bot.credentials.secrets import BUILT_IN, Secret, Secrets
from qsc_bot.credentials.vault import Vault
from qsc_bot.errors import QscBotError
from qsc_bot.models.profile import Profile, sandbox_profile
from tests.credentials.backends import LOCKED, Memory

NOW = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)
PROD = Profile(name="prod", account_id="1417")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder that is not made yet."""
    return tmp_path / "state"


def make(folder: Path, memory: Memory | None = None, *, bus: bool = True) -> Vault:
    """A vault in a folder, its keychain in memory."""
    environ = {"DBUS_SESSION_BUS_ADDRESS": "x"} if bus else {}
    keychain = Keychain(environ, tell=lambda _text: None, load=lambda: memory or Memory(), platform="linux")
    logins = Logins(folder / "logins.json")
    return Vault(keychain=keychain, file=FileStore(folder / "secrets.json"), logins=logins)


def log_in(vault: Vault, place: Place, **values: str) -> None:
    """Keep secrets as a login does."""
    vault.write("prod", values, place=place)
    vault.record("prod", Login(place=place, names=sorted(values), saved_at=NOW, token_saved_at=NOW))


@pytest.mark.parametrize("place", ["keychain", "file"])
def test_stored_token_is_found_and_says_where_it_is_kept(folder: Path, place: Place) -> None:
    memory = Memory()
    vault = make(folder, memory)
    log_in(vault, place, token="abc")
    source = SOURCE if place == "keychain" else f"the file {folder / 'secrets.json'}"
    assert Secrets({}, vault).token(PROD) == Secret("abc", source)
    assert bool(memory.items) is (place == "keychain")


def test_file_is_for_its_owner_alone(folder: Path) -> None:
    log_in(make(folder), "file", token="abc")
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / "secrets.json", folder / "logins.json")] == [
        0o700,
        0o600,
        0o600,
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["logins.json", "secrets.json"]


@pytest.mark.parametrize("opened", ["secrets.json", "."])
def test_file_that_others_could_read_is_not_used(folder: Path, opened: str) -> None:
    vault = make(folder)
    log_in(vault, "file", token="abc")
    (folder / opened).chmod(0o755)
    with pytest.raises(QscBotError, match="is open to others") as caught:
        vault.write("prod", {"token": "def"}, place="file")
    assert caught.value.code == "config.state"
    assert "chmod" in caught.value.hint[0]


def test_logins_hold_no_secret(folder: Path) -> None:
    log_in(make(folder, Memory()), "keychain", token="sentinel", app_secret="sentinel")
    kept = (folder / "logins.json").read_text()
    assert "sentinel" not in kept
    assert json.loads(kept)["prod"]["names"] == ["app_secret", "token"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"prod": 1}', b"\xff"])
def test_spoilt_logins_are_none_and_the_token_is_still_found(folder: Path, content: bytes) -> None:
    vault = make(folder, Memory())
    log_in(vault, "keychain", token="abc")
    (folder / "logins.json").write_bytes(content)
    assert vault.login("prod") is None
    found = Secrets({}, vault).token(PROD)
    assert found is not None
    assert found.value == "abc"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"version": 1, "profiles": {"prod": "sentinel"}}'])
def test_spoilt_file_of_secrets_is_an_error_that_shows_nothing_of_it(folder: Path, content: bytes) -> None:
    vault = make(folder)
    log_in(vault, "file", token="abc")
    (folder / "secrets.json").write_bytes(content)
    with pytest.raises(QscBotError, match="cannot be read") as caught:
        vault.read("prod")
    assert "sentinel" not in caught.value.message
    assert caught.value.__suppress_context__


def test_environment_wins_and_the_keychain_is_not_asked(folder: Path) -> None:
    memory = Memory()
    vault = make(folder, memory)
    log_in(vault, "keychain", token="stored", page_token="stored-page")
    before, told = memory.asked, list[str]()
    secrets = Secrets({"QSC_BOT_TOKEN": "env"}, vault, tell=told.append)
    assert (secrets.token(PROD), secrets.token(PROD)) == (Secret("env", "QSC_BOT_TOKEN"),) * 2
    assert secrets.values(PROD) == ["env"]
    assert secrets.sources(PROD)["page_token"] == SOURCE
    assert secrets.shadowed(PROD) == ["token"]
    assert memory.asked == before
    assert told == ["QSC_BOT_TOKEN shadows the token stored for prod"]
    assert secrets.page_token(PROD) == Secret("stored-page", SOURCE)
    assert memory.asked == before + 1


def test_secret_that_no_login_stored_asks_no_keychain(folder: Path) -> None:
    memory = Memory()
    secrets = Secrets({"QSC_BOT_TOKEN": "env"}, make(folder, memory))
    assert (secrets.page_token(PROD), secrets.url_secret(PROD), memory.asked) == (None, None, 0)


def test_keychain_is_read_once_a_run(folder: Path) -> None:
    memory = Memory()
    vault = make(folder, memory)
    log_in(vault, "keychain", token="abc", app_secret="x")
    before = memory.asked
    secrets = Secrets({}, vault)
    for find in (secrets.token, secrets.app_secret, secrets.page_token, secrets.token):
        find(PROD)
    assert secrets.values(PROD) == ["abc", "x"]
    assert memory.asked == before + 1


def test_sandbox_never_asks_a_store(folder: Path) -> None:
    memory = Memory()
    secrets = Secrets({}, make(folder, memory))
    assert secrets.url_secret(sandbox_profile()) is None
    assert secrets.token(sandbox_profile()) == Secret("sandbox", BUILT_IN)
    assert secrets.values(sandbox_profile()) == []
    assert memory.asked == 0


@pytest.mark.parametrize(("memory", "bus", "why"), [(LOCKED, True, "locked"), (None, False, "no D-Bus session")])
def test_keychain_that_cannot_be_used_is_no_token_and_told(
    folder: Path, memory: Memory | None, bus: bool, why: str
) -> None:
    secrets = Secrets({}, make(folder, memory, bus=bus))
    assert secrets.token(PROD) is None
    assert why in (secrets.trouble(PROD) or "")


def test_stored_token_that_no_header_can_carry_is_refused_unshown(folder: Path) -> None:
    vault = make(folder, Memory())
    log_in(vault, "keychain", token="to ken")
    with pytest.raises(QscBotError) as caught:
        Secrets({}, vault).token(PROD)
    assert (caught.value.code, "to ken" in caught.value.message) == ("config.secret", False)


def test_login_in_the_keychain_takes_the_secrets_out_of_the_file(folder: Path) -> None:
    vault = make(folder, Memory())
    log_in(vault, "file", token="old")
    log_in(vault, "keychain", token="new")
    assert not (folder / "secrets.json").exists()
    item = vault.read("prod")
    assert item is not None
    assert item.values == {"token": "new"}


@pytest.mark.parametrize("place", ["keychain", "file"])
def test_deleted_secrets_leave_nothing(folder: Path, place: Place) -> None:
    memory = Memory()
    vault = make(folder, memory)
    log_in(vault, place, token="abc")
    assert vault.delete("prod") == (True, None)
    assert (vault.read("prod"), vault.login("prod"), memory.items) == (None, None, {})
    assert b"abc" not in b"".join(path.read_bytes() for path in folder.iterdir())
    assert vault.delete("prod") == (False, None)


def test_other_profiles_stay_in_the_file(folder: Path) -> None:
    vault = make(folder)
    log_in(vault, "file", token="abc")
    vault.write("test", {"token": "def"}, place="file")
    vault.delete("prod")
    assert FileStore(folder / "secrets.json").read("test") == Item({"token": "def"}, "file")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="a folder is never closed to root")
def test_state_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    folder.mkdir(mode=0o500)
    with pytest.raises(QscBotError, match="cannot be written") as caught:
        log_in(make(folder), "file", token="abc")
    assert caught.value.code == "config.state"


def test_item_shows_no_secret(folder: Path) -> None:
    vault = make(folder, Memory())
    log_in(vault, "keychain", token="hush")
    assert "hush" not in repr(vault.read("prod"))


def test_logout_forgets_the_item_that_an_earlier_login_left_in_the_keychain(folder: Path) -> None:
    memory = Memory()
    vault = make(folder, memory)
    log_in(vault, "keychain", token="old")
    log_in(vault, "file", token="new")
    assert vault.delete("prod") == (True, None)
    assert (memory.items, vault.read("prod"), vault.login("prod")) == ({}, None, None)


def test_logout_that_cannot_reach_the_item_of_an_earlier_login_fails_until_it_can(folder: Path) -> None:
    memory = Memory()
    log_in(make(folder, memory), "keychain", token="old")
    for token in ("newer", "newest"):
        log_in(make(folder, LOCKED), "file", token=token)
    for _ in range(2):
        with pytest.raises(QscBotError, match="it is locked"):
            make(folder, LOCKED).delete("prod")
        assert not (folder / "secrets.json").exists()
    assert make(folder, memory).delete("prod") == (True, None)
    assert memory.items == {}


def test_logout_of_a_file_tells_that_the_keychain_was_not_looked_at(folder: Path) -> None:
    vault = make(folder, LOCKED)
    log_in(vault, "file", token="abc")
    existed, fault = vault.delete("prod")
    assert (existed, fault and fault.code, vault.login("prod")) == (True, "auth.keychain", None)


@pytest.mark.parametrize("environ", [{}, {"QSC_BOT_PAGE_TOKEN": "env"}], ids=["nothing", "page token"])
def test_values_to_hide_never_ask_the_keychain_by_themselves(folder: Path, environ: dict[str, str]) -> None:
    memory = Memory()
    vault = make(folder, memory)
    log_in(vault, "keychain", token="stored")
    before = memory.asked
    secrets = Secrets(environ, vault)
    assert (secrets.values(PROD), memory.asked) == (list(environ.values()), before)
    secrets.token(PROD)
    assert secrets.values(PROD) == [*environ.values(), "stored"]


def test_logins_of_many_processes_at_once_are_all_kept(tmp_path: Path) -> None:
    def remember(number: int) -> None:
        at = datetime(2026, 11, 22, tzinfo=UTC)
        Logins(tmp_path / "logins.json").remember(f"p{number}", Login(place="file", names=["token"], saved_at=at))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(remember, range(40)))
    kept = Logins(tmp_path / "logins.json")
    assert all(kept.of(f"p{number}") for number in range(40))
