"""What a broken-off login may have left behind is known, told, and forgotten by the next logout."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qsc_bot.credentials.file_store import FileStore
from qsc_bot.credentials.item import Place
from qsc_bot.credentials.keychain import SERVICE, Backend, Keychain
from qsc_bot.credentials.logins import Logins
from qsc_bot.credentials.vault import PLACES, Vault
from qsc_bot.errors import QscBotError
from qsc_bot.models.files import locked
from tests.credentials.backends import LOCKED, Bolting, Forgetful, HangingWrite, Memory


def make(folder: Path, backend: Backend, **settings: object) -> Vault:
    """A vault in a folder."""
    keychain = Keychain({}, tell=lambda _text: None, load=lambda: backend, platform="darwin", **settings)  # type: ignore[arg-type]
    return Vault(keychain=keychain, file=FileStore(folder / "secrets.json"), logins=Logins(folder / "logins.json"))


def hang(folder: Path, backend: HangingWrite) -> Vault:
    """A vault whose keychain is given up as soon as a write to it hangs."""
    return make(folder, backend, wait=lambda ended, _seconds: ended.wait(30) if not backend.hangs() else False)


def logged_out(folder: Path, backend: Backend) -> tuple[bool, str | None]:
    """Whether a logout forgot something, and why it failed."""
    try:
        return make(folder, backend).delete("prod")[0], None
    except QscBotError as error:
        return False, error.message


DYING = """
import os, sys
from pathlib import Path
from tests.credentials.backends import Memory
from tests.credentials.test_doubt import make
class Dying(Memory):
    def set_password(self, service, user, text):
        os._exit(9)
make(Path(sys.argv[1]), Dying()).write("prod", {"token": "abc"}, place="keychain")
"""


def test_process_that_dies_while_the_keychain_is_written_leaves_word_of_it(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent.parent
    died = subprocess.run([sys.executable, "-c", DYING, str(tmp_path)], cwd=root, check=False)
    assert died.returncode == 9
    login = make(tmp_path, Memory()).login("prod")
    assert login is not None
    assert (login.keychain_used, login.names, login.token_saved_at) == (True, [], None)
    _, fault = logged_out(tmp_path, LOCKED)
    assert "it is locked; it may still hold secrets of prod" in str(fault)
    late = Memory()
    late.items[SERVICE, "prod"] = "what the system completed after the process was gone"
    assert logged_out(tmp_path, late) == (True, None)
    assert (late.items, make(tmp_path, late).login("prod"), list(tmp_path.iterdir())) == ({}, None, [])


def test_hung_write_leaves_word_of_it_beside_what_is_known_of_the_login(tmp_path: Path) -> None:
    make(tmp_path, LOCKED).write("prod", {"token": "old"}, place="file")
    backend = HangingWrite()
    vault = hang(tmp_path, backend)
    with pytest.raises(QscBotError, match="it hangs"):
        vault.write("prod", {"token": "abc"}, place="keychain")
    login = vault.login("prod")
    assert login is not None
    assert login.keychain_used
    item = vault.read("prod")
    assert item is not None
    assert item.values == {"token": "old"}
    backend.released.set()


@pytest.mark.parametrize("backend", [Forgetful, lambda: LOCKED], ids=["spoils", "locked"])
def test_write_that_failed_for_certain_leaves_no_word(tmp_path: Path, backend: Callable[[], Backend]) -> None:
    with pytest.raises(QscBotError, match="cannot be used"):
        make(tmp_path, backend()).write("prod", {"token": "abc"}, place="keychain")
    assert make(tmp_path, Memory()).login("prod") is None
    assert list(tmp_path.iterdir()) == []


def test_item_that_was_spoilt_and_cannot_be_taken_away_is_remembered(tmp_path: Path) -> None:
    backend = Bolting(spoils=True)
    with pytest.raises(QscBotError, match="cannot be used"):
        make(tmp_path, backend).write("prod", {"token": "abc"}, place="keychain")
    login = make(tmp_path, Memory()).login("prod")
    assert login is not None
    assert login.keychain_used
    assert backend.items


def test_keychain_that_does_not_take_a_thing_away_though_it_says_so_is_remembered(tmp_path: Path) -> None:
    backend = Bolting(spoils=True, silent=True)
    with pytest.raises(QscBotError, match="cannot be used"):
        make(tmp_path, backend).write("prod", {"token": "abc"}, place="keychain")
    login = make(tmp_path, Memory()).login("prod")
    assert login is not None
    assert login.keychain_used


def test_nothing_goes_to_the_keychain_where_that_cannot_be_remembered(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    memory = Memory()
    with pytest.raises(QscBotError) as caught:
        make(tmp_path / "state", memory).write("prod", {"token": "abc"}, place="keychain")
    assert (caught.value.code, memory.items) == ("config.state", {})


def test_logout_says_what_was_emptied_and_what_was_not(tmp_path: Path) -> None:
    make(tmp_path, Memory()).write("prod", {"token": "old"}, place="keychain")
    make(tmp_path, LOCKED).write("prod", {"token": "new"}, place="file")
    with pytest.raises(QscBotError) as caught:
        make(tmp_path, LOCKED).delete("prod")
    emptied = f"the file {tmp_path / 'secrets.json'} holds no secrets of prod any more"
    told = f"the system keychain cannot be used: it is locked; it may still hold secrets of prod; {emptied}"
    assert (caught.value.message, caught.value.code) == (told, "auth.keychain")
    assert caught.value.hint == ("qsc-bot auth logout -p prod again, once that is mended",)
    assert not (tmp_path / "secrets.json").exists()
    _, again = logged_out(tmp_path, LOCKED)
    assert again == "the system keychain cannot be used: it is locked; it may still hold secrets of prod"


def test_logout_goes_on_to_the_keychain_where_the_file_cannot_be_used(tmp_path: Path) -> None:
    memory = Memory()
    make(tmp_path, memory).write("prod", {"token": "abc"}, place="keychain")
    (tmp_path / "secrets.json").write_text("{")
    (tmp_path / "secrets.json").chmod(0o600)
    _, fault = logged_out(tmp_path, memory)
    assert f"{tmp_path / 'secrets.json'} cannot be read" in str(fault)
    assert str(fault).endswith(
        "it may still hold secrets of prod; the system keychain holds no secrets of prod any more"
    )
    assert memory.items == {}
    (tmp_path / "secrets.json").unlink()
    assert logged_out(tmp_path, LOCKED) == (False, None)


@pytest.mark.parametrize("place", PLACES)
def test_logout_beside_a_process_that_hangs_says_what_was_emptied_all_the_same(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    make(tmp_path, memory).write("prod", {"token": "abc"}, place=place)
    monkeypatch.setattr("qsc_bot.models.files.LONGEST_WAIT_SECONDS", 0.05)
    with locked(tmp_path):
        _, fault = logged_out(tmp_path, memory)
    assert "another process is changing the files" in str(fault)
    assert ("the system keychain holds no secrets of prod any more" in str(fault)) is (place == "keychain")
    assert memory.items == {}
    assert logged_out(tmp_path, memory) == (place == "file", None)
