"""Conversations and the clock that the drivers' tests share."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from qsc_bot.models.conversation import Conversation, ConversationId, Method, Reading
from qsc_bot.transport.clock import Clock
from tests.api.wire import NOW

CLOCK: Final = Clock(lambda: NOW)
AT: Final = datetime.fromtimestamp(NOW, UTC)


def row(text: str, method: Method, *, last_message_at: datetime | None = None) -> Conversation:
    """A conversation of which only the id is known, and perhaps when the last message was."""
    service, _, service_id = text.partition(":")
    return Conversation(id=text, service=service, service_id=service_id, method=method, last_message_at=last_message_at)


def words(readings: Iterable[Reading]) -> dict[str, str]:
    """Who holds each."""
    return {str(one.id): one.control.value for one in readings}


def person(text: str) -> ConversationId:
    """A conversation id."""
    return ConversationId.parse(text)
