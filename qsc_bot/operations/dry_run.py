"""What a write would send: the same reading, guard and plan, and nothing goes out that writes."""

from collections.abc import Sequence
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Call, ConversationId, Failure, Outcome, Reading, Status
from qsc_bot.models.operation import Step
from qsc_bot.operations.acts import driver_of, plan
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.move import Order, skipped_by_guard
from qsc_bot.operations.tag_along import with_tag
from qsc_bot.operations.work import new_operation, order_of
from qsc_bot.results import DryRun, Report

NOT_READ: Final = "no token, so the present state was not read"


def plan_each(connection: Connection, steps: Sequence[Step], *, warnings: Sequence[str] = ()) -> Report:
    """Plan each conversation's write; without a token the present state stays unknown."""
    items: list[Outcome] = []
    requests: list[Call] = []
    contacts: set[str] = set()
    operation = new_operation(connection.clock.local_unix())
    for step in steps:
        driver, order = driver_of(connection, step), order_of(step, operation)
        try:
            is_readable = connection.can_read(driver.method)
            reading = driver.read(ConversationId.parse(step.id)) if is_readable else None
            settled = _settled(reading, order, several=len(steps) > 1)
            calls = () if settled else plan(driver, step, operation, reading).calls
            if settled is None or settled.status is Status.UNCHANGED:
                calls = with_tag(connection, step, operation, calls, is_read=is_readable)
                settled = None if calls else settled
        except QscBotError as error:
            items.append(Outcome(id=step.id, action=step.action, status=Status.FAILED, error=Failure.of(error)))
            continue
        contact = (reading.contact_id if reading else None) or step.id
        requests += () if contact in contacts else calls
        contacts.add(contact)
        items.append(settled or _item(step, order, reading, Status.PLANNED if calls else Status.SKIPPED))
    return Report(schema="dry-run", body=DryRun(items=items, requests=requests), warnings=warnings)


def _settled(reading: Reading | None, order: Order, *, several: bool) -> Outcome | None:
    """The outcome of a conversation that nothing would be sent for."""
    if reading is None:
        return None
    if skipped := skipped_by_guard(reading, order, several=several):
        return skipped
    if reading.control is not order.to:
        return None
    return Outcome(
        id=str(reading.id),
        action=order.action,
        status=Status.UNCHANGED,
        before=order.word(reading.control),
        after=order.word(order.to),
        method=reading.method,
        note=reading.note,
    )


def _item(step: Step, order: Order, reading: Reading | None, status: Status) -> Outcome:
    note = reading.note if reading else NOT_READ
    return Outcome(
        id=step.id,
        action=step.action,
        status=status,
        before=order.word(reading.control) if reading else None,
        after=order.word(order.to),
        method=reading.method if reading else None,
        note="nothing would be sent" if status is Status.SKIPPED else note,
    )
