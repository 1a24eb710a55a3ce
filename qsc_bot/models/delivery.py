"""What arrived at a webhook: one delivery for each event, and how its signature stands."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from qsc_bot.models.choices import Kind as Kind
from qsc_bot.models.choices import Via as Via

RECIPE_KEY: Final = "qsc_recipe"
REVISION_KEY: Final = "qsc_rev"
"""The marker in a webhook's address: which recipe, and which revision of it, a delivery comes from."""
RECIPE: Final = re.compile(r"[a-z0-9-]{1,200}")
REVISION: Final = re.compile(r"[0-9a-f]{12}")
"""What stands in a marker. No signature is over the address, so anything else is none; a name in a set-up file has no
limit, but this one."""


class Verdict(StrEnum):
    """How a signature stands. `re-encoded-body`: it fits the same JSON, written in another way."""

    VALID = "valid"
    WRONG = "wrong-signature"
    RE_ENCODED = "re-encoded-body"
    MISSING = "missing"
    MALFORMED = "malformed"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a request tells of; `is_private` is null where it cannot be told."""

    kind: Kind
    dedupe_key: str
    conversation: str | None = None
    is_private: bool | None = None
    happened_at: datetime | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a bot answered to a request that was passed on; `status` is null where no answer came."""

    url: str
    status: int | None = None
    milliseconds: int | None = None
    error: str | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it arrived; the events of one request share its body."""

    id: str
    kind: Kind
    via: Via
    conversation: str | None = None
    recipe: str | None = None
    revision: str | None = None
    received_at: datetime
    verified: bool
    dedupe_key: str
    answer: int
    forwarded: Answer | None = None


class DeliveryEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event as a listener hears it; a `duplicate`, which was kept before, and what is not stored have no id."""

    id: str | None
    kind: Kind
    via: Via
    conversation: str | None
    recipe: str | None
    revision: str | None
    received_at: datetime
    verified: bool
    duplicate: bool
    dedupe_key: str
    answer: int
    forwarded: Answer | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a listener did not take: the status it was answered with, and why."""

    at: datetime
    status: int
    reason: str
    note: str | None = None


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something else that a listener tells: a handshake of Meta's, or what must not be missed."""

    at: datetime
    text: str
    is_warning: bool = False


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """A listener's sign of life: where it listens, and what it heard so far."""

    at: datetime
    address: str
    deliveries: int
    duplicates: int
    refused: int
    waiting: int


Heard = DeliveryEvent | Refusal | Remark | Beat


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature, made or judged; `value` is that of its header."""

    via: Via
    header: str
    value: str | None = None
    verdict: Verdict
    note: str | None = None
