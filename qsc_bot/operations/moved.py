"""Whether a conversation is still as it was when its step was decided; one that is not is left alone, and told."""

from datetime import timedelta

from msgspec.structs import replace

from qsc_bot.control.driver import failed
from qsc_bot.errors import NotFound
from qsc_bot.models.conversation import Conversation, Method, Outcome, Reading, Status
from qsc_bot.models.operation import Step
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.fingerprint import differences
from qsc_bot.operations.known_rows import view_of
from qsc_bot.operations.move import outcome
from qsc_bot.operations.rows import empty, merge
from qsc_bot.operations.work import Work


def skipped_if_moved(work: Work, step: Step, before: Reading) -> Outcome | None:
    """What is said of a step whose state has moved since it was decided on; None where it may be done.

    A step of which earlier runs may have done a part is not held to its fingerprint: its own write may be what has
    moved. Nor does the tag count where another step of this operation writes to the same contact. `before` is what the
    step's own driver has just read.
    """
    if step.fingerprint is None or step.id in work.begun:
        return None
    work.newest.bring_up_to_date(work.connection)
    tag = before if before.method is Method.TAG else _tag(work.connection, before)
    is_own = tag.contact_id is not None and work.turns_to(tag.contact_id)
    moved = differences(step.fingerprint, _state(work.connection, before, tag), but_tag=is_own)
    if not moved:
        return None
    return outcome(before, work.order(step), Status.SKIPPED, note=f"moved since the plan: {'; '.join(moved)}")


def _state(connection: Connection, before: Reading, tag: Reading) -> Conversation:
    """A conversation as it is now: its newest message as just brought up to date, its control and tag as just read."""
    person = before.id
    driver = connection.drivers.of(person.service)
    control = before if before.method is driver.method else driver.read(person)
    known = connection.index.find(person)
    row = view_of(connection, max_age=timedelta(0)).row(known) if known else empty(connection, person)
    return replace(merge(row, control), escalated=tag.escalated)


def _tag(connection: Connection, before: Reading) -> Reading:
    """Whether the tag is on the contact; nobody can say where there is no contact."""
    try:
        return connection.tag.read(before.id)
    except NotFound as error:
        return failed(before.id, Method.TAG, error, before.observed_at)
