"""What a write would send: the same reading, guard and plan, and nothing goes out that writes."""

from collections.abc import Callable, Sequence
from typing import Final

from qsc_bot.control.driver import Driver
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Call, ConversationId, Failure, Move, Outcome, Reading, Status
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.handover import skipped_by_guard
from qsc_bot.operations.move import Order
from qsc_bot.operations.selection import Target
from qsc_bot.results import DryRun, Report

NOT_READ: Final = "no token, so the present state was not read"


def plan_each(
    connection: Connection,
    targets: Sequence[Target],
    order: Order,
    *,
    driver_of: Callable[[str], Driver],
    plan: Callable[[Driver, ConversationId, Reading | None], Move],
) -> Report:
    """Plan each conversation's write; without a token the present state stays unknown."""
    items: list[Outcome] = []
    requests: list[Call] = []
    contacts: set[str] = set()
    for target in targets:
        driver = driver_of(target.id.service)
        try:
            reading = driver.read(target.id) if connection.can_read(driver.method) else None
            settled = _settled(reading, order, several=len(targets) > 1)
            calls = () if settled else plan(driver, target.id, reading).calls
        except QscBotError as error:
            items.append(Outcome(id=str(target.id), action=order.action, status=Status.FAILED, error=Failure.of(error)))
            continue
        contact = (reading.contact_id if reading else None) or str(target.id)
        requests += () if contact in contacts else calls
        contacts.add(contact)
        items.append(settled or _item(target, order, reading, Status.PLANNED if calls else Status.SKIPPED))
    return Report(schema="dry-run", body=DryRun(items=items, requests=requests))


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


def _item(target: Target, order: Order, reading: Reading | None, status: Status) -> Outcome:
    note = reading.note if reading else NOT_READ
    return Outcome(
        id=str(target.id),
        action=order.action,
        status=status,
        before=order.word(reading.control) if reading else None,
        after=order.word(order.to),
        method=reading.method if reading else None,
        note="nothing would be sent" if status is Status.SKIPPED else note,
    )
