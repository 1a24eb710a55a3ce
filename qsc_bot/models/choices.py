"""Words of the tool that an option may offer, importable without anything that help does not need."""

from enum import StrEnum
from typing import Literal

Active = Literal["always", "business-hours"]
"""When a recipe works."""


class Control(StrEnum):
    """Who holds a conversation."""

    BOT = "bot"
    AGENT = "agent"
    OTHER = "other"
    IDLE = "idle"
    UNKNOWN = "unknown"


class State(StrEnum):
    """How far an operation came. `unfinished` can be resumed."""

    RUNNING = "running"
    UNFINISHED = "unfinished"
    DONE = "done"


class Via(StrEnum):
    """Who sends to a webhook."""

    SOCIAL_CONNECT = "social-connect"
    MESSENGER = "messenger"


class Kind(StrEnum):
    """What a delivery tells of. `other` is an event that this tool does not know."""

    MENTION = "mention"
    MESSAGE = "messenger-message"
    STANDBY = "messenger-standby"
    PASSED = "pass-thread-control"
    TAKEN = "take-thread-control"
    REQUESTED = "request-thread-control"
    ROLES = "app-roles"
    RECEIPT = "messenger-receipt"
    OTHER = "other"
