"""Who is still there: a process holds its operation until it ends, however it ends."""

import sqlite3
from pathlib import Path

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.storage.running import Presence, is_present
from tests.storage.journals import begun, filled, journal_in, process

HOLDING = """
import sys
from pathlib import Path
from tests.storage.journals import begun, journal_in
journal = journal_in(Path(sys.argv[1]))
with journal.held("op_1"):
    journal.append("op_1", [begun()])
    print("ready", flush=True)
    sys.stdin.readline()
"""


def test_process_is_there_until_it_leaves(tmp_path: Path) -> None:
    presence = Presence(tmp_path / "running")
    assert is_present(tmp_path / "running", presence.token)
    presence.leave()
    assert not is_present(tmp_path / "running", presence.token)
    assert list((tmp_path / "running").iterdir()) == []


def test_nobody_is_there_by_a_token_that_was_never_given(tmp_path: Path) -> None:
    assert not is_present(tmp_path / "running", "0123456789abcdef")


def test_operation_of_another_process_cannot_be_carried_out_until_that_is_killed(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    with process(HOLDING, str(tmp_path)) as other:
        assert journal.is_running("op_1")
        with pytest.raises(QscBotError, match="another process") as caught, journal.held("op_1"):
            pytest.fail("two processes held one operation")
        assert caught.value.code == "operation.running"
        other.kill()
        other.wait()
        assert not journal.is_running("op_1")
        with journal.held("op_1"):
            assert journal.is_running("op_1")
    assert not journal.is_running("op_1")


def test_operation_is_free_again_where_that_could_not_be_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qsc_bot.storage.database.BUSY_SECONDS", 0.05)
    journal = journal_in(tmp_path)
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    with journal.held("op_1"):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    journal.close()
    assert not journal_in(tmp_path).is_running("op_1")


def test_journal_that_is_closed_and_used_again_holds_nothing(tmp_path: Path) -> None:
    journal = filled(tmp_path, "op_1")
    with journal.held("op_1"):
        journal.append("op_1", [begun()])
    journal.close()
    assert not journal_in(tmp_path).is_running("op_1")
