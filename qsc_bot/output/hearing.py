"""What a listener hears: records for programs, a line an event for people."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer, Beat, DeliveryEvent, Heard, Refusal, Remark
from qsc_bot.models.wording import counted
from qsc_bot.output.fields import Row, Shape, encode
from qsc_bot.output.plain import plain_lines
from qsc_bot.output.structured import Owner, end_line
from qsc_bot.output.text import sanitise
from qsc_bot.results import Hearing


def hearing_stream(hearing: Hearing, shape: Shape, owner: Callable[[], Owner]) -> Iterator[list[Row]]:
    """A record for each thing, of its type, and the end, however it comes; all is complete that was not warned of."""
    returned, warnings, has_begun = 0, list[str](), False
    try:
        for things in hearing.heard:
            has_begun = True
            returned += sum(isinstance(thing, DeliveryEvent) for thing in things)
            warnings += [thing.text for thing in things if isinstance(thing, Remark) and thing.is_warning]
            yield [_record(thing, shape) for thing in things]
    except (QscBotError, KeyboardInterrupt):
        is_whole = has_begun and not warnings
        yield [end_line(hearing.schema, owner(), returned=returned, complete=is_whole, warnings=warnings)]
        raise


def hearing_lines(hearing: Hearing, shape: Shape, *, is_for_screen: bool) -> Iterator[tuple[str, list[str], list[str]]]:
    """What to write of things that came together: lines of the result, warnings, and notes."""
    for things in hearing.heard:
        lines, warnings, notes = "", list[str](), list[str]()
        for thing in things:
            match thing:
                case DeliveryEvent() if is_for_screen and not shape.fields:
                    lines += f"{sanitise(event_line(thing))}\n"
                case DeliveryEvent():
                    lines += plain_lines([shape.row(thing)], shape.fields or hearing.plain)
                case Refusal():
                    warnings.append(f"{_time(thing.at)}  {_refusal(thing)}")
                case Remark(is_warning=True):
                    warnings.append(thing.text)
                case Remark():
                    notes.append(f"{_time(thing.at)}  {thing.text}")
                case Beat():
                    notes.append(f"{_time(thing.at)}  {beat_line(thing)}")
        yield lines, warnings, notes


def event_line(event: DeliveryEvent) -> str:
    """One delivery on one line, in full."""
    marker = f"{event.recipe} {event.revision or '?'}" if event.recipe else None
    said = _answer(event.forwarded) if event.forwarded else None
    words: list[str | None] = [
        _time(event.received_at),
        event.kind.value,
        event.conversation or "-",
        "verified" if event.verified else "not verified",
        "duplicate" if event.duplicate else None,
        marker,
        said,
    ]
    return "  ".join(word for word in words if word)


def beat_line(beat: Beat) -> str:
    """That a listener listens, and what it heard so far."""
    waiting = f", {beat.waiting} not passed on yet" if beat.waiting else ""
    seen = f"{counted(beat.deliveries, 'event')}, {counted(beat.duplicates, 'duplicate')}, {beat.refused} refused"
    return f"listening on {beat.address}: {seen}{waiting}"


def _record(thing: Heard, shape: Shape) -> Row:
    match thing:
        case DeliveryEvent():
            return {"type": "event", **shape.choose(shape.row(thing))}
        case Refusal():
            return {"type": "refused", **_encoded(thing)}
        case Remark():
            return {"type": "warning" if thing.is_warning else "notice", "at": encode(thing.at), "text": thing.text}
        case Beat():
            return {"type": "heartbeat", **_encoded(thing)}


def _encoded(thing: Refusal | Beat) -> dict[str, Any]:
    found: dict[str, Any] = encode(thing)
    return found


def _refusal(refusal: Refusal) -> str:
    note = f": {refusal.note}" if refusal.note else ""
    return f"refused with {refusal.status}, {refusal.reason}{note}"


def _answer(answer: Answer) -> str:
    if answer.status is None:
        return f"not answered: {answer.error}"
    return f"answered {answer.status} in {answer.milliseconds} ms"


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S}"
