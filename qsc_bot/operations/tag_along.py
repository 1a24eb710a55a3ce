"""The escalation tag follows a hand-over: the bot is silenced before agents get control, and freed after it has it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Call, Control, ConversationId, Method, Outcome, Reading, Status
from qsc_bot.models.operation import Step
from qsc_bot.models.profile import Profile
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.move import ESCALATION_WORDS, Order, Trace, move, noted, outcome, plan_move, skipped_by_guard
from qsc_bot.operations.moved import skipped_if_moved
from qsc_bot.operations.stuck import frees_tag
from qsc_bot.operations.work import Work, order_of
from qsc_bot.setup.back_end import SetupBackEnd

DONE = (Status.CHANGED, Status.UNCHANGED)


def as_wished(
    connection: Connection,
    steps: Sequence[Step],
    setup: Callable[[], SetupBackEnd],
    *,
    given: bool | None,
    tell: Callable[[str], None],
) -> list[Step]:
    """Steps whose tag follows: as given, as the profile says, or because the bot would stay silent otherwise.

    It would where a recipe leaves out contacts that bear the tag; recipes are read only where the answer matters.
    Where they cannot be read, that is told, and the tag does not follow.
    """
    wishing = [msgspec.structs.replace(step, with_tag=True) for step in steps]
    if not any(follows(connection, step) and _is_readable(connection, step) for step in wishing):
        return list(steps)
    return wishing if _is_wanted(connection.profile, setup, given, tell) else list(steps)


def _is_readable(connection: Connection, step: Step) -> bool:
    """Whether there is a token for who holds it; without one nothing will be written."""
    return connection.can_read(connection.drivers.method_of(ConversationId.parse(step.id).service))


def _is_wanted(
    profile: Profile, setup: Callable[[], SetupBackEnd], given: bool | None, tell: Callable[[str], None]
) -> bool:
    if given is not None or profile.align_tag != "auto":
        return profile.align_tag == "always" if given is None else given
    try:
        recipes = setup().recipes()
    except QscBotError as error:
        unread = "whether a recipe leaves out contacts with the tag could not be read, so the tag is left as it is"
        tell(f"{unread}: {error.message}")
        return False
    return any(one.enabled and one.exclude_tag == profile.escalation_tag for one in recipes)


def follows(connection: Connection, step: Step) -> bool:
    """Whether the tag follows in this step: where the step wishes so, and the service has a tag beside its control."""
    service = ConversationId.parse(step.id).service
    has_both = connection.drivers.method_of(service) is not Method.TAG and service not in UNSUPPORTED
    return step.with_tag and has_both


def hand_over_with_tag(work: Work, step: Step, trace: Trace) -> Outcome:
    """Move control and put the tag on before it, or take the tag off after it; two writes, each told to `trace`."""
    connection, order, person = work.connection, work.order(step), ConversationId.parse(step.id)
    driver = connection.drivers.of(person.service)
    held = driver.read(person)
    if moved := skipped_if_moved(work, step, held):
        return moved
    if skipped := skipped_by_guard(held, order, several=not work.is_single):
        return skipped
    tagged = connection.tag.read(person)
    if order.to is Control.BOT:
        seen = _Seen.of(trace, held, tagged)
        return _freed(work, order, move(connection, driver, held, order, seen), tagged, seen)
    with work.alone_with(tagged.contact_id) as is_first:
        tagged = tagged if is_first else connection.tag.read(person)
        return _silenced(work, order, held, tagged, _Seen.of(trace, held, tagged))


def with_tag(
    connection: Connection, step: Step, operation: str, calls: tuple[Call, ...], *, is_read: bool
) -> tuple[Call, ...]:
    """The writes of a step, that of the tag among them in its place; unread, those of the plainest case."""
    if not follows(connection, step):
        return calls
    order, person = _tag_order(order_of(step, operation)), ConversationId.parse(step.id)
    tagged = connection.tag.read(person) if is_read else None
    if tagged is not None and tagged.control is order.to:
        return calls
    if tagged is not None and order.to is Control.BOT and not frees_tag(_others(connection, tagged)):
        return calls
    tag = plan_move(order, connection.tag, person, tagged).calls
    return tag + calls if order.to is Control.AGENT else calls + tag


@dataclass
class _Seen:
    """Tells the trace of every write with one and the same state before: that of control and tag together."""

    trace: Trace
    before: Reading

    @classmethod
    def of(cls, trace: Trace, held: Reading, tagged: Reading) -> "_Seen":
        """From both readings."""
        return cls(trace, msgspec.structs.replace(held, escalated=tagged.escalated, tags=tagged.tags))

    def sending(self, before: Reading, call: Call) -> None:  # noqa: ARG002  # a `Trace` is handed each write's own
        """A write goes out next."""
        self.trace.sending(self.before, call)

    def answered(self, ids: dict[str, str], error: QscBotError | None = None) -> None:
        """Its answer came."""
        self.trace.answered(ids, error)


def _silenced(work: Work, order: Order, held: Reading, tagged: Reading, seen: _Seen) -> Outcome:
    """Put the tag on, and give the agents control once it is there."""
    tag = _tag_moved(work, order, tagged, seen)
    if tag.status not in DONE:
        return _stopped_at_tag(held, order, tag)
    try:
        item = move(work.connection, work.connection.drivers.of(held.id.service), held, order, seen)
    except QscBotError as error:
        if tag.status is Status.CHANGED:
            error.message += "; the escalation tag was put on before"
        raise
    return _both(item, tag, "the escalation tag was put on")


def _freed(work: Work, order: Order, item: Outcome, tagged: Reading, seen: _Seen) -> Outcome:
    """Take the tag off once the bot has control, unless another conversation of the contact needs it."""
    if item.status not in DONE or (order.verify and not item.verified):
        return noted(item, "the escalation tag was left as it is") if tagged.escalated else item
    with work.alone_with(tagged.contact_id):
        if tagged.escalated is False:
            return item
        try:
            if not frees_tag(_others(work.connection, tagged)):
                needing = ", ".join(map(str, tagged.also))
                return noted(item, f"the escalation tag stays on, since the contact's others may need it: {needing}")
            tag = _tag_moved(work, order, tagged, seen)
        except QscBotError as error:
            tag = outcome(tagged, _tag_order(order), Status.FAILED, error=error)
    return _both(item, tag, "the escalation tag was taken off")


def _others(connection: Connection, tagged: Reading) -> Sequence[Reading]:
    """Who holds the contact's other conversations now."""
    return [connection.drivers.of(other.service).read(other) for other in tagged.also]


