"""A mention of Social Connect: one message of any kind."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.wire import WireId, moment

PRIVATE_MESSAGE: Final = "privatemessage"
"""The value of `message.type` of a private message: assumed, the vendor lists none."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What was said; the text itself is never kept."""

    type: str | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message comes from. `in_reply_to_message_id` of ours names the customer's `id` (assumed)."""

    service: str | None = None
    id: WireId | None = None
    in_reply_to_message_id: WireId | None = None


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote it; `managed` is presumably one of our own profiles, `tags` of the contact are a hint only."""

    id: WireId | None = None
    name: str | None = None
    fullname: str | None = None
    managed: bool | None = None
    tags: Any = None


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """The topic that a mention was found under."""

    id: WireId


class Assignee(msgspec.Struct, frozen=True, kw_only=True):
    """A user or team that a mention is assigned to."""

    id: WireId | None = None
    display_name: str | None = None


class MentionDate(msgspec.Struct, frozen=True, kw_only=True):
    """Unix seconds: when the message was written, and when it came into the account."""

    added: float | None = None
    published: float | None = None


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """One message, with the fields that tell who waits for whom."""

    id: WireId
    topic: Topic
    message: Message = Message()
    source: Source = Source()
    author: Author = Author()
    status: str | None = None
    permalink: str | None = None
    assignees: list[Assignee] | None = None
    date: MentionDate = MentionDate()

    @property
    def unique_id(self) -> str:
        """The id under which one mention is known: `TOPIC_MENTION`."""
        return f"{self.topic.id}_{self.id}"

    @property
    def at(self) -> datetime | None:
        """When it was written, as far as known."""
        return moment(self.date.published) or moment(self.date.added)

    @property
    def ours(self) -> bool:
        """Whether our side wrote it, bot or agent."""
        return bool(self.author.managed)

    @property
    def conversation(self) -> ConversationId | None:
        """The conversation that a customer's message belongs to; ours name no customer."""
        if self.ours or not self.source.service or not self.author.id:
            return None
        return ConversationId(self.source.service, str(self.author.id))


class ToldMessage(Message, frozen=True, kw_only=True):
    """What was said, with the text: for a screen, never for a file. `stripped_content` is assumed to stand here."""

    content: Any = None
    stripped_content: Any = None

    @property
    def text(self) -> str | None:
        """The text, without HTML where the API tells it so."""
        return next((one for one in (self.stripped_content, self.content) if isinstance(one, str)), None)


class ToldSource(Source, frozen=True, kw_only=True):
    """Where a message comes from, with what presumably sent it."""

    application: Any = None

    @property
    def sender(self) -> str | None:
        """The application's name."""
        return _text(self.application)


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a mention, as far as it can be read; who did it is not told."""

    at: datetime | None = None
    type: str | None = None
    description: str | None = None
    status: str | None = None
    priority: str | None = None
    assignees: tuple[str, ...] | None = None


class ToldMention(Mention, frozen=True, kw_only=True):
    """One message with its text and what was done to it."""

    message: ToldMessage = ToldMessage()
    source: ToldSource = ToldSource()
    actions: Any = None

    def done(self) -> Iterator[Action]:
        """What was done to it. The elements are known from a schema only: what has another form is passed over."""
        for raw in self.actions if isinstance(self.actions, list) else []:
            if isinstance(raw, dict):
                yield _action(raw)


def _action(raw: dict[str, Any]) -> Action:
    date, metadata = _object(raw.get("date")), _object(raw.get("metadata"))
    added, assignees = date.get("added"), metadata.get("assignees")
    names = [_text(_object(one).get("display_name")) for one in assignees] if isinstance(assignees, list) else None
    return Action(
        at=moment(added) if isinstance(added, int | float) else None,
        type=_text(raw.get("type")),
        description=_text(raw.get("description")),
        status=_text(metadata.get("status")),
        priority=_text(metadata.get("priority")),
        assignees=None if names is None else tuple(name for name in names if name),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
