"""The contacts that bear the escalation tag, and what their list proves about everybody else."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from qsc_bot.api.contacts import NEED_TOPICS, UNSUPPORTED, Contacts
from qsc_bot.errors import ApiError
from qsc_bot.models.contact import Contact
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
    """Lists contacts by the tag, 50 a call. `warnings` tell what the list may have missed."""

    def __init__(self, contacts: Contacts, *, tag: str, tag_filter: str | None, facts: Facts) -> None:
        self._contacts = contacts
        self._tag = tag
        self._filter = tag_filter or f'contacttag:"{tag}"'
        self._facts = facts
        self._unmapped = 0
        self.refusal: ApiError | None = None

    def tagged(self) -> Iterator[list[Contact]]:
        """What the filter finds, page by page, those that differ in case among them.

        A refusal of the filter ends the list and is kept.
        """
        self._unmapped, self.refusal = 0, None
        try:
            for page in self._contacts.tagged(self._filter):
                near = [contact for contact in page if self.bears(contact) is not False]
                self._unmapped += sum(not contact.conversations for contact in near)
                self._remember(contact for contact in near if self.bears(contact))
                yield near
        except ApiError as error:
            if error.code != "api.refused":
                raise
            self.refusal = error

    def changed(self, since: datetime) -> Iterator[list[Contact]]:
        """Every contact that changed since a moment, with the tag or without, page by page.

        They prove nothing of the filter, which did not find them.
        """
        return self._contacts.updated(since)

    def bears(self, contact: Contact) -> bool | None:
        """Whether a contact bears the tag."""
        return is_escalated(contact.tags, self._tag)

    def proves_absence(self, service: str) -> bool:
        """Whether not being on the list means not bearing the tag.

        Not before a contact that bears the tag was found with this filter; nor, where contact calls need topics,
        which this list does not take, before one of the same service was found.
        """
        if service in UNSUPPORTED:
            return False
        return self._facts.is_proven(self._proof(service if service in NEED_TOPICS else None))

    @property
    def warnings(self) -> list[str]:
        """Where the list that was read last has gaps; absence from such a list proves nothing."""
        told = []
        if self.refusal:
            told.append(
                f"the list of tagged contacts was refused: {self.refusal}; contact_tag_filter in the profile may help"
            )
        if self._unmapped:
            told.append(f"{self._unmapped} tagged contacts do not say which conversations are theirs")
        return told

    def _remember(self, bearers: Iterable[Contact]) -> None:
        for contact in bearers:
            self._facts.remember_proof(self._proof(None))
            for person in contact.conversations:
                self._facts.remember_proof(self._proof(person.service))

    def _proof(self, service: str | None) -> str:
        return " ".join(filter(None, (self._filter, f"tag={self._tag}", service and f"service={service}")))
