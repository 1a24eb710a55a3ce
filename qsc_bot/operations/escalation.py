"""The escalation tag: put it on, take it off."""

from collections.abc import Sequence

from qsc_bot.control.driver import Driver
from qsc_bot.models.conversation import Outcome
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.move import Order, move
from qsc_bot.operations.selection import Target
from qsc_bot.operations.writes import Run, run_each, shared
from qsc_bot.results import Report


def driver_of(connection: Connection, _service: str) -> Driver:
    """The tag is the contact's, whatever the method of the service."""
    return connection.tag


def write_tag(connection: Connection, targets: Sequence[Target], order: Order) -> Report:
    """Put the tag on or take it off: one write a contact, whatever the method of its conversations.

    The contact in the answer must have the tag right and every other tag that was there before.
    """
    run = Run(operation=order.operation, action=order.action)

    def act(target: Target) -> Outcome:
        before = connection.tag.read(target.id)
        if earlier := shared(run, before.contact_id, target):
            return earlier
        item = move(connection, connection.tag, before, order, on_send=run.mark_sent)
        if before.contact_id:
            run.by_contact[before.contact_id] = item
        return item

    run_each(run, targets, act, should_stop=connection.should_stop)
    return run.report()
