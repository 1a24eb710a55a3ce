"""Who holds each of several conversations: one fresh reading each, and nothing else is asked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from qsc_bot.control.survey import MAX_CALLS
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Conversation, ConversationId, Method, Reading
from qsc_bot.operations.call_plan import SOCIAL_CONNECT
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.reading_plan import status_calls
from qsc_bot.operations.readings import Readings
from qsc_bot.operations.rows import COLUMNS, PLAIN, empty, merge, noted
from qsc_bot.operations.selection import Named, look_up
from qsc_bot.operations.spending import Spending
from qsc_bot.results import Ending, Listing, ListSummary

STATUS_FIELDS: Final = frozenset({"control", "id", "control_until", "observed_at"})


def show_status(connection: Connection, named: Sequence[Named], spending: Spending) -> Listing[Conversation]:
    """Who holds the conversations that were named.

    Several leave the calls that are kept for the bot; a single one may use them. A failure that all of them meet is
    raised, one of several is shown as `unknown` with its reason, and so are those that a limit left unread: then the
    list is not complete, and what ended it is its failure.
    """
    reserve = connection.profile.budget_reserve
    with spending.keeping(connection.budget, reserve if len(named) > 1 else 0):
        _foresee(connection, named, spending)
        people = [target.id for target in look_up(connection, named, one_each=False)]
        if people != named and len(people) > 1:
            connection.budget.reserve(reserve)
            _foresee(connection, people, spending)
        return _listing(connection, people)


def _foresee(connection: Connection, named: Sequence[Named], spending: Spending) -> None:
    """Say first that the calls for several are more than are left, where a token tells how many those are."""
    if len(named) > 1 and connection.can_read(Method.TAG):
        calls = sum(one.calls for one in status_calls(connection, named) if one.remote == SOCIAL_CONNECT)
        spending.foresee(connection.budget, calls)


def _listing(connection: Connection, people: Sequence[ConversationId]) -> Listing[Conversation]:
    readings = Readings(connection)
    found = readings.ask_each(people)
    if failure := _common_failure(found, readings.stop):
        raise failure
    rows = [_row(connection, person, found, readings) for person in people]
    ending = _ending(connection, rows, readings)
    columns = [column for column in COLUMNS if column.field in STATUS_FIELDS]
    return Listing(schema="conversation-list", items=rows, columns=columns, plain=PLAIN, ending=lambda: ending)


def _common_failure(found: Mapping[ConversationId, Reading], stop: QscBotError | None) -> QscBotError | None:
    """Why there is nothing to show: a limit ended it before anything was read, or all failed alike."""
    failures = [reading.failure for reading in found.values() if reading.failure]
    if len(failures) < len(found) or (stop and stop.code == MAX_CALLS):
        return None
    if stop or not failures:
        return stop
    return failures[0].as_error() if len({failure.code for failure in failures}) == 1 else None


def _row(
    connection: Connection, person: ConversationId, found: Mapping[ConversationId, Reading], readings: Readings
) -> Conversation:
    row = empty(connection, person)
    if person in found:
        return merge(row, found[person])
    stop = readings.stop_of(person)
    return noted(row, f"not read: {stop.message}" if stop else None)


def _ending(connection: Connection, rows: Sequence[Conversation], readings: Readings) -> Ending:
    summary = ListSummary(
        total=len(rows),
        by_control=dict(Counter(row.control.value for row in rows)),
        since=None,
        calls=connection.budget.calls,
        calls_left=connection.budget.left,
    )
    stop = readings.stop
    if stop is None:
        return Ending(summary=summary)
    return Ending(
        complete=False,
        summary=summary,
        warnings=[f"who holds {readings.unread} of {len(rows)} conversations was not read: {stop.message}"],
        failure=None if stop.code == MAX_CALLS else stop,
    )
