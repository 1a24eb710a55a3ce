"""What each action does to one conversation, and what it would send."""

from collections.abc import Callable, Mapping
from typing import Final

from qsc_bot.control.driver import Driver
from qsc_bot.models.conversation import ConversationId, Move, Outcome, Reading
from qsc_bot.models.operation import Step
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.escalation import write_tag
from qsc_bot.operations.handover import extend, hand_over
from qsc_bot.operations.move import Trace, plan_move
from qsc_bot.operations.renewal import renew
from qsc_bot.operations.tag_along import follows, hand_over_with_tag
from qsc_bot.operations.work import Work, order_of

Act = Callable[[Work, Step, Trace], Outcome]


def hand_over_as_wished(work: Work, step: Step, trace: Trace) -> Outcome:
    """Move control alone, or the escalation tag with it where the step wishes that and the service has both."""
    if follows(work.connection, step):
        return hand_over_with_tag(work, step, trace)
    return hand_over(work, step, trace)


ACTS: Final[Mapping[str, Act]] = {
    "handover.to_bot": hand_over_as_wished,
    "handover.to_agent": hand_over_as_wished,
    "handover.extend": extend,
    "handover.renew": renew,
    "escalation.add": write_tag,
    "escalation.remove": write_tag,
}


def act(work: Work, step: Step, trace: Trace) -> Outcome:
    """Do one step; what fails before anything was done is raised."""
    return ACTS[step.action](work, step, trace)


def driver_of(connection: Connection, step: Step) -> Driver:
    """The driver that a step's writes go through: the tag is the contact's, whatever the method of the service."""
    if step.action.startswith("escalation."):
        return connection.tag
    return connection.drivers.of(ConversationId.parse(step.id).service)


def plan(driver: Driver, step: Step, operation: str, reading: Reading | None) -> Move:
    """The writes that a step comes to."""
    person = ConversationId.parse(step.id)
    if step.seconds is not None:
        return driver.plan_extension(person, step.seconds)
    return plan_move(order_of(step, operation), driver, person, reading)
