"""From the journal's entries to operations as they stand: pure, and the same for every reader."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from msgspec.structs import asdict, replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Counts, Outcome, Status
from qsc_bot.models.operation import (
    Answered,
    Before,
    Begun,
    Ended,
    Entry,
    Operation,
    OperationItem,
    OperationSummary,
    Phase,
    Planned,
    Resumed,
    Sent,
    Settled,
    State,
    Step,
)
from qsc_bot.storage.chain import entry_of
from qsc_bot.storage.journal import Journal

if TYPE_CHECKING:
    from datetime import datetime

LOST: Final = "the run ended after its write was sent and before it was known what became of it"


NEAR: Final = 3
COMPARED: Final = 1000
PAGE: Final = 200


def read_operation(journal: Journal, operation: str) -> Operation:
    """One operation with its items; raises `operation.not_found` naming the nearest ids."""
    entries = journal.entries(operation)
    if not entries:
        near = get_close_matches(operation, journal.operations()[:COMPARED], n=NEAR)
        hint = tuple(f"qsc-bot operation show {one}" for one in near)
        raise QscBotError("operation.not_found", f"no operation {operation[:80]!r} is in the journal", hint=hint)
    return fold(entries, is_running=lambda: journal.is_running(operation))


def summaries(journal: Journal, operations: Sequence[str]) -> Iterator[OperationSummary | QscBotError]:
    """These operations without their items, read page by page; in place of one that cannot be read, why."""
    for start in range(0, len(operations), PAGE):
        outlines = journal.outlines(operations[start : start + PAGE])
        for operation, rows in outlines.items():
            yield _summary(journal, operation, rows)


def _summary(journal: Journal, operation: str, rows: Sequence[sqlite3.Row]) -> OperationSummary | QscBotError:
    try:
        return summary_of(fold([entry_of(row) for row in rows], is_running=lambda: journal.is_running(operation)))
    except QscBotError as error:
        return error


def steps_of(entries: Sequence[Entry]) -> list[Step]:
    """What an operation was planned to do, in its order."""
    return [entry.event.step for entry in entries if isinstance(entry.event, Planned)]


def summary_of(operation: Operation) -> OperationSummary:
    """An operation without its items."""
    return OperationSummary(**{name: getattr(operation, name) for name in OperationSummary.__struct_fields__})


def fold(entries: Sequence[Entry], *, is_running: Callable[[], bool]) -> Operation:
    """One operation, from its entries in order."""
    items: dict[str, OperationItem] = {}
    begun: Begun | None = None
    ended: tuple[Ended, datetime] | None = None
    for entry in entries:
        match entry.event:
            case Begun() as event:
                begun = event
            case Resumed():
                ended = None
            case Ended() as event:
                ended = event, entry.at
            case Planned(step=step):
                items[step.id] = _planned(step)
            case event if entry.item in items:
                items[entry.item] = _after(items[entry.item], event)
    if begun is None:
        raise QscBotError("journal.broken", f"the journal does not tell how {entries[0].operation} began")
    state = ended[0].state if ended else State.RUNNING if is_running() else State.UNFINISHED
    return Operation(
        id=entries[0].operation,
        action=begun.action,
        state=state,
        profile=begun.profile,
        account_id=begun.account_id,
        remote=begun.remote,
        by=begun.by,
        host=begun.host,
        reason=begun.reason,
        command=begun.command,
        undoes=begun.undoes,
        started_at=entries[0].at,
        ended_at=ended[1] if ended else None,
        total=len(items),
        counts=Counts.of(item.status for item in items.values()),
        items=list(items.values()),
    )


def is_begun(item: OperationItem) -> bool:
    """Whether a write may have changed something: it is in doubt, or of several some were answered."""
    return item.status is Status.IN_DOUBT or len({call.path for call in item.calls}) > 1


def _planned(step: Step) -> OperationItem:
    return OperationItem(
        id=step.id,
        action=step.action,
        status=Status.PLANNED,
        phase=Phase.PLANNED,
        with_tag=step.with_tag,
        reason=step.reason,
    )


def _after(item: OperationItem, event: object) -> OperationItem:
    """An item after one more thing happened to it; what was sent and not settled is in doubt.

    The state before is that before the first write that may have changed something.
    """
    match event:
        case Sent(before=before, call=call):
            first = (item.state_before if is_begun(item) else None) or before
            calls = [*item.calls, call]
            return replace(
                item, status=Status.IN_DOUBT, note=LOST, phase=Phase.SENT, state_before=first, calls=calls, ids={}
            )
        case Answered(ids=ids):
            return replace(item, phase=Phase.ANSWERED, ids=ids)
        case Settled(outcome=outcome, before=before):
            return _settled(item, outcome, before)
    return item


def _settled(item: OperationItem, outcome: Outcome, before: Before | None) -> OperationItem:
    return replace(item, state_before=item.state_before or before, **asdict(outcome))
