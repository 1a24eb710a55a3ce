"""The only place that moves control: read, guard, write once, verify."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from msgspec.structs import replace

from qsc_bot.control.driver import Driver
from qsc_bot.errors import QscBotError, WriteInDoubt
from qsc_bot.models.conversation import Call, Control, ConversationId, Failure, Move, Outcome, Reading, Status
from qsc_bot.operations.connection import Connection
from qsc_bot.transport.answer_ids import answer_ids

CONTROL_WORDS: Final[Mapping[Control, str]] = {control: control.value for control in Control}
ESCALATION_WORDS: Final[Mapping[Control, str]] = {Control.AGENT: "escalated", Control.BOT: "not-escalated"}
VERIFY_READS: Final = 3
FOUND_DONE: Final = "the answer was lost; found done"
SETTLE_SECONDS: Final = 1.0
"""Clients of Meta's read for about three seconds after a write before they trust what they see."""


@dataclass(frozen=True)
class Order:
    """What one operation is to do to a conversation; `to` is None where nobody's control changes.

    `is_again` after a write whose answer was lost: found at its target, the conversation was changed by that write.
    """

    action: str
    to: Control | None
    operation: str
    if_control: Control | None = field(default=None, kw_only=True)
    verify: bool = field(default=True, kw_only=True)
    words: Mapping[Control, str] = field(default_factory=lambda: CONTROL_WORDS, kw_only=True)
    is_again: bool = field(default=False, kw_only=True)

    def allows(self, control: Control) -> bool:
        """Whether the guard lets a conversation in this state be written.

        After a lost answer it may be where that write moved it, too: at its target, or with us on the way from another
        app to the agents.
        """
        if self.if_control in (None, control):
            return True
        is_halfway = self.to is Control.AGENT and self.if_control is Control.OTHER and control is Control.BOT
        return self.is_again and (control is self.to or is_halfway)

    @property
    def note(self) -> str:
        """What a remote may show of where the write came from: the operation's id and nothing else."""
        return f"qsc-bot {self.operation}"

    def word(self, control: Control | None) -> str | None:
        """A state in the words of this operation."""
        return self.words.get(control, control.value) if control else None


class Trace(Protocol):
    """Who is told of each write before it goes out, and of its answer."""

    def sending(self, before: Reading, call: Call) -> None:
        """A write goes out next; what this raises keeps it from going out."""

    def answered(self, ids: dict[str, str], error: QscBotError | None = None) -> None:
        """Its answer came, with the ids that the remote gave it, or it failed."""


@dataclass(frozen=True)
class Sent:
    """How far the writes of one conversation came: how many were answered, what the last proves, what went wrong."""

    done: int
    proof: Reading | None = None
    error: QscBotError | None = None


def move(connection: Connection, driver: Driver, before: Reading, order: Order, trace: Trace) -> Outcome:
    """Move one conversation from the state just read; a lost answer is followed by a read, nothing is sent again.

    What fails before anything was done is raised. `trace` is told before a write goes out, and after its answer.
    """
    if not order.allows(before.control):
        raise guard_failed(before, order)
    if before.control is order.to:
        return _found_so(before, order)
    plan = plan_move(order, driver, before.id, before)
    sent = send_all(driver, before, plan.calls, trace)
    if sent.error is not None:
        if not sent.done and not isinstance(sent.error, WriteInDoubt):
            raise sent.error
        return _after_loss(connection, driver, before, order, plan, sent)
    if plan.asks:
        return _asked(driver, before, order)
    if not order.verify:
        note = "; ".join(filter(None, ("not verified, as asked", _also(before))))
        return outcome(before, order, Status.CHANGED, after=order.to, note=note)
    return _verified(before, order, _settled(connection, driver, before, order, sent.proof), note=_also(before))


def plan_move(order: Order, driver: Driver, person: ConversationId, reading: Reading | None) -> Move:
    """The writes that an order comes to for one conversation."""
    assert order.to is not None
    return driver.plan(person, order.to, reading=reading, note=order.note)


def send_all(driver: Driver, before: Reading, calls: tuple[Call, ...], trace: Trace) -> Sent:
    """Send planned calls in order, and stop at the first that fails."""
    proof = None
    for done, call in enumerate(calls):
        trace.sending(before, call)
        try:
            proof = driver.send(before.id, call, before=before)
        except QscBotError as error:
            trace.answered(answer_ids(), error)
            return Sent(done, error=error)
        trace.answered(answer_ids())
    return Sent(len(calls), proof)


def outcome(
    before: Reading,
    order: Order,
    status: Status,
    *,
    after: Control | None = None,
    verified: bool | None = None,
    note: str | None = None,
    error: QscBotError | None = None,
) -> Outcome:
    """One item of the report."""
    return Outcome(
        id=str(before.id),
        action=order.action,
        status=status,
        before=order.word(before.control),
        after=order.word(after),
        method=before.method,
        verified=verified,
        note=note,
        error=Failure.of(error) if error else None,
    )


def noted(item: Outcome, note: str) -> Outcome:
    """An outcome with one thing more said of it."""
    return replace(item, note="; ".join(filter(None, (item.note, note))))


