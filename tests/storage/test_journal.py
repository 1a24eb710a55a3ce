"""The journal: what is appended is one chain, whoever appends, and any change to it is found."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsc_bot.errors import QscBotError
from qsc_bot.storage.chain import COLUMNS, START, chained
from qsc_bot.storage.journal import Journal
from tests.storage.journals import changing, filled, journal_in, process, whole

APPENDING: Final = """
import sys
from pathlib import Path
from tests.storage.journals import journal_in, whole
journal = journal_in(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    journal.append(f"op_{sys.argv[2]}{number}", whole())
"""
HOLDING: Final = """
import sys, sqlite3
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("ready", flush=True)
sys.stdin.readline()
"""
Tamper = Callable[[sqlite3.Connection], object]


def sql(*statements: str) -> Tamper:
    return lambda db: [db.execute(statement) for statement in statements]


def rehashed(db: sqlite3.Connection, **changes: Any) -> None:
    """An entry that is changed with its hash made to fit."""
    sets = ", ".join(f"{name} = ?" for name in changes)
    db.execute(f"UPDATE entries SET {sets} WHERE number = 12", tuple(changes.values()))
    before = db.execute("SELECT hash FROM entries WHERE number = 11").fetchone()[0]
    line = db.execute(f"SELECT {', '.join(COLUMNS[:-1])} FROM entries WHERE number = 12").fetchone()
    db.execute("UPDATE entries SET hash = ? WHERE number = 12", (chained(before, line),))


def inserted(db: sqlite3.Connection) -> None:
    """An entry of a stranger's in the middle, and those after it moved on."""
    db.execute("UPDATE entries SET number = -number - 1 WHERE number > 5")
    db.execute("UPDATE entries SET number = -number WHERE number < 0")
    db.execute("INSERT INTO entries SELECT 6, at, operation, item, kind, body, hash FROM entries WHERE number = 5")


TAMPERED: Final[dict[str, tuple[Tamper, int, str]]] = {
    "a changed body": (
        sql("UPDATE entries SET body = replace(body, 'twitter', 'whatsapp') WHERE number = 8"),
        8,
        "not what was written",
    ),
    "a changed hash": (sql("UPDATE entries SET hash = 'f' || hash WHERE number = 3"), 3, "not what was written"),
    "a removed entry": (sql("DELETE FROM entries WHERE number = 4"), 5, "entry 4 is missing before it"),
    "removed entries": (sql("DELETE FROM entries WHERE number BETWEEN 4 AND 6"), 7, "entries from 4 on are missing"),
    "a removed start": (sql("DELETE FROM entries WHERE number < 7"), 7, "entries from 1 on are missing"),
    "swapped entries": (
        sql(
            "UPDATE entries SET number = -2 WHERE number = 2",
            "UPDATE entries SET number = 2 WHERE number = 9",
            "UPDATE entries SET number = 9 WHERE number = -2",
        ),
        2,
        "not what was written",
    ),
    "an inserted entry": (inserted, 6, "not what was written"),
    "an entry of a foreign kind": (lambda db: rehashed(db, kind="planned"), 12, "filed as 'planned'"),
    "an entry of an unknown kind": (
        lambda db: rehashed(db, kind="paid", body='{"type":"paid"}'),
        12,
        "it cannot be read",
    ),
    "an unreadable body": (lambda db: rehashed(db, body="{"), 12, "it cannot be read"),
    "a body of bytes": (sql("UPDATE entries SET body = x'7b7d' WHERE number = 9"), 9, "not what was written"),
    "a changed time": (sql("UPDATE entries SET at = 'yesterday' WHERE number = 1"), 1, "not what was written"),
}


@pytest.mark.parametrize(("tamper", "number", "reason"), TAMPERED.values(), ids=TAMPERED)
def test_first_entry_that_is_not_what_was_written_is_named(
    tmp_path: Path, tamper: Tamper, number: int, reason: str
) -> None:
    journal = filled(tmp_path, "op_1", "op_2", "op_3")
    assert journal.check().broken is None
    with changing(tmp_path) as db:
        tamper(db)
    broken = journal.check().broken
    assert broken is not None
    assert (broken.number, reason in broken.reason) == (number, True)


def test_chain_up_to_an_operation_does_not_mind_what_comes_after_it(tmp_path: Path) -> None:
    journal = filled(tmp_path, "op_1", "op_2", "op_3")
    with changing(tmp_path) as db:
        db.execute("UPDATE entries SET hash = '' WHERE number = 14")
    assert (journal.check("op_2").entries, journal.check("op_2").broken) == (12, None)
    assert journal.check("op_3").broken is not None
    assert journal.check("op_4").entries == 0


def test_what_is_cut_off_at_the_end_shows_only_against_a_hash_that_was_kept(tmp_path: Path) -> None:
    journal = filled(tmp_path, "op_1", "op_2")
    kept = journal.check().last
    with changing(tmp_path) as db:
        db.execute("DELETE FROM entries WHERE number > 6")
    checked = journal.check()
    assert checked.broken is None
    assert kept is not None
    assert checked.last is not None
    assert (checked.last["number"], checked.last["hash"]) != (kept["number"], kept["hash"])


values: st.SearchStrategy[object] = st.none() | st.text(max_size=8) | st.binary(max_size=8) | st.integers(-1, 99)


@settings(max_examples=200, deadline=None)
@given(number=st.integers(1, 18), column=st.sampled_from(COLUMNS), value=values)
def test_any_change_of_any_column_is_found(number: int, column: str, value: object) -> None:
    with TemporaryDirectory() as folder:
        journal = filled(Path(folder), "op_1", "op_2", "op_3")
        before = [tuple(row) for row in journal.lines()]
        with changing(Path(folder)) as db:
            try:
                db.execute(f"UPDATE entries SET {column} = ? WHERE number = ?", (value, number))
            except sqlite3.IntegrityError:
                return  # the file itself refuses it
        is_same = [tuple(row) for row in journal.lines()] == before
        assert (journal.check().broken is None) is is_same
        journal.close()


operations = st.dictionaries(st.sampled_from(["op_1", "op_2", "op_3"]), st.integers(1, 3), min_size=1)


@settings(max_examples=50, deadline=None)
@given(sizes=operations, data=st.data())
def test_appending_in_any_order_gives_a_whole_chain_and_the_same_operations(
    sizes: dict[str, int], data: st.DataObject
) -> None:
    left = {name: whole(*(f"twitter:{number}" for number in range(size))) for name, size in sizes.items()}
    wanted = {name: [event for _, event in happenings] for name, happenings in left.items()}
    with TemporaryDirectory() as folder:
        journal = journal_in(Path(folder))
        while left:
            name = data.draw(st.sampled_from(sorted(left)))
            journal.append(name, [left[name].pop(0)])
            left = {one: rest for one, rest in left.items() if rest}
        assert journal.check().broken is None
        assert {name: [entry.event for entry in journal.entries(name)] for name in wanted} == wanted
        journal.close()


def test_hash_is_what_the_documentation_says(tmp_path: Path) -> None:
    import json
    from hashlib import sha256

    before = START
    for row in filled(tmp_path, "op_1").lines():
        *line, hash_ = tuple(row)
        assert hash_ == sha256(json.dumps([before, *line]).encode()).hexdigest()
        before = hash_


def test_two_processes_that_append_at_once_make_one_chain(tmp_path: Path) -> None:
    journal_in(tmp_path).close()
    with process(APPENDING, str(tmp_path), "a") as one, process(APPENDING, str(tmp_path), "b") as two:
        for other in (one, two):
            assert other.stdin is not None
            other.stdin.write("go\n")
            other.stdin.flush()
        assert (one.wait(), two.wait()) == (0, 0)
    checked = journal_in(tmp_path).check()
    assert (checked.entries, checked.broken) == (2 * 40 * 6, None)


def test_journal_that_another_process_holds_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsc_bot.storage.database.BUSY_SECONDS", 0.05)
    journal = filled(tmp_path, "op_1")
    journal.close()
    journal = journal_in(tmp_path)
    with process(HOLDING, str(tmp_path / "journal.db")), pytest.raises(QscBotError, match="another process") as caught:
        journal.append("op_2", whole())
    assert caught.value.code == "journal.locked"
    assert journal.operations() == ["op_1"]
    journal.append("op_2", whole())


def test_disk_that_fills_up_within_a_large_plan_is_told_as_it_is(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    journal.append("op_1", whole())
    vars(journal)["_db"].execute("PRAGMA max_page_count = 40")
    with pytest.raises(QscBotError, match="database or disk is full") as caught:
        journal.append("op_2", whole() * 4000)
    assert caught.value.code == "config.state"
    assert journal.entries("op_2") == []
    journal.append("op_3", whole())
    assert journal.check().broken is None


def test_reading_a_journal_that_is_not_there_makes_none(tmp_path: Path) -> None:
    journal = journal_in(tmp_path / "state")
    assert (journal.operations(), journal.entries("op_1"), list(journal.lines())) == ([], [], [])
    assert journal.check().entries == 0
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_file_from_a_newer_version_is_refused_and_stays_as_it_is(tmp_path: Path, mode: str) -> None:
    filled(tmp_path, "op_1").close()
    with changing(tmp_path) as db:
        db.execute("PRAGMA user_version = 99")
        db.execute(f"PRAGMA journal_mode = {mode}")
    content = (tmp_path / "journal.db").read_bytes()
    journal = journal_in(tmp_path)
    for use in (lambda: journal.append("op_2", whole()), journal.operations, journal.check):
        with pytest.raises(QscBotError, match="newer version") as caught:
            use()
        assert caught.value.code == "journal.unusable"
    assert (tmp_path / "journal.db").read_bytes() == content


def test_file_that_is_no_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"my notes\n" * 500)
    for use in (lambda journal: journal.append("op_2", whole()), Journal.operations):
        with pytest.raises(QscBotError, match=r"journal\.db") as caught:
            use(journal_in(tmp_path))
        assert caught.value.code == "journal.unusable"
    assert (tmp_path / "journal.db").read_bytes() == b"my notes\n" * 500


def test_damaged_page_is_told(tmp_path: Path) -> None:
    filled(tmp_path, *(f"op_{number}" for number in range(50))).close()
    with (tmp_path / "journal.db").open("r+b") as file:
        for page in range(5, file.seek(0, 2) // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 300)
    with pytest.raises(QscBotError) as caught:
        journal_in(tmp_path).check()
    assert caught.value.code == "journal.unusable"
