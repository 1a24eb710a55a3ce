"""A list that is followed, where no screen is redrawn: records for programs, lines for people."""

from collections.abc import Callable, Iterator
from datetime import UTC

from qsc_bot.errors import QscBotError
from qsc_bot.models.wording import counted
from qsc_bot.output.fields import Row, Shape, encode
from qsc_bot.output.formats import Format
from qsc_bot.output.plain import plain_lines
from qsc_bot.output.structured import Owner, end_line
from qsc_bot.output.text import sanitise
from qsc_bot.results import Feed, Look

EVENT_FIELDS = ("checked_at", "change")
REFUSED = frozenset({Format.JSON, Format.YAML, Format.CSV, Format.ID})


def check_format(wanted: Format | None) -> None:
    """Refuse formats that end with their last row (`usage.invalid`): what is followed has none."""
    if wanted in REFUSED:
        raise QscBotError(
            "usage.invalid",
            f"what is followed has no end, so it cannot be shown as {wanted}",
            expected="table, plain or ndjson",
            hint=("add -o ndjson",),
        )


def feed_stream(feed: Feed, shape: Shape, owner: Callable[[], Owner]) -> Iterator[Row]:
    """A record for each change, a heartbeat where there is none, and the end, however it comes."""
    returned, last = 0, None
    try:
        for last in feed.looks:
            for event in last.events:
                row = shape.row(event)
                yield {"type": "event", **(shape.choose(row) if shape.fields else _headed(row))}
                returned += 1
            if last.failure or not last.events:
                yield heartbeat(last)
    except (QscBotError, KeyboardInterrupt) as stop:
        is_whole = last is not None and last.failure is None and not last.warnings
        is_told = isinstance(stop, KeyboardInterrupt) or stop.code == "slo.breached"
        warnings = last.warnings if last else ()
        complete = is_whole and is_told
        yield end_line(feed.schema, owner(), returned=returned, complete=complete, warnings=warnings)
        raise


def feed_lines(feed: Feed, shape: Shape) -> Iterator[tuple[str, list[str], list[str]]]:
    """A line for each change; then new warnings, and how the look went.

    Looks that find nothing new are passed over, unless they begin or cease to fail.
    """
    warned: set[str] = set()
    said: tuple[object, ...] = ()
    fields = shape.fields or (*EVENT_FIELDS, *feed.plain)
    for look in feed.looks:
        state = (look.failure and look.failure.code, *look.breaches, *look.warnings)
        if look.events or (look.is_new and state != said):
            warnings = [text for text in look.warnings if text not in warned]
            warned.update(warnings)
            said = state
            yield plain_lines([shape.row(event) for event in look.events], fields), warnings, [status_line(look)]


def status_line(look: Look) -> str:
    """When all was read last, when it is read again, what it cost, and what is wrong."""
    checked = f"last checked {look.checked_at.astimezone(UTC):%H:%M:%S}" if look.checked_at else "not checked yet"
    failing = f", failing since: {look.failure.message} [{look.failure.code}]" if look.failure else ""
    then = f"next {'try ' if look.failure else ''}in {look.next_in_s:.0f} s"
    calls = f"{counted(look.calls, 'call')}"
    left = "" if look.calls_left is None else f", {look.calls_left} left"
    breaches = "".join(f"; breached: {text}" for text in look.breaches)
    return sanitise(f"{checked}{failing}, {then}, {calls}{left}{breaches}")


def beat_line(look: Look) -> str:
    """That a look goes on, and what it took so far."""
    left = "" if look.calls_left is None else f", {look.calls_left} left"
    return f"still reading, {counted(look.calls, 'call')} so far{left}"


def _headed(row: Row) -> Row:
    """What changed first, as a person reads it."""
    return {field: row[field] for field in ("change", "checked_at")} | row


def heartbeat(look: Look) -> Row:
    """The record of a look that found nothing new, or is not over yet."""
    return {
        "type": "heartbeat",
        "at": encode(look.at),
        "checked_at": encode(look.checked_at),
        "next_in_s": round(look.next_in_s),
        "calls": look.calls,
        "calls_left": look.calls_left,
        "error": encode(look.failure.as_data()) if look.failure else None,
    }
