"""Pruning: whole operations go from the start of the journal, and what stays is a chain that says so."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.models.operation import State
from qsc_bot.storage.journal import Journal
from tests.storage.journals import NOW, begun, changing, ended, filled, journal_in, moved, whole


def numbers(journal: Journal) -> list[int]:
    return [row["number"] for row in journal.lines()]


def test_pruning_removes_what_is_old_and_leaves_a_whole_chain_that_says_so(tmp_path: Path) -> None:
    journal_in(tmp_path, days_ago=100).append("op_1", whole())
    journal_in(tmp_path, days_ago=95).append("op_2", whole())
    journal_in(tmp_path, days_ago=5).append("op_3", whole())
    journal = journal_in(tmp_path)
    before = NOW - timedelta(days=90)
    assert journal.prunable(before).entries == 12
    cut = journal.prune(before, by="ada", host="desk")
    assert (cut.entries, cut.operations) == (12, 2)
    checked = journal.check()
    assert (checked.broken, checked.entries, journal.operations()) == (None, 7, ["op_3"])
    assert checked.removal is not None
    assert (checked.removal.number, checked.removal.operations, checked.removal.by) == (12, 2, "ada")
    assert checked.removal.at == NOW


def test_second_pruning_moves_the_anchor_on_until_nothing_is_left(tmp_path: Path) -> None:
    journal = filled(tmp_path, "op_1", "op_2")
    later = NOW + timedelta(seconds=1)
    for operation, entries in (("op_3", 12), ("op_4", 7), ("op_5", 7)):
        assert journal.prune(later, by="ada", host="desk").entries == entries
        journal.append(operation, whole())
        assert journal.check().broken is None
    removal = journal.check().removal
    assert removal is not None
    assert (removal.operations, numbers(journal)[0]) == (4, removal.number + 1)
    assert journal.prune(NOW, by="ada", host="desk").entries == 0


def test_pruning_stops_before_what_is_unfinished_and_what_came_since(tmp_path: Path) -> None:
    journal = filled(tmp_path, "op_1")
    journal.append("op_2", [begun(), *moved(), ended(State.UNFINISHED)])
    journal.append("op_3", whole())
    cut = journal.prune(NOW + timedelta(seconds=1), by="ada", host="desk")
    assert (cut.operations, cut.unfinished) == (1, "op_2")
    assert journal.operations() == ["op_3", "op_2"]


def test_pruning_keeps_an_operation_whose_entries_stand_among_those_of_one_that_stays(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    first, *rest = whole()
    journal.append("op_1", [first])
    journal.append("op_2", [begun()])
    journal.append("op_1", rest)
    assert journal.prune(NOW + timedelta(days=1), by="ada", host="desk").entries == 0
    assert journal.operations() == ["op_2", "op_1"]


def test_removed_anchor_is_found(tmp_path: Path) -> None:
    journal = filled(tmp_path, "op_1", "op_2")
    journal.prune(NOW + timedelta(seconds=1), by="ada", host="desk")
    journal.append("op_3", whole())
    with changing(tmp_path) as db:
        db.execute("DELETE FROM entries WHERE kind = 'anchor'")
    broken = journal.check().broken
    assert broken is not None
    assert "missing" in broken.reason


def test_pruning_gives_space_back(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    for number in range(20):
        journal.append(f"op_{number}", whole(*(f"twitter:{item}" for item in range(50))))
    journal.close()
    size = (tmp_path / "journal.db").stat().st_size
    again = journal_in(tmp_path)
    again.prune(NOW + timedelta(seconds=1), by="ada", host="desk")
    again.close()
    assert (tmp_path / "journal.db").stat().st_size < size / 10


spans = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=12)


@given(written=spans)
def test_pruning_any_journal_removes_whole_done_operations_only(written: Sequence[tuple[int, bool]]) -> None:
    with TemporaryDirectory() as folder:
        journal, known = journal_in(Path(folder)), dict[str, list[int]]()
        for number, (chosen, ends) in enumerate(written, 1):
            operation = f"op_{chosen}"
            event = begun() if operation not in known else ended(State.DONE if ends else State.UNFINISHED)
            journal.append(operation, [event])
            known.setdefault(operation, []).append(number)
        states = {name: journal.entries(name)[-1].event for name in known}
        journal.prune(NOW + timedelta(seconds=1), by="ada", host="desk")
        assert journal.check().broken is None
        for name, entries in known.items():
            left = [number for number in entries if number in numbers(journal)]
            assert left in ([], entries)
            assert left or getattr(states[name], "state", None) is State.DONE
        journal.close()
