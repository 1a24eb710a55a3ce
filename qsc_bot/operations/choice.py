"""Which conversations a write takes that names none: those that a query finds, without those that are in use."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Control, Conversation, Method
from qsc_bot.models.operation import Step
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.listing import list_conversations
from qsc_bot.operations.query import Query
from qsc_bot.operations.rows import listing_of
from qsc_bot.operations.uses import Uses
from qsc_bot.results import Ending, Listing


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The conversations to be written, and why others are not among them.

    `in_use` and `impossible` hold their ids by reason, `gaps` what the query may have missed, `failure` what ended it
    before its time.
    """

    rows: Sequence[Conversation]
    in_use: Mapping[str, Sequence[str]]
    impossible: Mapping[str, Sequence[str]]
    gaps: Sequence[str] = ()
    failure: QscBotError | None = None

    def listing(self) -> Listing[Conversation]:
        """Them as a list."""
        return listing_of(self.rows, Ending)

    def steps(self, action: str, **wish: Any) -> list[Step]:
        """What is to be done to each; control is moved only while it is held as it was found."""
        moves = action.startswith("handover.")
        return [
            Step(id=row.id, action=action, **wish | {"expected": row.control if moves else None}) for row in self.rows
        ]


def choose(
    connection: Connection,
    query: Query,
    action: str,
    *,
    include_active: bool,
    tell: Callable[[str], None],
    say: Callable[[str], None],
) -> Choice:
    """Find the conversations of a query, with a fresh look at all that is new, and choose those to be written.

    Costs what the list costs. Conversations that are already where the action brings them are not chosen, nor those
    that were not read.
    """
    listing = list_conversations(connection, query, tell=tell, say=say)
    rows, now = [row for row in listing.items if row.observed_at is not None], connection.clock.now()
    ending = listing.ending()
    wanted = [row for row in rows if not _is_so(row, action)]
    possible, impossible = _split(wanted, lambda row: _obstacle(row, action))
    uses = Uses(connection, max_age=query.max_age, now=now)
    idle, in_use = _split(possible, lambda row: None if include_active else uses.reason(row, action))
    return Choice(
        rows=idle,
        in_use=in_use,
        impossible=impossible,
        gaps=() if ending.complete else ending.warnings,
        failure=ending.failure,
    )


def _split(
    rows: Iterable[Conversation], reason_of: Callable[[Conversation], str | None]
) -> tuple[list[Conversation], dict[str, list[str]]]:
    """Those without a reason against them, and the ids of the others by their reason."""
    kept, left_out = [], defaultdict(list)
    for row in rows:
        if reason := reason_of(row):
            left_out[reason].append(row.id)
        else:
            kept.append(row)
    return kept, dict(left_out)


def _is_so(row: Conversation, action: str) -> bool:
    """Whether nothing is to be done: it is so already, or there is nothing to extend."""
    match action:
        case "handover.to_bot":
            return row.control is Control.BOT
        case "handover.to_agent":
            return row.control is Control.AGENT
        case "handover.extend":
            return row.control is not Control.BOT or row.method is not Method.MESSENGER
        case "escalation.add":
            return row.escalated is True
        case _:
            return row.escalated is False


def _obstacle(row: Conversation, action: str) -> str | None:
    """What makes a write fail for certain."""
    if action.startswith("escalation.") and row.service in UNSUPPORTED:
        return f"contact calls do not support {row.service}"
    return None
