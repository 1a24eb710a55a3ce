"""What the sandbox tells of itself, as results."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from qsc_bot.models.sandbox import Fault, SandboxEvent, SandboxStatus
from qsc_bot.results import Column, Listing, Record

FAULT_COLUMNS: Final = (
    Column("pattern", "CALLS", "text", 0),
    Column("left", "LEFT", "text", 0),
    Column("status", "STATUS", "text", 1),
    Column("delay_seconds", "DELAY", "text", 1),
    Column("cut", "CUT", "text", 1),
    Column("body", "BODY", "text", 1),
)


def show_fault(added: object) -> Record:
    """One fault."""
    return Record(schema="sandbox-fault", item=msgspec.convert(added, Fault))


def show_faults(found: Sequence[object]) -> Listing[Fault]:
    """All faults."""
    return Listing(
        schema="sandbox-fault-list",
        items=msgspec.convert(found, list[Fault]),
        columns=FAULT_COLUMNS,
        plain=tuple(one.field for one in FAULT_COLUMNS),
    )


def show_event(happened: Mapping[str, object]) -> Record:
    """What happened, and which webhooks were sent it."""
    event = msgspec.convert(happened, SandboxEvent)
    sent = [f"{one.webhook} was sent the event: {one.status or 'no answer'}" for one in event.deliveries]
    return Record(
        schema="sandbox-event",
        item=event,
        view="\n".join([f"{event.conversation} is held by {event.control}", *(sent or ["no webhook was triggered"])]),
        next=(f"qsc-bot conversation show {shlex.quote(event.conversation)}",),
    )


def show_status(found: Mapping[str, object]) -> Record:
    """What the sandbox holds, and what it was asked."""
    item = msgspec.convert(found, SandboxStatus)
    lines = [
        f"{item.address}, seed {item.seed}, {item.contacts} contacts, clock {item.clock_offset_s:+.0f} s",
        f"deliveries: {item.deliveries.sent} answered, {item.deliveries.failed} not; faults: {len(item.faults)}",
        *(f"{one.control:<8} {one.id}  ({one.writes} writes)" for one in item.conversations),
        *(f"{number:>6}  {endpoint}" for endpoint, number in item.requests.items()),
    ]
    return Record(schema="sandbox-status", item=item, view="\n".join(lines))
