"""Saving a login: secrets and profile, both or neither."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from qsc_bot.credentials.file_store import FileStore
from qsc_bot.credentials.item import binding_of
from qsc_bot.credentials.keychain import Keychain
from qsc_bot.credentials.logins import Logins
from qsc_bot.credentials.vault import Vault
from qsc_bot.errors import QscBotError
from qsc_bot.models.files import locked
from qsc_bot.models.profile import Profile
from qsc_bot.operations.login import Change, save
from qsc_bot.user_file import UserFile
from tests.credentials.backends import LOCKED, Bolting, HangingWrite, Memory

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
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_login_that_comes_too_late_leaves_the_other_one_as_it_is(tmp_path: Path) -> None:
    memory = Memory()
    faults: list[QscBotError] = []

    def log_in_late() -> None:
        with pytest.raises(QscBotError) as caught:
            attempt(make_vault(tmp_path / "state", memory), tmp_path / "config.yaml", refuse, token="late")
        faults.append(caught.value)

    late = threading.Thread(target=log_in_late)

    def agree_late(_fault: QscBotError) -> None:
        late.start()
        late.join(0.3)  # what it does if nothing keeps it from doing so

    vault = make_vault(tmp_path / "state", LOCKED)
    attempt(vault, tmp_path / "config.yaml", agree_late, token="first")
    late.join()
    item = vault.read("prod")
    assert item is not None
    assert (item.values, memory.items, [fault.code for fault in faults]) == ({"token": "first"}, {}, ["config.changed"])


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


def test_file_and_login_come_back_even_where_the_keychain_cannot_be_put_back(tmp_path: Path, closed: Path) -> None:
    attempt(make_vault(tmp_path / "state", LOCKED), tmp_path / "config.yaml", agree, token="old")
    vault = make_vault(tmp_path / "state", Bolting())
    login = vault.login("prod")
    assert login is not None
    with pytest.raises(QscBotError, match="cannot be written") as caught:
        attempt(vault, closed, refuse, token="new")
    item = vault.read("prod")
    assert item is not None
    assert (item.values, item.place) == ({"token": "old"}, "file")
    assert vault.login("prod") == replace(login, keychain_used=True)
    told = "; the system keychain may hold what this login stored, which could not be taken back"
    assert (caught.value.code, caught.value.message.endswith(told)) == ("config.invalid", True)
    assert "qsc-bot auth logout -p prod forgets it" in caught.value.hint


@pytest.mark.parametrize(
    ("fault", "code", "told"),
    [
        (KeyboardInterrupt(), "run.interrupted", "stopped by Ctrl-C; the system keychain may hold"),
        (OSError("disk"), "config.state", "the login could not be saved: OSError; the system keychain may hold"),
    ],
    ids=["Ctrl-C", "disk"],
)
def test_broken_off_login_that_cannot_be_undone_says_so(
    tmp_path: Path, fault: BaseException, code: str, told: str
) -> None:
    vault = make_vault(tmp_path / "state", Bolting())
    file = Interrupted(tmp_path / "config.yaml", {"fault": fault})
    with pytest.raises(QscBotError) as caught:
        save(vault, file, {"token": "new"}, profile="prod", now=NOW, change=SAME, agree_to_file=refuse)
    assert (caught.value.code, caught.value.message.startswith(told)) == (code, True)
    login = vault.login("prod")
    assert login is not None
    assert (login.keychain_used, login.names) == (True, [])


def test_every_store_that_could_not_be_put_back_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    vault = make_vault(folder, Bolting())

    class Spoilt(UserFile):
        """Cannot be written, and neither can the state folder from then on."""

        def write(self) -> None:
            """Never."""
            folder.rename(tmp_path / "gone")
            folder.write_text("a file where the folder was")
            raise QscBotError("config.changed", "it was changed")

    with pytest.raises(QscBotError) as caught:
        save(
            vault,
            Spoilt(tmp_path / "config.yaml", KEYS),
            {"token": "new"},
            profile="prod",
            now=NOW,
            change=SAME,
            agree_to_file=refuse,
        )
    assert f"the system keychain and the file {folder / 'logins.json'} may hold" in caught.value.message


def test_hung_keychain_is_not_asked_again_and_what_it_may_hold_is_told(tmp_path: Path) -> None:
    backend = HangingWrite()
    keychain = Keychain(
        {},
        tell=lambda _text: None,
        load=lambda: backend,
        platform="darwin",
        wait=lambda ended, _seconds: False if backend.reached.wait(0.1) else ended.wait(30),
    )
    folder = tmp_path / "state"
    vault = Vault(keychain=keychain, file=FileStore(folder / "secrets.json"), logins=Logins(folder / "logins.json"))
    with pytest.raises(QscBotError) as caught:
        attempt(vault, tmp_path / "config.yaml", refuse, token="new")
    told = "it hangs: no answer in 3 seconds; the system keychain may hold what this login stored"
    assert (told in caught.value.message, caught.value.code, backend.asked) == (True, "auth.keychain", 2)
    assert not (tmp_path / "config.yaml").exists()
    attempt(make_vault(folder, LOCKED), tmp_path / "config.yaml", agree, token="new")
    login = vault.login("prod")
    assert login is not None
    assert (login.place, login.keychain_used) == ("file", True)
    backend.released.set()


@pytest.mark.parametrize("earlier", [False, True], ids=["first login", "move to the keychain"])
def test_login_beside_a_process_that_hangs_stores_nothing_and_claims_nothing(
    tmp_path: Path, earlier: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, folder = Memory(), tmp_path / "state"
    if earlier:
        attempt(make_vault(folder, LOCKED), tmp_path / "config.yaml", agree, token="old")
    vault = make_vault(folder, memory)
    monkeypatch.setattr("qsc_bot.models.files.LONGEST_WAIT_SECONDS", 0.05)
    with locked(folder), pytest.raises(QscBotError) as caught:
        attempt(vault, tmp_path / "config.yaml", refuse, token="new")
    told = f"another process is changing the files of {folder}; nothing was recorded"
    assert (caught.value.code, caught.value.message, memory.items) == ("config.state", told, {})
