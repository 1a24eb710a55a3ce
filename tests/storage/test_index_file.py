"""The file of the index: damaged or newer, it is set aside and told, and costs calls only."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qsc_bot.errors import FileSetAside, QscBotError
from qsc_bot.models.conversation import Control, ConversationId, Method, Reading
from qsc_bot.models.known import Wanted
from qsc_bot.storage.index import Index, open_index
from qsc_bot.storage.talk import Said

PAGE = 4096
FIRST_DATA_PAGE = 20


@pytest.fixture
def told() -> list[str]:
    return []


def opened(path: Path, told: list[str]) -> Index:
    return open_index(path, "key", now=lambda: 1000.0, tell=told.append)


def said(number: int) -> Said:
    facts = {"is_ours": False, "source_id": None, "reply_to": None, "topic": "2001"}
    return Said(mention=f"2001_{number}", service="twitter", person=str(number), at=float(number), **facts)  # type: ignore[arg-type]


@pytest.fixture
def filled(tmp_path: Path, told: list[str]) -> Path:
    path = tmp_path / "index.db"
    index = opened(path, told)
    index.take([said(number) for number in range(2000)])
    index.close()
    return path


def read(index: Index) -> int:
    return len(list(index.select(Wanted(since=0.0))))


def spoil(path: Path) -> None:
    """Damage that the header does not show."""
    content = bytearray(path.read_bytes())
    for begin in range(FIRST_DATA_PAGE * PAGE, len(content), PAGE):
        content[begin : begin + 200] = b"\xff" * 200
    path.write_bytes(content)


def test_file_from_a_newer_version_is_set_aside_and_told(filled: Path, told: list[str]) -> None:
    db = sqlite3.connect(filled)
    db.execute("PRAGMA user_version = 99")
    db.close()
    assert read(opened(filled, told)) == 0
    assert "newer version of qsc-bot; it was set aside as index.db.set-aside" in told[0]


def test_damage_that_shows_while_reading_is_told_and_the_next_run_begins_anew(filled: Path, told: list[str]) -> None:
    spoil(filled)
    with pytest.raises(QscBotError, match=r"set aside as index\.db\.set-aside") as caught:
        read(opened(filled, told))
    assert caught.value.code == "index.unusable"
    assert read(opened(filled, told)) == 0


def test_damage_that_shows_while_writing_is_told(filled: Path, told: list[str]) -> None:
    spoil(filled)
    with pytest.raises(QscBotError, match="set aside"):
        opened(filled, told).take([said(number) for number in range(2000)])


@pytest.mark.parametrize("column", ["control", "tags", "topics"])
def test_row_that_this_tool_never_writes_is_damage(filled: Path, told: list[str], column: str) -> None:
    db = sqlite3.connect(filled)
    db.execute(f"UPDATE conversations SET {column} = 'b[t'")
    db.commit()
    db.close()
    with pytest.raises(QscBotError, match="set aside"):
        read(opened(filled, told))


def test_file_that_another_process_holds_too_long_is_told_and_stays(
    filled: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qsc_bot.storage.database.BUSY_SECONDS", 0.01)
    index = opened(filled, told)
    other = sqlite3.connect(filled, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(QscBotError, match="locked") as caught:
        index.mark(swept_at=1.0)
    assert (caught.value.code, filled.exists()) == ("index.unusable", True)
    other.close()
    assert read(index) == 2000


def test_index_that_cannot_be_kept_is_told(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "cache").write_text("no folder")
    index = opened(tmp_path / "cache" / "index.db", told)
    assert index.take([said(1)])
    assert len(told) == 1
    assert "nothing read here is kept for the next run" in told[0]


def test_new_file_that_another_process_has_begun_is_not_set_aside(filled: Path, told: list[str]) -> None:
    spoil(filled)
    slow, quick = opened(filled, told), opened(filled, told)
    with pytest.raises(FileSetAside):
        read(quick)
    quick.renew()
    quick.take([said(1)])
    with pytest.raises(FileSetAside):
        read(slow)
    slow.renew()
    assert (read(slow), read(quick)) == (1, 1)


def test_damage_of_the_accounts_is_told_as_soon_as_it_is_opened(filled: Path, told: list[str]) -> None:
    with closing(sqlite3.connect(filled)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'accounts'").fetchone()
    content = bytearray(filled.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = b"\xff" * PAGE
    filled.write_bytes(content)
    assert read(opened(filled, told)) == 0
    assert "it was set aside as index.db.set-aside, and a new one begun" in told[0]


def test_index_that_lost_a_reading_answers_no_question_until_it_is_begun_anew(filled: Path, told: list[str]) -> None:
    index = opened(filled, told)
    vars(index)["_database"].execute("PRAGMA query_only = 1")
    reading = Reading(
        id=ConversationId("twitter", "1"), control=Control.BOT, method=Method.TAG, observed_at=datetime.now(UTC)
    )
    for _ in range(2):
        with pytest.raises(QscBotError, match="readonly"):
            index.keep(reading)
    assert len(told) == 1
    for ask in (index.coverage, lambda: read(index), lambda: index.find(reading.id)):
        with pytest.raises(QscBotError, match="readonly"):
            ask()
    index.renew()
    assert read(index) == 2000
