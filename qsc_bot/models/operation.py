"""What this tool changed: operations, their items, and the entries of the journal that tell of both."""

from datetime import datetime
from enum import StrEnum

import msgspec

from qsc_bot.models.choices import State as State
from qsc_bot.models.conversation import Call, Control, Counts, Failure, Outcome, Reading


class Phase(StrEnum):
    """How far the write of one item came, whatever it came to."""

    PLANNED = "planned"
    SENT = "sent"
    ANSWERED = "answered"


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an operation is to do to one conversation, as it was decided before anything was sent.

    It is done only while the conversation is still held by `expected`, and, with a `fingerprint`, while the state that
    this was decided on is still the same. `with_tag` lets the escalation tag follow a hand-over; `seconds` is how
    long an extension lasts.
    """

    id: str
    action: str
    expected: Control | None = None
    fingerprint: str | None = None
    with_tag: bool = False
    verify: bool = True
    seconds: int | None = None
    reason: str | None = None


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation's state as it was read around a write."""

    control: Control
    holder: str | None = None
    control_until: datetime | None = None
    escalated: bool | None = None
    tags: list[str] | None = None
    observed_at: datetime

    @classmethod
    def of(cls, reading: Reading) -> "Before":
        """The state that a reading tells, without the customer's name."""
        return cls(
            control=reading.control,
            holder=reading.holder,
            control_until=reading.control_until,
            escalated=reading.escalated,
            tags=reading.tags,
            observed_at=reading.observed_at,
        )


class Begun(msgspec.Struct, frozen=True, kw_only=True, tag="begun"):
    """An operation begins: who does what, where, and why. `undoes` names the operation that it takes back."""

    action: str
    profile: str
    account_id: str
    remote: str
    by: str
    host: str
    command: str
    reason: str | None = None
    undoes: str | None = None


class Planned(msgspec.Struct, frozen=True, kw_only=True, tag="planned"):
    """One item of the plan."""

    step: Step


class Sent(msgspec.Struct, frozen=True, kw_only=True, tag="sent"):
    """A write is about to go out; `before` is what was read just before it."""

    before: Before
    call: Call


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag="answered"):
    """A write was answered, or its answer was lost: then `error` is `write.in_doubt`."""

    ids: dict[str, str] = {}
    error: Failure | None = None


class Settled(msgspec.Struct, frozen=True, kw_only=True, tag="settled"):
    """What one item came to."""

    outcome: Outcome
    before: Before | None = None


class Resumed(msgspec.Struct, frozen=True, kw_only=True, tag="resumed"):
    """An operation goes on."""

    by: str
    host: str
    command: str


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """A run of an operation ends: with everything done, or with something left and why."""

    state: State
    error: Failure | None = None


class Anchor(msgspec.Struct, frozen=True, kw_only=True, tag="anchor"):
    """The entries up to this number, of so many operations, were removed; the hash is that of the last of them.

    It belongs to no operation, and is bound to the entries around it like any other. The newest one counts.
    """

    removed: int
    operations: int
    last_hash: str
    by: str
    host: str


Event = Begun | Planned | Sent | Answered | Settled | Resumed | Ended | Anchor


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal. Its hash covers all of it and the hash of the entry before."""

    number: int
    at: datetime
    operation: str
    item: str | None
    event: Event
    hash: str


class OperationItem(
    Outcome, frozen=True, kw_only=True, rename={"before": "from", "after": "to", "state_before": "before"}
):
    """What an operation did to one conversation, with the state before it; `planned` until something was sent."""

    phase: Phase
    state_before: Before | None = None
    calls: list[Call] = msgspec.field(default_factory=list)
    ids: dict[str, str] = msgspec.field(default_factory=dict)
    with_tag: bool = False
    reason: str | None = None


class OperationSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One operation as it stands, and how many of its items came to what."""

    id: str
    action: str
    state: State
    profile: str
    account_id: str
    remote: str
    by: str
    host: str
    reason: str | None = None
    command: str
    undoes: str | None = None
    started_at: datetime
    ended_at: datetime | None = None
    total: int
    counts: Counts


class Operation(OperationSummary, frozen=True, kw_only=True):
    """The same with its items, in the order of the plan."""

    items: list[OperationItem]
