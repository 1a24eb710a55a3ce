"""A rescue plan as rows: a step a line, for people and for pipes."""

from collections.abc import Iterator, Sequence
from typing import Final

from qsc_bot.output.fields import Row
from qsc_bot.results import Column

STEP_FIELDS: Final = ("id", "action", "from", "reason", "note", "fingerprint")
STEP_COLUMNS: Final = (
    Column("reason", "CODE", "words", 0),
    Column("action", "ACTION", "text", 0),
    Column("id", "CONVERSATION", "text", 0),
    Column("from", "FROM", "text", 2),
    Column("note", "NOTE", "text", 1),
)
ACTION_WORDS: Final = {
    "handover.to_bot": "to-bot",
    "handover.to_agent": "to-agent",
    "handover.renew": "renew",
    "escalation.remove": "untag",
    None: "none",
}


def spoken_steps(steps: Sequence[Row]) -> Iterator[Row]:
    """Steps with their actions in short words."""
    return (step | {"action": ACTION_WORDS[step["action"]]} for step in steps)
