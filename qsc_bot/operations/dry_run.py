"""What a write would send: the same reading, guard and plan, and nothing goes out that writes."""

from collections.abc import Sequence
from typing import Final

from qsc_bot.control.survey import STOPPING
from qsc_bot.errors import AccessDenied, QscBotError
from qsc_bot.models.conversation import Call, ConversationId, Failure, Outcome, Reading, Status
from qsc_bot.models.operation import Step
from qsc_bot.operations.acts import driver_of, plan
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.move import Order, skipped_by_guard
from qsc_bot.operations.tag_along import with_tag
from qsc_bot.operations.work import new_operation, order_of
from qsc_bot.results import DryRun, Report
from qsc_bot.transport.parallel import in_parallel

NOT_READ: Final = "no token, so the present state was not read"


def plan_each(connection: Connection, steps: Sequence[Step], *, warnings: Sequence[str] = ()) -> Report:
    """Plan each conversation's write, several at once; without a token the present state stays unknown.

    After a refusal that every further call would meet too, the rest is not asked for.
    """
    items: list[Outcome] = []
    requests: list[Call] = []
    contacts: set[str] = set()
    planner = _Planner(connection, new_operation(connection.clock.local_unix()), is_single=len(steps) == 1)
    for item, contact, calls in in_parallel(planner.plan, steps):
        items.append(item)
        requests += () if contact in contacts else calls
        contacts |= {contact} if contact else set()
    return Report(schema="dry-run", body=DryRun(items=items, requests=requests), warnings=warnings)


class _Planner:
    def __init__(self, connection: Connection, operation: str, *, is_single: bool) -> None:
        self._connection = connection
        self._operation = operation
        self._is_single = is_single
        self._refusal: QscBotError | None = None

    def plan(self, step: Step) -> tuple[Outcome, str | None, tuple[Call, ...]]:
        """What one step would come to, the contact that it would be written to, and the writes."""
        if self._refusal is not None:
            return _failed(step, Status.SKIPPED, self._refusal), None, ()
        try:
            return self._planned(step)
        except QscBotError as error:
            if isinstance(error, AccessDenied) or error.code in STOPPING:
                self._refusal = error
            return _failed(step, Status.FAILED, error), None, ()

    def _planned(self, step: Step) -> tuple[Outcome, str | None, tuple[Call, ...]]:
        driver, order = driver_of(self._connection, step), order_of(step, self._operation)
        is_readable = self._connection.can_read(driver.method)
        reading = driver.read(ConversationId.parse(step.id)) if is_readable else None
        settled = _settled(reading, order, several=not self._is_single)
        calls = () if settled else plan(driver, step, self._operation, reading).calls
        if settled is None or settled.status is Status.UNCHANGED:
            calls = with_tag(self._connection, step, self._operation, calls, is_read=is_readable)
            settled = None if calls else settled
        item = settled or _item(step, order, reading, Status.PLANNED if calls else Status.SKIPPED)
        return item, (reading.contact_id if reading else None) or step.id, calls


def _failed(step: Step, status: Status, error: QscBotError) -> Outcome:
    return Outcome(id=step.id, action=step.action, status=status, error=Failure.of(error))


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
