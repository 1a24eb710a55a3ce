"""Which rows of a list are stuck, by what the index knows of the contact's other conversations."""

from collections.abc import Callable

from msgspec.structs import replace

from qsc_bot.models.conversation import Control, Conversation, Method
from qsc_bot.models.known import Known
from qsc_bot.models.profile import Stuck
from qsc_bot.operations.known_rows import View
from qsc_bot.operations.stuck import stuck_codes
from qsc_bot.storage.index import Index


class Judge:
    """Judges rows by the limits of a profile; a contact's other conversations are those that the index knows."""

    def __init__(self, index: Index, view: Callable[[], View], limits: Stuck) -> None:
        self._index = index
        self._view = view
        self._limits = limits

    def row(self, row: Conversation) -> Conversation:
        """The row with its codes; null where nobody has read yet who holds it."""
        if row.observed_at is None:
            return replace(row, stuck=None)
        view = self._view()
        also = [view.row(one) for one in self.others(row)] if row.contact_id else None
        return replace(row, stuck=stuck_codes(row, now=view.now, limits=self._limits, also=also))

    def others(self, row: Conversation) -> list[Known]:
        """The contact's other conversations, where the tag is on though the bot holds this one by another method."""
        is_contradicted = row.escalated and row.control is Control.BOT and row.method is not Method.TAG
        if not is_contradicted or row.contact_id is None:
            return []
        found = self._index.of_contact(row.contact_id)
        return [one for one in found if (one.service, one.service_id) != (row.service, row.service_id)]
