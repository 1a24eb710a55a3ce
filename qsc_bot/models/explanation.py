"""Why a conversation is where it is: what was seen, what follows from it, and what to type next."""

from datetime import datetime

import msgspec

from qsc_bot.models.conversation import Conversation


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One explanation that fits, with what was seen and whole command lines that cure it."""

    code: str
    text: str
    evidence: list[str]
    next: list[str]


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True, rename={"by": "from"}):
    """One thing that happened: a `message`, a change of `status`, `assignment` or `priority`, another `action`, an
    `operation` of this tool, the `recipe` that should have fired (on Messenger the `webhook`), or who holds the
    conversation now (`control`)."""

    at: datetime | None
    kind: str
    by: str | None = None
    text: str | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of one conversation; the best proven verdict stands first."""

    id: str
    conversation: Conversation
    verdicts: list[Verdict]
    timeline: list[TimelineEntry]
    next: list[str]
