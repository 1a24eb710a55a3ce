"""What a write would send: the same reading and the same plan, and nothing goes out that writes."""

from collections.abc import Callable, Sequence
from typing import Final

from qsc_bot.control.driver import Driver
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Call, ConversationId, Move, Outcome, Reading, Status
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.move import Order, failure
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
    for target in targets:
        driver = driver_of(target.id.service)
        try:
            reading = driver.read(target.id) if connection.can_read(target.id.service) else None
            if reading is not None and reading.control is order.to:
                items.append(_item(target, order, reading, Status.UNCHANGED))
                continue
            requests += plan(driver, target.id, reading).calls
        except QscBotError as error:
            items.append(Outcome(id=str(target.id), action=order.action, status=Status.FAILED, error=failure(error)))
        else:
            items.append(_item(target, order, reading, Status.PLANNED))
    return Report(schema="dry-run", body=DryRun(items=items, requests=requests))


def _item(target: Target, order: Order, reading: Reading | None, status: Status) -> Outcome:
    return Outcome(
        id=str(target.id),
        action=order.action,
        status=status,
        before=order.word(reading.control) if reading else None,
        after=order.word(order.to),
        method=reading.method if reading else None,
        note=reading.note if reading else NOT_READ,
    )
