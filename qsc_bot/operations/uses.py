"""Whether conversations are in use, one's own or by the tag that it shares, as far as is known on this machine."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qsc_bot.models.conversation import Conversation, Method
from qsc_bot.operations.activity import activity
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.known_rows import view_of


@dataclass(frozen=True)
class Uses:
    """What is known of who uses conversations, by their newest messages and who holds them."""

    connection: Connection
    max_age: timedelta = field(kw_only=True)
    now: datetime = field(kw_only=True)

    def reason(self, row: Conversation, action: str) -> str | None:
        """Why one is in use; where the tag is written, another conversation of the contact may be."""
        if reason := activity(row, self.now):
            return reason
        writes_tag = action.startswith("escalation.") or row.method is Method.TAG
        return self.elsewhere(row) if writes_tag else None

    def elsewhere(self, row: Conversation) -> str | None:
        """That another conversation of the contact is in use, whose the tag is too."""
        busy = next((other.id for other in self._others(row) if activity(other, self.now)), None)
        return f"the tag is the contact's, and {busy} is in use" if busy else None

    def _others(self, row: Conversation) -> Iterator[Conversation]:
        if row.contact_id is None:
            return
        view = view_of(self.connection, max_age=self.max_age, has_swept=True)
        for known in self.connection.index.of_contact(row.contact_id):
            if (known.service, known.service_id) != (row.service, row.service_id):
                yield view.row(known)
