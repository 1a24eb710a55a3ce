"""Brings up to date whose contact bears the escalation tag: the whole list, or what changed since it was read."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.wire import moment
from qsc_bot.operations.connection import Connection

OVERLAP: Final = timedelta(minutes=1)
"""How far before the last time is looked again, for what came in late."""


class TagList:
    """One run's way of learning who is escalated. `warnings` tell what the list may have missed."""

    def __init__(self, connection: Connection, *, full: bool) -> None:
        self._connection = connection
        self._index = connection.index
        self._full = full
        self._is_given_up = False
        self.warnings: list[str] = []

    def give_up(self) -> None:
        """Ask for no further page."""
        self._is_given_up = True

    def bring_up_to_date(self, *, anew: bool = False, on_answer: Callable[[], None] = lambda: None) -> None:
        """Read what changed since the list was read, or all of it where that is too long ago, or `anew` is asked for.

        `on_answer` is called after each page.
        """
        cover, now = self._index.coverage(), self._connection.clock.now()
        listed_at, read_at = moment(cover.tagged_at), moment(cover.contacts_at)
        is_young = listed_at is not None and now - listed_at <= self._connection.control_max_age
        if is_young and read_at is not None and not (self._full or anew):
            self._take_changed(read_at - OVERLAP, on_answer)
            if read_at <= self._connection.clock.now() + OVERLAP:
                return
        self._take_all(on_answer)

    def _take_all(self, on_answer: Callable[[], None]) -> None:
        escalations, found = self._connection.escalations, list[Contact]()
        started: datetime | None = None
        try:
            for page in self._until_given_up(escalations.tagged()):
                started = started or self._connection.clock.now()
                found += page
                on_answer()
        except QscBotError:
            self._take_part(found, started)
            raise
        if self._is_given_up:
            return self._take_part(found, started)
        read_at = (started or self._connection.clock.now()).timestamp()
        self.warnings += escalations.warnings
        has_gaps = bool(escalations.warnings)
        self._index.take_tagged(
            self._facts(found),
            at=read_at,
            proven=lambda service: not has_gaps and escalations.proves_absence(service),
        )
        self._index.mark(tagged_at=0.0 if has_gaps else read_at, contacts_at=read_at)
        return None

    def _take_part(self, found: list[Contact], started: datetime | None) -> None:
        """What the pages told that were read before the list broke off."""
        if started:
            self._index.take_contacts(self._facts(found), at=started.timestamp())

    def _take_changed(self, since: datetime, on_answer: Callable[[], None]) -> None:
        started: datetime | None = None
        for page in self._until_given_up(self._connection.escalations.changed(since)):
            started = started or self._connection.clock.now()
            self._index.take_contacts(self._facts(page), at=started.timestamp())
            on_answer()
        if not self._is_given_up:
            self._index.mark(contacts_at=(started or self._connection.clock.now()).timestamp())

    def _until_given_up(self, pages: Iterator[list[Contact]]) -> Iterator[list[Contact]]:
        for page in pages:
            yield page
            if self._is_given_up:
                return

    def _facts(self, contacts: list[Contact]) -> dict[ConversationId, dict[str, object]]:
        """What contacts tell of their conversations; of two with the same conversation, the one that bears the tag."""
        order = {None: 0, False: 1, True: 2}
        told = sorted(contacts, key=lambda one: order[self._connection.escalations.bears(one)])
        return {person: self._told_by(contact) for contact in told for person in contact.conversations}

    def _told_by(self, contact: Contact) -> dict[str, object]:
        bears = self._connection.escalations.bears(contact)
        named = {"name": contact.name} if contact.name else {}
        tag = {"bears": bears, "bears_at": 0.0 if bears is None else None}
        return {"contact_id": str(contact.id), "tags": contact.tags, **tag, **named}
