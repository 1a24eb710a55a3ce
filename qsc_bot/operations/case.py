"""What was read of one conversation, and the form of a rule that judges it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Control, Conversation, ConversationId, Method, Reading
from qsc_bot.models.duration import spoken
from qsc_bot.models.mention import ToldMention
from qsc_bot.models.profile import SANDBOX_NAME, Profile
from qsc_bot.models.setup import Recipe
from qsc_bot.models.thread import App
from qsc_bot.operations.deeds import Deed

LONGEST_QUOTE: Final = 80


class Proof(IntEnum):
    """How well a verdict is proven: seen as it says, the plainest reading of what was seen, or one of several."""

    SEEN = 0
    LIKELY = 1
    POSSIBLE = 2


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """The messages that were looked through to find the customer's newest one."""

    since: datetime | None = None
    seen: int = 0
    private: int = 0
    other_types: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One conversation with everything that its rules look at; what could not be read is None, and in `failures`.

    `deeds` is what this tool did to it; `others` are the contact's other conversations; `also` the same ones, read only
    where the escalation tag contradicts who holds this one.
    """

    id: ConversationId
    profile: Profile
    now: datetime
    row: Conversation
    reading: Reading
    inbox: Inbox = Inbox()
    others: Sequence[ConversationId] | None = None
    also: Sequence[Conversation] | None = None
    story: Sequence[ToldMention] = ()
    deeds: Sequence[Deed] | None = None
    recipes: Sequence[Recipe] | None = None
    is_routed: bool | None = None
    apps: Sequence[App] | None = None
    failures: Mapping[str, QscBotError] = field(default_factory=dict)

    def is_held_by(self, *controls: Control, by: Method | None = None) -> bool:
        """Whether one of these holds it, by this method where one is named."""
        return self.row.control in controls and by in (None, self.row.method)

    def is_stuck(self, code: str) -> bool:
        """Whether one of the codes of stuck conversations holds."""
        return code in (self.row.stuck or ())

    @property
    def waits(self) -> bool:
        """Whether the customer is known to wait."""
        return bool(self.row.waiting_s)

    @property
    def is_done(self) -> bool:
        """Whether the customer's newest message is marked as done."""
        return self.row.status == "done"

    @property
    def is_open_case(self) -> bool:
        """Whether the customer's newest message is assigned and not done."""
        return bool(self.row.assigned_to) and not self.is_done

    @property
    def topics(self) -> Sequence[str]:
        """The topics that its messages were found under, else the profile's."""
        return self.row.topic_ids or self.profile.topic_ids

    def failure_of(self, *parts: str) -> str | None:
        """The code of the first failure among these parts."""
        return next((self.failures[part].code for part in parts if part in self.failures), None)

    def ago(self, at: datetime) -> str:
        """How long ago a moment was."""
        return spoken((self.now - at).total_seconds())

    def line(self, command: str, *more: str) -> str:
        """A command line about this conversation, as it can be pasted."""
        return " ".join(("qsc-bot", command, self.id.typed, *more))

    def setting(self, assignment: str) -> tuple[str, ...]:
        """The command line that sets a key of the profile; none for the sandbox's, which never changes."""
        name = self.profile.name
        return () if name == SANDBOX_NAME else (f"qsc-bot profile set {name} {assignment}",)


Telling = Callable[[Case], str]
Lines = Callable[[Case], Iterable[str]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One explanation: when it holds, what it says, what was seen, and the command lines that cure it."""

    code: str
    proof: Proof
    holds: Callable[[Case], bool]
    text: Telling
    evidence: Lines
    cure: Lines


def quoted(text: str) -> str:
    """A text of the server's in quotes, shortened."""
    return f'"{text[:LONGEST_QUOTE]}…"' if len(text) > LONGEST_QUOTE else f'"{text}"'


def clock_time(at: datetime) -> str:
    """A moment in UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
