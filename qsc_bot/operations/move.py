"""The only place that moves control: read, guard, write once, verify."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from qsc_bot.control.driver import Driver
from qsc_bot.errors import QscBotError, WriteInDoubt
from qsc_bot.models.conversation import Call, Control, ConversationId, Failure, Move, Outcome, Reading, Status
from qsc_bot.operations.connection import Connection

CONTROL_WORDS: Final[Mapping[Control, str]] = {control: control.value for control in Control}
ESCALATION_WORDS: Final[Mapping[Control, str]] = {Control.AGENT: "escalated", Control.BOT: "not-escalated"}
VERIFY_READS: Final = 3
SETTLE_SECONDS: Final = 1.0
"""Clients of Meta's read for about three seconds after a write before they trust what they see."""


@dataclass(frozen=True)
class Order:
    """What one operation is to do to each conversation; `to` is None where nobody's control changes."""

    action: str
    to: Control | None
    operation: str
    if_control: Control | None = field(default=None, kw_only=True)
    verify: bool = field(default=True, kw_only=True)
    words: Mapping[Control, str] = field(default_factory=lambda: CONTROL_WORDS, kw_only=True)

    @property
    def note(self) -> str:
        """What a remote may show of where the write came from: the operation's id and nothing else."""
        return f"qsc-bot {self.operation}"

    def word(self, control: Control | None) -> str | None:
        """A state in the words of this operation."""
        return self.words.get(control, control.value) if control else None


def move(connection: Connection, driver: Driver, before: Reading, order: Order) -> Outcome:
    """Move one conversation from the state just read; what fails is raised, a lost answer is followed by a read."""
    person = before.id
    if order.if_control not in (None, before.control):
        raise guard_failed(before, order)
    if before.control is order.to:
        return outcome(before, order, Status.UNCHANGED, after=before.control, verified=True, note=before.note)
    plan = plan_move(order, driver, person, before)
    try:
        proof = send_all(driver, person, plan.calls, before)
    except WriteInDoubt as doubt:
        return _after_doubt(driver, before, order, doubt)
    if plan.asks:
        return _asked(driver, before, order)
    if not order.verify:
        return outcome(before, order, Status.CHANGED, after=order.to, verified=None, note="not verified, as asked")
    return _verified(connection, driver, before, order, proof)


def plan_move(order: Order, driver: Driver, person: ConversationId, reading: Reading | None) -> Move:
    """The writes that an order comes to for one conversation."""
    assert order.to is not None
    return driver.plan(person, order.to, reading=reading, note=order.note)


def send_all(driver: Driver, person: ConversationId, calls: tuple[Call, ...], before: Reading) -> Reading | None:
    """Send planned calls in order; what the last answer proves, if anything."""
    proof = None
    for call in calls:
        proof = driver.send(person, call, before=before)
    return proof


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
        error=failure(error) if error else None,
    )


def failure(error: QscBotError) -> Failure:
    """An error as it stands in an item."""
    data = error.as_data()
    return Failure(**data)


def guard_failed(before: Reading, order: Order) -> QscBotError:
    """The error of `--if-control` when the conversation is held by another."""
    expected = order.if_control.value if order.if_control else None
    verb = order.action.partition(".")[2].replace("_", "-")
    return QscBotError(
        "handover.state_changed",
        f"{before.id} is held by {before.control.value}, so {verb} was not done",
        expected=expected,
        found=before.control.value,
        hint=(
            f"qsc-bot conversation show {before.id}",
            f"qsc-bot handover {verb} {before.id} --if-control {before.control.value}",
        ),
    )


def _asked(driver: Driver, before: Reading, order: Order) -> Outcome:
    """A request was delivered; whether it was granted only a read can tell."""
    now = _read(driver, before.id)
    if now is not None and now.control is order.to:
        return outcome(before, order, Status.CHANGED, after=order.to, verified=True)
    after = now.control if now else None
    return outcome(before, order, Status.REQUESTED, after=after, note="asked the app that holds it; it may ignore this")


def _after_doubt(driver: Driver, before: Reading, order: Order, doubt: WriteInDoubt) -> Outcome:
    """The answer was lost: the state tells whether the write was done. Nothing is sent again."""
    now = _read(driver, before.id)
    if now is not None and now.control is order.to:
        return outcome(
            before,
            order,
            Status.CHANGED,
            after=order.to,
            verified=True,
            note="the answer was lost; read back",
        )
    if now is None or now.control is Control.UNKNOWN:
        return outcome(before, order, Status.IN_DOUBT, error=doubt)
    undone = QscBotError(
        "write.not_done", f"{before.id}: {doubt.message}; read back, it is held by {now.control.value}"
    )
    return outcome(before, order, Status.FAILED, after=now.control, verified=False, error=undone)


def _verified(connection: Connection, driver: Driver, before: Reading, order: Order, proof: Reading | None) -> Outcome:
    now = proof
    for attempt in range(VERIFY_READS):
        if now is None or now.control is Control.UNKNOWN:
            now = _read(driver, before.id)
        if now is None or now.control in (order.to, Control.UNKNOWN):
            break
        if attempt + 1 < VERIFY_READS:
            connection.sleep(SETTLE_SECONDS)
            now = None
    if now is not None and now.control is order.to:
        return outcome(before, order, Status.CHANGED, after=order.to, verified=True, note=_also(before))
    if now is None or now.control is Control.UNKNOWN:
        reason = now.note if now else "reading it back failed"
        return outcome(before, order, Status.CHANGED, after=order.to, verified=None, note=f"not verified: {reason}")
    error = QscBotError(
        "handover.not_verified",
        f"{before.id}: the write was accepted, but read back it is {order.word(now.control)}",
        expected=order.word(order.to),
        found=order.word(now.control),
    )
    return outcome(before, order, Status.FAILED, after=now.control, verified=False, error=error)


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
