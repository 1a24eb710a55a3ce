"""Hand conversations to the bot or to the agents, and prolong the bot's control."""

from datetime import timedelta
from typing import Final

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.api.threads import LONGEST_EXTENSION_SECONDS
from qsc_bot.control.driver import Driver
from qsc_bot.control.escalations import is_escalated
from qsc_bot.errors import ApiError, QscBotError, WriteInDoubt
from qsc_bot.models.conversation import Control, ConversationId, Method, Outcome, Reading, Status
from qsc_bot.models.operation import Before, Step
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.move import FOUND_DONE, Order, Sent, Trace, move, noted, outcome, send_all, skipped_by_guard
from qsc_bot.operations.moved import skipped_if_moved
from qsc_bot.operations.work import Work

CLOCKS_APART_SECONDS: Final = 5
"""So far two clocks may be apart that were just compared, to the second."""


def extension_seconds(by: timedelta) -> int:
    """Whole seconds to extend by; raises `usage.invalid` beyond what Meta allows."""
    seconds = int(by.total_seconds())
    if not 0 < seconds <= LONGEST_EXTENSION_SECONDS:
        raise QscBotError("usage.invalid", "control cannot be extended by this", expected="1s to 7d")
    return seconds


def hand_over(work: Work, step: Step, trace: Trace) -> Outcome:
    """Move one conversation: a fresh read, a guard, one write, a read after.

    Messenger needs two writes, take and pass, to give the agents what another app holds.
    """
    connection, order, person = work.connection, work.order(step), ConversationId.parse(step.id)
    driver = connection.drivers.of(person.service)
    before = driver.read(person)
    tag_contact = before.contact_id if before.method is Method.TAG else None
    with work.alone_with(tag_contact):
        if earlier := work.shared(tag_contact, step):
            return earlier
        if skipped := skipped_if_moved(work, step, before):
            return skipped
        if skipped := skipped_by_guard(before, order, several=not work.is_single):
            return skipped
        item = move(connection, driver, before, order, trace)
        return work.share(tag_contact, _with_contradiction(connection, person, item, order))


def extend(work: Work, step: Step, trace: Trace) -> Outcome:
    """Prolong control where the method knows expiry; only the app that holds a thread may do so."""
    order, person = work.order(step), ConversationId.parse(step.id)
    driver = work.connection.drivers.of(person.service)
    before = driver.read(person)
    if skipped := skipped_by_guard(before, order, several=not work.is_single):
        return skipped
    assert step.seconds is not None
    if _is_extended(work.doubts.get(step.id), before, step.seconds):
        return outcome(before, order, Status.CHANGED, after=before.control, verified=True, note=FOUND_DONE)
    plan = driver.plan_extension(person, step.seconds)
    if not plan.calls:
        return outcome(before, order, Status.SKIPPED, note=f"control by {before.method.value} does not lapse")
    if before.control is not Control.BOT:
        raise ApiError(
            "handover.not_allowed",
            f"{person} is held by {before.control.value}; only the app that holds it may extend control",
        )
    return _extended(driver, before, order, send_all(driver, before, plan.calls, trace))


def _is_extended(doubted: Before | None, now: Reading, seconds: int) -> bool:
    """Whether control lasts as long as a write with a lost answer would have made it last."""
    if doubted is None or now.control is not Control.BOT or now.control_until is None:
        return False
    return now.control_until >= doubted.observed_at + timedelta(seconds=seconds - CLOCKS_APART_SECONDS)


def _extended(driver: Driver, before: Reading, order: Order, sent: Sent) -> Outcome:
    """What an extension came to: control must be ours still, and end later than it would have."""
    if sent.error is not None and not isinstance(sent.error, WriteInDoubt):
        raise sent.error
    try:
        now = driver.read(before.id)
    except QscBotError as error:
        if sent.error is not None:
            raise sent.error from error
        return outcome(before, order, Status.CHANGED, note=f"not verified: {error.message}")
    until, earlier = now.control_until, before.control_until
    note = f"until {until:%Y-%m-%dT%H:%M:%SZ}" if until else None
    if now.control is Control.BOT and until and (earlier is None or until > earlier):
        return outcome(before, order, Status.CHANGED, after=now.control, verified=True, note=note)
    if sent.error is not None:
        raise sent.error
    if now.control is Control.BOT and until and until == earlier:
        return outcome(before, order, Status.UNCHANGED, after=now.control, verified=True, note=note)
    refused = QscBotError("handover.not_verified", f"{before.id}: the write was accepted, but control ends no later")
    return outcome(before, order, Status.FAILED, after=now.control, verified=False, note=note, error=refused)


def _with_contradiction(connection: Connection, person: ConversationId, item: Outcome, order: Order) -> Outcome:
    """Tell a tag that keeps the bot silent though it holds the conversation now; it stays as it is."""
    settled = item.status in (Status.CHANGED, Status.UNCHANGED)
    if order.to is not Control.BOT or not order.verify or not settled:
        return item
    if item.method is Method.TAG or person.service in UNSUPPORTED:
        return item
    try:
        contact = connection.contacts.read(person)
    except QscBotError as error:
        return noted(item, f"whether the escalation tag is on could not be read: {error.message}")
    if is_escalated(contact.tags, connection.profile.escalation_tag):
        return noted(item, f"the escalation tag is still on; qsc-bot escalation remove {person.typed}")
    return item
