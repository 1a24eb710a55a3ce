"""What happened in a conversation, oldest first: messages, what agents and this tool did, what should have fired, who
holds it."""

from collections.abc import Iterator, Sequence
from typing import Final

from qsc_bot.models.conversation import Control, Method
from qsc_bot.models.explanation import TimelineEntry
from qsc_bot.models.mention import Action, ToldMention
from qsc_bot.operations.case import Case, clock_time
from qsc_bot.operations.observed import HOLDERS, control_seen, recipes_seen

NOT_TOLD: Final = "the API does not tell since when"


def timeline(case: Case) -> list[TimelineEntry]:
    """Everything by its time; what has none stands first."""
    entries = [*_messages(case.story), *_actions(case.story), *_recipes(case), *_deeds(case)]
    dated = sorted((one for one in entries if one.at is not None), key=lambda one: one.at or case.now)
    return [*(one for one in entries if one.at is None), *dated, _control(case)]


def _messages(story: Sequence[ToldMention]) -> Iterator[TimelineEntry]:
    for one in _distinct(story):
        sender = f"us ({one.source.sender})" if one.source.sender else "us"
        yield TimelineEntry(at=one.at, kind="message", by=sender if one.ours else "customer", text=one.message.text)


def _distinct(story: Sequence[ToldMention]) -> list[ToldMention]:
    """Each message once: it may have been found under several topics."""
    return list({one.source.id or one.unique_id: one for one in story}.values())


def _actions(story: Sequence[ToldMention]) -> Iterator[TimelineEntry]:
    found = dict.fromkeys(action for one in story for action in one.done())
    yield from map(_entry, found)


def _entry(action: Action) -> TimelineEntry:
    if action.status:
        return TimelineEntry(at=action.at, kind="status", text=f"set to {action.status}")
    if action.assignees is not None:
        return TimelineEntry(at=action.at, kind="assignment", text=f"to {', '.join(action.assignees) or 'nobody'}")
    if action.priority:
        return TimelineEntry(at=action.at, kind="priority", text=f"set to {action.priority}")
    words = ": ".join(filter(None, (action.type, action.description)))
    return TimelineEntry(at=action.at, kind="action", text=words or None)


def _recipes(case: Case) -> Iterator[TimelineEntry]:
    """What the customer's newest message should have triggered."""
    kind = "webhook" if case.row.method is Method.MESSENGER else "recipe"
    asked = [one.at for one in case.story if not one.ours and one.at is not None]
    if asked:
        yield from (TimelineEntry(at=max(asked), kind=kind, text=text) for text in recipes_seen(case))


def _deeds(case: Case) -> Iterator[TimelineEntry]:
    for deed in case.deeds or ():
        yield TimelineEntry(at=deed.at, kind="operation", by=f"qsc-bot ({deed.by})", text=deed.told)


def _control(case: Case) -> TimelineEntry:
    since = [] if case.row.control in (Control.UNKNOWN, Control.IDLE) else [NOT_TOLD]
    shared = [f"the tag covers {', '.join(map(str, case.reading.also[:3]))} too"] if case.reading.also else []
    seen = "; ".join([*control_seen(case), *shared, *since])
    read_at = case.row.observed_at
    text = f"{HOLDERS[case.row.control]}: {seen}" + (f"; read {clock_time(read_at)}" if read_at else "")
    return TimelineEntry(at=read_at, kind="control", by=case.row.method.value, text=text)