def guard_failed(before: Reading, order: Order) -> QscBotError:
    """The error of `--if-control` when the conversation is held by another."""
    noun, _, verb = order.action.replace("_", "-").partition(".")
    now = before.control.value
    hints = [f"qsc-bot conversation show {before.id.typed}"]
    if noun == "handover":
        hints.append(f"qsc-bot handover {verb} {before.id.typed} --if-control {now}")
    is_so = f"is held by {now}" if noun == "handover" else f"is {order.word(before.control)}"
    return QscBotError(
        "handover.state_changed",
        f"{before.id} {is_so}, so {verb} was not done",
        expected=order.word(order.if_control),
        found=order.word(before.control),
        hint=hints,
    )


def skipped_by_guard(before: Reading, order: Order, *, several: bool) -> Outcome | None:
    """What a guard makes of one of several: skipped. For a single one `--if-control` is an error, raised here."""
    if order.allows(before.control):
        return None
    error = guard_failed(before, order)
    if not (several or order.is_again):
        raise error
    return outcome(before, order, Status.SKIPPED, after=before.control, note=error.message)


def _found_so(before: Reading, order: Order) -> Outcome:
    """Nothing is to be done: it was so before, or the write whose answer was lost made it so."""
    if order.is_again:
        return outcome(before, order, Status.CHANGED, after=before.control, verified=True, note=FOUND_DONE)
    return outcome(before, order, Status.UNCHANGED, after=before.control, verified=True, note=before.note)


def _asked(driver: Driver, before: Reading, order: Order) -> Outcome:
    """A request was delivered; whether it was granted only a read can tell."""
    now = _read(driver, before.id)
    if now is not None and now.control is order.to:
        return outcome(before, order, Status.CHANGED, after=order.to, verified=True)
    after = now.control if now else None
    return outcome(before, order, Status.REQUESTED, after=after, note="asked the app that holds it; it may ignore this")


def _after_loss(
    connection: Connection, driver: Driver, before: Reading, order: Order, plan: Move, sent: Sent
) -> Outcome:
    """An answer was lost, or a later write of several failed: the state tells what was done."""
    assert sent.error is not None
    now = _settled(connection, driver, before, order, None)
    if now is not None and now.control is order.to:
        return _verified(before, order, now, note="the answer was lost; read back")
    done = f"{sent.done} of {len(plan.calls)} writes were answered" if len(plan.calls) > 1 else None
    is_lost = isinstance(sent.error, WriteInDoubt)
    if now is None or now.control is Control.UNKNOWN or (plan.asks and is_lost):
        status = Status.IN_DOUBT if is_lost else Status.FAILED
        return outcome(before, order, status, note=done, error=sent.error)
    error = sent.error
    if is_lost:
        text = f"{before.id}: {error.message}; read back, it is {order.word(now.control)}"
        error = QscBotError("write.not_done", text)
    return outcome(before, order, Status.FAILED, after=now.control, verified=False, note=done, error=error)


def _settled(
    connection: Connection, driver: Driver, before: Reading, order: Order, proof: Reading | None
) -> Reading | None:
    """The state after a write, read until it is the wanted one or cannot be read, a few times at most."""
    now = proof if proof is not None and proof.control is not Control.UNKNOWN else _read(driver, before.id)
    for _ in range(VERIFY_READS - 1):
        if now is None or now.control in (order.to, Control.UNKNOWN):
            break
        connection.sleep(SETTLE_SECONDS)
        now = _read(driver, before.id)
    return now


def _verified(before: Reading, order: Order, now: Reading | None, *, note: str | None) -> Outcome:
    """The outcome of a write that was answered, or found done: what was read back decides."""
    if now is None or now.control is Control.UNKNOWN:
        reason = now.note if now else "reading it back failed"
        return outcome(before, order, Status.CHANGED, after=order.to, note=f"not verified: {reason}")
    if now.control is not order.to:
        error = QscBotError(
            "handover.not_verified",
            f"{before.id}: the write was accepted, but read back it is {order.word(now.control)}",
            expected=order.word(order.to),
            found=order.word(now.control),
        )
        return outcome(before, order, Status.FAILED, after=now.control, verified=False, error=error)
    if lost := _lost_tags(before, now):
        error = QscBotError("escalation.tags_lost", f"after the write {before.id} no longer bears: {', '.join(lost)}")
        return outcome(before, order, Status.FAILED, after=now.control, verified=False, note=note, error=error)
    return outcome(before, order, Status.CHANGED, after=order.to, verified=True, note=note)


def _lost_tags(before: Reading, now: Reading) -> list[str]:
    """The tags that were there before a tag write and are gone, the moved one aside (`moved_tag`)."""
    if before.tags is None or now.tags is None:
        return []
    return [tag for tag in before.tags if tag not in now.tags and tag != now.moved_tag]


def _also(before: Reading) -> str | None:
    """The other conversations that a tag covers with this one."""
    if not before.also:
        return None
    return f"the tag is the contact's: it covers {', '.join(map(str, before.also))} too"


def _read(driver: Driver, person: ConversationId) -> Reading | None:
    try:
        return driver.read(person)
    except QscBotError:
        return None