def _tag_moved(work: Work, order: Order, tagged: Reading, seen: _Seen) -> Outcome:
    return move(work.connection, work.connection.tag, tagged, _tag_order(order), seen)


def _tag_order(order: Order) -> Order:
    action = "escalation.add" if order.to is Control.AGENT else "escalation.remove"
    return Order(action, order.to, order.operation, verify=order.verify, words=ESCALATION_WORDS)


def _stopped_at_tag(held: Reading, order: Order, tag: Outcome) -> Outcome:
    """The tag could not be put on for sure, so control stays where it is."""
    told = outcome(held, order, tag.status, after=held.control, note="control was not moved, because the tag failed")
    return msgspec.structs.replace(told, error=tag.error)


def _both(item: Outcome, tag: Outcome, done: str) -> Outcome:
    """One outcome of both writes: done where both are, else what the tag's came to."""
    if tag.status is Status.CHANGED:
        changed = Status.CHANGED if item.status is Status.UNCHANGED else item.status
        return msgspec.structs.replace(noted(item, done), status=changed)
    if tag.status is Status.UNCHANGED:
        return item
    command = f"qsc-bot escalation remove {ConversationId.parse(item.id).typed}"
    told = noted(item, f"control was moved, the escalation tag is still on; {command}")
    return msgspec.structs.replace(told, status=tag.status, verified=False, error=tag.error)
