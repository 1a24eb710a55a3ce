"""From entries to operations: the phases of an item, what ended, and that nothing else in the journal matters."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Outcome, Status
from qsc_bot.models.operation import Entry, Operation, Phase, Resumed, Settled, State
from qsc_bot.operations.history import fold, read_operation, summaries, summary_of
from tests.storage.journals import NOW, Happening, begun, changing, ended, filled, journal_in, moved, whole


def entries(*happenings: Happening, operation: str = "op_1") -> list[Entry]:
    return [
        Entry(number=number, at=NOW, operation=operation, item=item, event=event, hash="")
        for number, (item, event) in enumerate(happenings, 1)
    ]


def folded(*happenings: Happening, runs: bool = False) -> Operation:
    return fold(entries(*happenings), is_running=lambda: runs)


@pytest.mark.parametrize(
    ("length", "status", "phase"),
    [
        (1, Status.PLANNED, Phase.PLANNED),
        (2, Status.IN_DOUBT, Phase.SENT),
        (3, Status.IN_DOUBT, Phase.ANSWERED),
        (4, Status.CHANGED, Phase.ANSWERED),
    ],
)
def test_item_is_in_doubt_from_when_it_is_sent_until_it_is_settled(length: int, status: Status, phase: Phase) -> None:
    (item,) = folded(begun(), *moved()[:length]).items
    assert (item.status, item.phase) == (status, phase)


def test_item_that_was_never_sent_keeps_its_phase_and_the_state_that_was_read() -> None:
    settled = Settled(outcome=Outcome(id="twitter:1", action="handover.to_bot", status=Status.UNCHANGED))
    (item,) = folded(begun(), moved()[0], ("twitter:1", settled)).items
    assert (item.status, item.phase, item.state_before) == (Status.UNCHANGED, Phase.PLANNED, None)


def test_state_before_is_that_of_the_first_write() -> None:
    (item,) = folded(begun(), *moved(), *moved()[1:]).items
    assert item.state_before is not None
    assert item.state_before.observed_at == NOW
    assert len(item.calls) == 2


@pytest.mark.parametrize(
    ("happenings", "runs", "state"),
    [
        ([begun()], True, State.RUNNING),
        ([begun()], False, State.UNFINISHED),
        ([begun(), ended(State.UNFINISHED)], True, State.UNFINISHED),
        ([begun(), ended()], False, State.DONE),
        ([begun(), ended(), (None, Resumed(by="a", host="b", command="c"))], True, State.RUNNING),
        ([begun(), ended(), (None, Resumed(by="a", host="b", command="c"))], False, State.UNFINISHED),
    ],
)
def test_state_is_how_the_last_run_ended(happenings: Sequence[Happening], runs: bool, state: State) -> None:
    assert folded(*happenings, runs=runs).state is state


def test_operation_without_a_beginning_is_a_broken_journal() -> None:
    with pytest.raises(QscBotError) as caught:
        folded(*moved())
    assert caught.value.code == "journal.broken"


@given(place=st.integers(0, 12), items=st.integers(1, 3))
def test_operation_is_the_same_whatever_others_lie_between(place: int, items: int) -> None:
    own = entries(*whole(*(f"twitter:{number}" for number in range(items))))
    between = entries(begun("undo"), *moved("twitter:0"), operation="op_2")
    lying = [*own[:place], *between, *own[place:]]
    assert fold([one for one in lying if one.operation == "op_1"], is_running=bool) == fold(own, is_running=bool)


def test_summary_is_the_operation_without_its_items(tmp_path: Path) -> None:
    journal = filled(tmp_path, "op_1")
    journal.append("op_2", [begun(), *moved()[:2]])
    found = list(summaries(journal, journal.operations()))
    assert found == [summary_of(read_operation(journal, name)) for name in ("op_2", "op_1")]


def test_operation_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    journal = filled(tmp_path, "op_1", "op_2")
    with changing(tmp_path) as db:
        db.execute("UPDATE entries SET body = '{' WHERE number = 2")
    whole_one, broken = summaries(journal, journal.operations())
    assert not isinstance(whole_one, QscBotError)
    assert isinstance(broken, QscBotError)
    assert "entry 2" in broken.message


def test_unknown_operation_names_the_nearest(tmp_path: Path) -> None:
    journal = filled(tmp_path, "op_1m88qk14yewp6nh", "op_zzzzzzzzzzzzzzz")
    with pytest.raises(QscBotError) as caught:
        read_operation(journal, "op_1m88qk14yewp6n")
    assert (caught.value.code, caught.value.hint) == (
        "operation.not_found",
        ("qsc-bot operation show op_1m88qk14yewp6nh",),
    )


def test_no_operation_is_found_in_an_empty_journal(tmp_path: Path) -> None:
    with pytest.raises(QscBotError, match="no operation"):
        read_operation(journal_in(tmp_path), "")
