"""What this tool itself did to one conversation, as its journal tells."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qsc_bot.models.conversation import Control, ConversationId, Method, Status
from qsc_bot.models.operation import OperationItem, State
from qsc_bot.models.profile import Profile
from qsc_bot.operations.history import fold
from qsc_bot.operations.operation import remote_of
from qsc_bot.operations.work import TARGETS
from qsc_bot.storage.journal import Journal

MOST: Final = 20


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What one operation sent to a conversation, who had it do that and why, and what came of it last, and when."""

    operation: str
    by: str
    reason: str | None
    is_running: bool
    at: datetime
    item: OperationItem

    @property
    def target(self) -> Control | None:
        """Who was to hold it then, if that was to change; for the escalation tag, agents stand for the tag being on."""
        return TARGETS.get(self.item.action)

    @property
    def command(self) -> str:
        """What was done, as it is typed."""
        return self.item.action.replace(".", " ").replace("_", "-")

    def moves(self, method: Method) -> bool:
        """Whether it was to move control where control moves by this method."""
        is_tag_alone = self.item.action.startswith("escalation.")
        return self.target is not None and (method is Method.TAG or not is_tag_alone)

    @property
    def told(self) -> str:
        """The same in words."""
        item = self.item
        moved = f" from {item.before} to {item.after}" if item.status is Status.CHANGED and item.after else ""
        failed = f", {item.error.message}" if item.error else ""
        reason = f"; {self.reason}" if self.reason else ""
        return f"{self.command}: {item.status.value.replace('_', ' ')}{moved}{failed} ({self.operation}){reason}"


def deeds_of(journal: Journal, profile: Profile, person: ConversationId, *, since: datetime) -> list[Deed]:
    """The newest deeds on this account, the oldest first; an operation that sent nothing to it did nothing.

    Raises what the journal raises.
    """
    newest = journal.operations(item=str(person), since=since)[:MOST]
    return [deed for operation in reversed(newest) for deed in _deeds(journal, profile, person, operation)]


def _deeds(journal: Journal, profile: Profile, person: ConversationId, operation: str) -> Iterator[Deed]:
    entries = journal.entries(operation, item=str(person))
    found = fold(entries, is_running=lambda: journal.is_running(operation))
    if (found.account_id, found.remote) != (profile.account_id, remote_of(profile)):
        return
    for item in found.items:
        if item.calls:
            yield Deed(
                operation=operation,
                by=found.by,
                reason=item.reason or found.reason,
                is_running=found.state is State.RUNNING,
                at=max(entry.at for entry in entries if entry.item == item.id),
                item=item,
            )
