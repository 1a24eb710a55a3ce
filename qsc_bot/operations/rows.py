"""Conversations as rows: the columns of a list, and what a reading adds to a row."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from qsc_bot.models.conversation import Conversation, ConversationId, Reading
from qsc_bot.models.wording import counted
from qsc_bot.results import Column, Ending, Listing

if TYPE_CHECKING:
    from qsc_bot.operations.connection import Connection

COLUMNS: Final = (
    Column("waiting_s", "WAIT", "duration", 0),
    Column("control", "CONTROL", "text", 0),
    Column("stuck", "STUCK", "words", 0),
    Column("id", "CONVERSATION", "text", 0),
    Column("name", "NAME", "text", 1),
    Column("assigned_to", "ASSIGNED", "words", 2),
    Column("last_message_at", "LAST", "ago", 2),
    Column("tags", "TAG", "words", 2),
    Column("control_until", "UNTIL", "left", 2),
    Column("observed_at", "SEEN", "ago", 2),
)
PLAIN: Final = (
    "id",
    "control",
    "waiting_s",
    "method",
    "escalated",
    "last_message_at",
    "last_message_from",
    "name",
    "note",
    "stuck",
)


def listing_of(rows: Iterable[Conversation], ending: Callable[[], Ending]) -> Listing[Conversation]:
    """Rows with their columns, and the ending that is known after the last of them."""
    return Listing(schema="conversation-list", items=rows, columns=COLUMNS, plain=PLAIN, ending=ending)


def empty(connection: "Connection", person: ConversationId) -> Conversation:
    """A conversation of which nothing was read yet."""
    return Conversation(
        id=str(person),
        service=person.service,
        service_id=person.service_id,
        method=connection.drivers.method_of(person.service),
    )


def merge(row: Conversation, reading: Reading) -> Conversation:
    """A row with what a reading adds to it."""
    known: dict[str, Any] = {
        "escalated": reading.escalated,
        "tags": reading.tags,
        "contact_id": reading.contact_id,
        "name": reading.name,
    }
    read = msgspec.structs.replace(
        row,
        control=reading.control,
        holder=reading.holder,
        control_until=reading.control_until,
        observed_at=reading.observed_at,
        **{key: value for key, value in known.items() if value is not None},
    )
    return noted(read, reading.note)


def left_out(number: int) -> str:
    """That so many conversations are not shown, to be followed by the reason."""
    return f"{counted(number, 'conversation', 'were')} left out"


def noted(row: Conversation, note: str | None) -> Conversation:
    """A row with one more note."""
    return msgspec.structs.replace(row, note="; ".join(filter(None, (row.note, note))) or None)
