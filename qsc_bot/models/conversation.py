"""The words of the tool: who holds a conversation, what was read, what a write came to."""

import re
import shlex
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, Self

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.choices import Control as Control  # stands apart because options offer it

_SERVICE: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SERVICE_ID: Final = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")
_PATH_STEPS: Final = frozenset({".", ".."})
"""Such an id would name another address once it stands in a path."""


class Method(StrEnum):
    """How control moves on a service."""

    MESSENGER = "messenger"
    HANDOVER = "handover"
    TAG = "tag"


class Status(StrEnum):
    """What one write came to."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REQUESTED = "requested"
    SKIPPED = "skipped"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    PLANNED = "planned"


class ConversationId(msgspec.Struct, frozen=True, order=True):
    """One person on one service, spelled as the API spells both."""

    service: str
    service_id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `SERVICE:SERVICE_ID`; raises `usage.id` for anything else."""
        service, _, service_id = text.partition(":")
        if not _SERVICE.fullmatch(service) or not _SERVICE_ID.fullmatch(service_id) or service_id in _PATH_STEPS:
            raise QscBotError("usage.id", f"{text[:80]!r} is no conversation id", expected="SERVICE:SERVICE_ID")
        return cls(service, service_id)

    def __str__(self) -> str:
        return f"{self.service}:{self.service_id}"

    @property
    def typed(self) -> str:
        """As it is typed in a shell: an id may come from a stranger, and command lines are there to be pasted."""
        return shlex.quote(str(self))


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A failure in the shape of the error object."""

    code: str
    exit: int
    message: str
    hint: str | None = None
    request_id: str | None = None
    retryable: bool = False

    @classmethod
    def of(cls, error: QscBotError) -> Self:
        """An error as it stands in an item."""
        return cls(**error.as_data())

    def as_error(self) -> QscBotError:
        """The error that this tells of."""
        hint = self.hint.split("; ") if self.hint else ()
        return QscBotError(self.code, self.message, hint=hint, request_id=self.request_id)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds one conversation, as read just now; `unknown` always says why in `note`."""

    id: ConversationId
    control: Control
    method: Method
    observed_at: datetime
    holder: str | None = None
    is_hidden: bool = False
    control_until: datetime | None = None
    escalated: bool | None = None
    tags: list[str] | None = None
    moved_tag: str | None = None
    contact_id: str | None = None
    name: str | None = None
    also: tuple[ConversationId, ...] = ()
    note: str | None = None
    failure: Failure | None = None


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation as every command shows it; what is not known is null, and so is `stuck` where nobody judged."""

    id: str
    service: str
    service_id: str
    contact_id: str | None = None
    name: str | None = None
    control: Control = Control.UNKNOWN
    holder: str | None = None
    control_until: datetime | None = None
    method: Method
    escalated: bool | None = None
    tags: list[str] | None = None
    topic_ids: list[str] = []
    last_message_at: datetime | None = None
    last_message_from: str | None = None
    waiting_s: int | None = None
    stuck: list[str] | None = None
    status: str | None = None
    assigned_to: list[str] = []
    mention: str | None = None
    permalink: str | None = None
    observed_at: datetime | None = None
    stale: bool = False
    note: str | None = None


class ConversationEvent(Conversation, frozen=True, kw_only=True):
    """A conversation that is new on a list that is followed, is another one than before, or has gone from it."""

    change: Literal["added", "modified", "removed"]
    checked_at: datetime


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One write as it goes over the wire, without its credentials: what a dry run shows."""

    method: str
    path: str
    body: dict[str, object] | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """The writes that move one conversation, in order; `asks` when the other side is free to ignore the last one."""

    calls: tuple[Call, ...]
    asks: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True, rename={"before": "from", "after": "to"}):
    """What one write on one conversation came to."""

    id: str
    action: str
    status: Status
    before: str | None = None
    after: str | None = None
    method: Method | None = None
    verified: bool | None = None
    note: str | None = None
    error: Failure | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many items came to what."""

    changed: int = 0
    unchanged: int = 0
    requested: int = 0
    skipped: int = 0
    failed: int = 0
    in_doubt: int = 0

    @classmethod
    def of(cls, statuses: Iterable[Status]) -> Self:
        """Count outcomes by what they came to; planned ones are none of these."""
        tally = Counter(status.value for status in statuses if status is not Status.PLANNED)
        return cls(**tally)
