"""Which conversations are in use between a customer and an agent, so that a write on many leaves them out. Pure."""

from datetime import datetime, timedelta
from typing import Final

from qsc_bot.models.conversation import Control, Conversation

RECENT: Final = timedelta(minutes=30)
"""An agent who wrote within this time is taken to be in the conversation still, the limit itself included."""
WROTE: Final = "an agent wrote within 30m"
WAITS: Final = "the customer waits for an agent"
UNCLEAR: Final = "agents hold it, and whether the customer waits is not known"


def activity(row: Conversation, now: datetime) -> str | None:
    """Why a conversation is in use; None where it is not.

    Where an own message does not tell who wrote it, it was an agent while agents hold the conversation, and while
    nobody knows who does.
    """
    if row.control is Control.AGENT and row.waiting_s is None:
        return UNCLEAR
    if row.control is Control.AGENT and row.waiting_s:
        return WAITS
    return WROTE if _is_by_agent(row) and _is_recent(row, now) else None


def _is_by_agent(row: Conversation) -> bool:
    may_be_agent = row.control in (Control.AGENT, Control.UNKNOWN)
    return row.last_message_from == "agent" or (row.last_message_from == "us" and may_be_agent)


def _is_recent(row: Conversation, now: datetime) -> bool:
    return row.last_message_at is None or now - row.last_message_at <= RECENT
