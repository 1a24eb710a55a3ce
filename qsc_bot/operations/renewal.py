"""Renew the agents' control of a thread: take it and pass it back, two writes, so that it lapses later."""

from dataclasses import replace

from msgspec import structs

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Control, ConversationId, Outcome, Reading, Status
from qsc_bot.models.operation import Step
from qsc_bot.operations.move import Order, Trace, move, outcome, skipped_by_guard
from qsc_bot.operations.moved import skipped_if_moved
from qsc_bot.operations.work import Work


def renew(work: Work, step: Step, trace: Trace) -> Outcome:
    """Take and pass back one thread that agents hold; where the app may not take, nothing is sent.

    A run that ended between the two writes is followed by the second alone.
    """
    connection, order, person = work.connection, work.order(step), ConversationId.parse(step.id)
    driver = connection.drivers.of(person.service)
    before = driver.read(person)
    if skipped := skipped_if_moved(work, step, before):
        return skipped
    if _is_renewed(work, before):
        note = "the answer was lost; found done"
        return outcome(before, order, Status.CHANGED, after=before.control, verified=True, note=note)
    is_half_done = step.id in work.begun and before.control is Control.BOT
    if not is_half_done:
        if skipped := skipped_by_guard(before, order, several=not work.is_single):
            return skipped
        take = replace(order, action="handover.to_bot", to=Control.BOT, is_again=False)
        if driver.plan(person, Control.BOT, reading=before, note=order.note).asks:
            return outcome(before, order, Status.SKIPPED, note="Meta lets nobody take it, so it cannot be renewed")
        taken = move(connection, driver, before, take, trace)
        if taken.status is not Status.CHANGED:
            return structs.replace(taken, action=order.action)
    return _passed_back(work, order, person, trace)


def _passed_back(work: Work, order: Order, person: ConversationId, trace: Trace) -> Outcome:
    """The second write; where it fails, the error says who holds the thread now."""
    driver = work.connection.drivers.of(person.service)
    try:
        taken = driver.read(person)
        give = replace(order, action="handover.to_agent", if_control=Control.BOT, is_again=False)
        passed = move(work.connection, driver, taken, give, trace)
    except QscBotError as error:
        error.message += f"; the bot holds it now, and qsc-bot handover to-agent {person.typed} passes it back"
        raise
    return structs.replace(passed, action=order.action, before=order.word(Control.AGENT))


def _is_renewed(work: Work, now: Reading) -> bool:
    """Whether an earlier run has renewed it: control ends later than it did before the first write."""
    earlier = work.begun.get(str(now.id))
    if earlier is None or now.control is not Control.AGENT or earlier.control_until is None:
        return False
    return now.control_until is not None and now.control_until > earlier.control_until
