"""Takes an operation back: the inverse of what it changed, where nothing has happened since."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Control, Outcome, Status
from qsc_bot.models.operation import Operation, OperationItem, Step
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.forecast import tell_shortage
from qsc_bot.operations.history import read_operation
from qsc_bot.operations.operation import Author, check_place, start
from qsc_bot.operations.reserve import FREE, Reserve
from qsc_bot.operations.work import TARGETS
from qsc_bot.results import Running
from qsc_bot.storage.journal import Journal

INVERSE: Final[Mapping[str, str]] = {
    "handover.to_bot": "handover.to_agent",
    "handover.to_agent": "handover.to_bot",
    "escalation.add": "escalation.remove",
    "escalation.remove": "escalation.add",
}
ACTION: Final = "undo"


def undo(connection: Connection, journal: Journal, author: Author, operation: str, reserve: Reserve = FREE) -> Running:
    """Take back what an operation changed, one write each, as an operation of its own.

    A conversation is left alone, and that is told, where its state is not the one that the operation left, where
    a later operation changed it, and where the state before cannot be had again.
    """
    found = check_place(connection.profile, journal, operation)
    changed = [item for item in found.items if item.status is Status.CHANGED]
    steps = [_inverse(item) for item in changed]
    known = {item.id: told for item in changed if (told := _left_alone(journal, found, item))}
    running = start(
        connection,
        journal,
        author,
        steps,
        action=ACTION,
        is_single=False,
        known=known,
        undoes=operation,
        reserve=reserve,
        warnings=_not_taken_back(found),
    )

    def outcomes() -> Iterator[Outcome]:
        with journal.held(operation):
            tell_shortage(connection, [step for step in steps if step.id not in known], reserve)
            yield from running.outcomes

    return replace(running, outcomes=outcomes())


def _not_taken_back(operation: Operation) -> list[str]:
    """What is said of items of which nobody knows whether they were changed."""
    number = operation.counts.in_doubt
    if not number:
        return []
    return [
        f"{number} of {operation.id} in doubt, and left alone; qsc-bot operation resume {operation.id} settles that"
    ]


def last_operation(journal: Journal, profile: str | None = None) -> Operation:
    """The newest operation that changed something, of a profile where one is named; raises `operation.not_found`."""
    for operation in journal.operations():
        found = read_operation(journal, operation)
        if found.counts.changed and profile in (None, found.profile):
            return found
    whose = f" of profile {profile[:80]}" if profile else ""
    raise QscBotError("operation.not_found", f"the journal holds no operation{whose} that changed something")


def _inverse(item: OperationItem) -> Step:
    """What takes an item back, done only while the conversation is still as the operation left it."""
    target, was = TARGETS[item.action], item.state_before
    if item.with_tag and was is not None and was.control is target:
        action = "escalation.remove" if target is Control.AGENT else "escalation.add"
        return Step(id=item.id, action=action, expected=target)  # the tag alone was changed
    tag_was_changed = item.with_tag and was is not None and was.escalated is (target is Control.BOT)
    return Step(id=item.id, action=INVERSE.get(item.action, item.action), expected=target, with_tag=tag_was_changed)


def _left_alone(journal: Journal, operation: Operation, item: OperationItem) -> Outcome | None:
    """What is said of an item that cannot be taken back."""
    before = item.state_before.control if item.state_before else None
    later = _changed_since(journal, operation, item)
    if item.action not in INVERSE:
        reason = "an extension cannot be taken back"
    elif before is not None and before not in (Control.BOT, Control.AGENT):
        reason = f"it was {before.value} before, and nobody can be given that back"
    elif later is not None:
        reason = f"{later} changed it since"
    else:
        return None
    return Outcome(
        id=item.id, action=INVERSE.get(item.action, item.action), status=Status.SKIPPED, method=item.method, note=reason
    )


def _changed_since(journal: Journal, operation: Operation, item: OperationItem) -> str | None:
    """The operation whose change of an item stands in the way; one that was taken back does not, nor does its undo."""
    changes = journal.changes(item.id, account_id=operation.account_id, remote=operation.remote)
    operations, place = [name for name, _ in changes], 0
    while place < len(changes):
        name, undoes = changes[place]
        if name == operation.id:
            return None
        if undoes not in operations[place:]:
            return name
        place = operations.index(undoes, place) + 1
    return operations[0] if operations else None
