"""The escalation tag: put it on, take it off."""

from qsc_bot.models.conversation import ConversationId, Outcome
from qsc_bot.models.operation import Step
from qsc_bot.operations.move import Trace, move, skipped_by_guard
from qsc_bot.operations.moved import skipped_if_moved
from qsc_bot.operations.work import Work


def write_tag(work: Work, step: Step, trace: Trace) -> Outcome:
    """Put the tag on or take it off: one write a contact, whatever the method of its conversations.

    The contact in the answer must have the tag right and every other tag that was there before.
    """
    connection, order = work.connection, work.order(step)
    before = connection.tag.read(ConversationId.parse(step.id))
    with work.alone_with(before.contact_id):
        if earlier := work.shared(before.contact_id, step):
            return earlier
        if skipped := skipped_if_moved(work, step, before):
            return skipped
        if skipped := skipped_by_guard(before, order, several=not work.is_single):
            return skipped
        return work.share(before.contact_id, move(connection, connection.tag, before, order, trace))
