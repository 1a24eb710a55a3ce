"""Files that several processes change: a lock is waited for, but not for ever."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qsc_bot.credentials.file_store import FileStore
from qsc_bot.credentials.logins import Login, Logins
from qsc_bot.errors import QscBotError
from qsc_bot.models.files import LONGEST_WAIT_SECONDS, locked
from qsc_bot.models.registry import Account, WebhookEntry
from qsc_bot.storage.registry import RegistryFile
from qsc_bot.user_file import open_user_file, set_default

pytestmark = pytest.mark.skipif(os.name == "nt", reason="this system has no such lock")
LOGIN = Login(place="file", names=["token"], saved_at=datetime(2026, 11, 22, tzinfo=UTC))
WEBHOOK = WebhookEntry(name="bot", url="https://bot.example.com/in")
CHANGES: dict[str, Callable[[Path], object]] = {
    "a recipe": lambda folder: RegistryFile(folder / "registry.yaml", account_id="1", shared=False).change(
        lambda account: Account(webhooks=[WEBHOOK], recipes=account.recipes)
    ),
    "a profile": lambda folder: (
        open_user_file({"QSC_BOT_CONFIG_DIR": str(folder)}).with_profile("prod", {"account_id": "1"}).write()
    ),
    "the default profile": lambda folder: set_default({"QSC_BOT_CONFIG_DIR": str(folder)}, "sandbox"),
    "a login": lambda folder: Logins(folder / "logins.json").remember("prod", LOGIN),
    "a logout": lambda folder: Logins(folder / "logins.json").forget("prod"),
    "secrets": lambda folder: FileStore(folder / "secrets.json").write("prod", {"token": "x"}),
    "secrets that go": lambda folder: FileStore(folder / "secrets.json").delete("prod"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose lock somebody else holds."""
    place = tmp_path / "held"
    with locked(place):
        place.chmod(0o700)
        yield place


def test_process_that_hangs_is_waited_for_ten_seconds() -> None:
    assert LONGEST_WAIT_SECONDS == 10.0


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_beside_a_process_that_hangs_is_given_up_and_nothing_written(
    folder: Path, change: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qsc_bot.models.files.LONGEST_WAIT_SECONDS", 0.05)
    with pytest.raises(QscBotError) as caught:
        change(folder)
    assert (caught.value.code, int(caught.value.exit_code)) == ("config.state", 3)
    assert f"another process is changing the files of {folder}; nothing was recorded" in caught.value.message
    assert list(folder.iterdir()) == []


def test_lock_that_comes_free_is_taken(tmp_path: Path) -> None:
    is_held, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(tmp_path):
            is_held.set()
            may_go.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(30)
    threading.Timer(0.05, may_go.set).start()
    with locked(tmp_path, limit_seconds=30):
        assert may_go.is_set()
    holder.join(30)


def test_lock_of_a_process_that_died_is_free(tmp_path: Path) -> None:
    script = "import os, sys; from pathlib import Path; from qsc_bot.models.files import locked\n"
    script += "with locked(Path(sys.argv[1])): os._exit(9)"
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 9
    with locked(tmp_path, limit_seconds=0):
        pass


def test_wait_can_be_interrupted(folder: Path) -> None:
    threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), locked(folder):
        pass
    assert time.monotonic() - began < LONGEST_WAIT_SECONDS / 2
