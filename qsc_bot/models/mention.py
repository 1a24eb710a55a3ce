"""A mention of Social Connect: one message of any kind."""

from datetime import datetime
from typing import Final

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
    """Who wrote it; `managed` is presumably one of our own profiles."""

    id: WireId | None = None
    name: str | None = None
    fullname: str | None = None
    managed: bool | None = None


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
