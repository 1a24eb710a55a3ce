"""The calls that a list would take, planned from what is known: nothing is asked for it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from math import ceil

from qsc_bot.models.call_plan import PlannedCalls
from qsc_bot.models.conversation import Method
from qsc_bot.models.known import Known, Wanted
from qsc_bot.models.limits import Limits
from qsc_bot.models.wire import moment
from qsc_bot.operations.call_plan import (
    CONTACT,
    CONTACTS,
    HANDOVER,
    IN_ALL,
    MENTIONS,
    META,
    MODE,
    OWNER,
    THREADS,
    as_record,
    planned,
)
from qsc_bot.operations.known_rows import FEW_THREADS, View, is_swept
from qsc_bot.operations.query import Query
from qsc_bot.results import Record
from qsc_bot.storage.index import Index


def plan_list(index: Index, view: View, query: Query, *, limits: Limits | None, scope: str = IN_ALL) -> Record:
    """The calls of a list by endpoint; those that only answers can tell count as the fewest that there are."""
    wanted = query.from_index(now=view.now, since=query.start(view.now))
    due = _due(index, view, wanted, most=None if query.judges_rows else query.limit)
    return as_record([*_sweep(index, view, query), *_readings(due)], limits, scope=scope)


def plan_escalated(index: Index, view: View, query: Query, *, limits: Limits | None) -> Record:
    """The calls of the list of escalated ones: tags are read anew, so none of these is asked for its tag."""
    tagged = Wanted(since=0.0, services=query.services, only_tagged=True)
    due = _due(index, view, tagged, most=query.limit)
    others = [(one, method) for one, method in due if method is not Method.TAG]
    return as_record([_tagged(index), *_readings(others)], limits)


def _sweep(index: Index, view: View, query: Query) -> Iterator[PlannedCalls]:
    """What it takes to learn who wrote and whose contact bears the tag; nothing where that is known and young."""
    if is_swept(view, start=query.start(view.now)):
        return
    cover = view.coverage
    listed_at, until, begin = moment(cover.tagged_at), moment(cover.swept_until), moment(cover.swept_from)
    if query.full or listed_at is None or view.now - listed_at > view.control_max_age:
        yield _tagged(index)
    else:
        yield planned(CONTACTS, 1, "contacts that changed since the list was read, 50 a call", at_least=True)
    start = query.start(view.now)
    if query.full or until is None or begin is None or until < start:
        yield planned(MENTIONS, 1, f"messages since {start:%Y-%m-%dT%H:%M:%SZ}, 100 a call", at_least=True)
        return
    yield planned(MENTIONS, 1, f"messages since {until:%Y-%m-%dT%H:%M:%SZ}, 100 a call", at_least=True)
    if start < begin:
        yield planned(MENTIONS, 1, f"messages before {begin:%Y-%m-%dT%H:%M:%SZ}, 100 a call", at_least=True)


def _tagged(index: Index) -> PlannedCalls:
    known = index.count(Wanted(since=0.0, only_tagged=True))
    pages = max(1, ceil(known / 50))
    return planned(CONTACTS, pages, f"the list of tagged contacts, {known} known, 50 a call", at_least=True)


def _due(index: Index, view: View, wanted: Wanted, *, most: int | None) -> list[tuple[Known, Method]]:
    """Of the rows that will be shown, those that must be asked."""
    shown = islice(index.select(wanted), most)
    return [(one, view.method_of(one.service)) for one in shown if view.is_due(one)]


def _readings(due: Sequence[tuple[Known, Method]]) -> Iterator[PlannedCalls]:
    by_method = {method: sum(one is method for _, one in due) for method in Method}
    if number := by_method[Method.TAG]:
        yield planned(CONTACT, number, "contacts of which the list proves nothing")
    if number := by_method[Method.HANDOVER]:
        yield planned(HANDOVER, number, "new messages, or read too long ago; one call each", at_least=True)
    number = by_method[Method.MESSENGER]
    if number > FEW_THREADS:
        yield planned(MODE, 1, "whether routing is on", remote=META)
        yield planned(THREADS, ceil(number / 100), "threads of the bot, 100 a call", remote=META, at_least=True)
    if number:
        fewest = 1 if number > FEW_THREADS else number
        yield planned(OWNER, fewest, f"one for each of {number} that is not the bot's", remote=META, at_least=True)
