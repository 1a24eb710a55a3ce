"""The contacts that bear the escalation tag, and what their list proves about everybody else."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from qsc_bot.api.contacts import NEED_TOPICS, UNSUPPORTED, Contacts
from qsc_bot.errors import ApiError
from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import ConversationId
from qsc_bot.storage.facts import Facts


def is_escalated(tags: Sequence[str] | None, tag: str) -> bool | None:
    """Whether the tag is among these; null where nobody can say.

    How the API compares tags is not documented, so a tag that differs in case only is neither there nor absent.
    """
    if tags is None:
        return None
    if tag in tags:
        return True
    return None if any(one.casefold() == tag.casefold() for one in tags) else False


class Escalations:
    """The list of tagged contacts, read once a run, 50 a call. `warnings` tell what it may have missed."""

    def __init__(
        self, contacts: Contacts, *, tag: str, tag_filter: str | None, facts: Facts, now: Callable[[], datetime]
    ) -> None:
        self._contacts = contacts
        self._tag = tag
        self._filter = tag_filter or f'contacttag:"{tag}"'
        self._facts = facts
        self._now = now
        self._found: dict[ConversationId, Contact] | None = None
        self._undecided: set[ConversationId] = set()
        self._unmapped = 0
        self.read_at: datetime | None = None
        self.refusal: ApiError | None = None
        self.warnings: list[str] = []

    def load(self) -> dict[ConversationId, Contact]:
        """Every conversation whose contact bears the tag."""
        if self._found is None:
            bearers = list(self._bearers())
            self._found = {person: contact for contact in bearers for person in contact.conversations}
            self.read_at = self._now()
            if bearers:
                self._facts.remember_proof(self._proof(None))
            for service in {person.service for person in self._found}:
                self._facts.remember_proof(self._proof(service))
            self._judge()
        return self._found

    def of(self, person: ConversationId) -> bool | None:
        """Whether this person is escalated, as far as the list tells.

        Absence proves nothing before a contact that bears the tag was found with this filter; nor, where contact
        calls need topics, which this list does not take, before one of the same service was found; nor while the
        list has gaps.
        """
        if person in self.load():
            return True
        if person in self._undecided or self.warnings or person.service in UNSUPPORTED:
            return None
        proof = self._proof(person.service if person.service in NEED_TOPICS else None)
        return False if self._facts.is_proven(proof) else None

    def _bearers(self) -> Iterator[Contact]:
        for contact in self._listed():
            escalated = is_escalated(contact.tags, self._tag)
            self._unmapped += escalated is not False and not contact.conversations
            if escalated is None:
                self._undecided.update(contact.conversations)
            if escalated:
                yield contact

    def _listed(self) -> Iterator[Contact]:
        """What the filter finds; a refusal of the filter ends the list and is kept."""
        try:
            for page in self._contacts.tagged(self._filter):
                yield from page
        except ApiError as error:
            if error.code != "api.refused":
                raise
            self.refusal = error

    def _judge(self) -> None:
        """Where the list has gaps, absence from it proves nothing, and people are told."""
        if self.refusal:
            self.warnings.append(
                f"the list of tagged contacts was refused: {self.refusal}; contact_tag_filter in the profile may help"
            )
        if self._unmapped:
            self.warnings.append(f"{self._unmapped} tagged contacts do not say which conversations are theirs")

    def _proof(self, service: str | None) -> str:
        return " ".join(filter(None, (self._filter, f"tag={self._tag}", service and f"service={service}")))
