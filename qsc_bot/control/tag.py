"""The method `tag`: the escalation tag on the contact means that agents hold every tag conversation of this person."""

from collections.abc import Iterator, Sequence

from qsc_bot.api.contacts import UNSUPPORTED, Contacts
from qsc_bot.control.driver import unknown
from qsc_bot.control.survey import read_each
from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import Call, Control, Conversation, ConversationId, Method, Move, Reading
from qsc_bot.storage.facts import Facts
from qsc_bot.transport.clock import Clock


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
    """The contacts that bear the escalation tag, listed once a run, 50 a call."""

    def __init__(self, contacts: Contacts, *, tag: str, tag_filter: str | None, facts: Facts) -> None:
        self._contacts = contacts
        self._tag = tag
        self._filter = tag_filter or f'contacttag:"{tag}"'
        self._facts = facts
        self._found: dict[ConversationId, Contact] | None = None
        self._undecided: set[ConversationId] = set()
        self._is_proven = False
        self.problem: str | None = None

    def load(self) -> dict[ConversationId, Contact]:
        """Every conversation whose contact bears the tag."""
        if self._found is not None:
            return self._found
        found: dict[ConversationId, Contact] = {}
        bearers = unmapped = 0
        for contact in self._listed():
            escalated = is_escalated(contact.tags, self._tag)
            if escalated is False:
                continue
            unmapped += not contact.conversations
            if escalated is None:
                self._undecided.update(contact.conversations)
                continue
            bearers += 1
            found |= dict.fromkeys(contact.conversations, contact)
        if bearers:
            self._facts.remember_filter(self._filter)
        is_known = bearers > 0 or self._facts.is_filter_proven(self._filter)
        self._is_proven = is_known and not unmapped and self.problem is None
        self._found = found
        return found

    def _listed(self) -> Iterator[Contact]:
        """What the filter finds; a filter that the API refuses finds nothing and is told."""
        try:
            for page in self._contacts.tagged(self._filter):
                yield from page
        except ApiError as error:
            if error.code != "api.refused":
                raise
            self.problem = (
                f"the list of tagged contacts was refused: {error}; contact_tag_filter in the profile can mend it"
            )

    def of(self, person: ConversationId) -> bool | None:
        """Whether this person is escalated, as far as the list tells.

        Absence proves nothing before a contact that bears the tag was found with this filter, nor while a found
        contact does not say which conversations are its own, nor where the API refused the rest of the list.
        """
        if person in self.load():
            return True
        if person in self._undecided:
            return None
        return False if self._is_proven and person.service not in UNSUPPORTED else None


class TagDriver:
    """Control by the escalation tag."""

    def __init__(self, contacts: Contacts, escalations: Escalations, *, tag: str, clock: Clock) -> None:
        self._contacts = contacts
        self._escalations = escalations
        self._tag = tag
        self._clock = clock

    def survey(self, people: Sequence[Conversation]) -> Iterator[Reading]:
        """From the list of tagged contacts; one call each only for those of whom the list proves nothing."""
        ids = [ConversationId(one.service, one.service_id) for one in people]
        unproven = [person for person in ids if self._escalations.of(person) is None]
        reads = read_each(unproven, self.read, method=Method.TAG, now=self._clock.now)
        for person in ids:
            known = self._escalations.of(person)
            if known is None:
                yield next(reads)
            else:
                yield self._reading(person, escalated=known, contact=self._escalations.load().get(person))

    def read(self, person: ConversationId) -> Reading:
        """From the contact itself; raises `contact.not_found`."""
        if person.service in UNSUPPORTED:
            return unknown(person, Method.TAG, f"contact calls do not support {person.service}", self._clock.now())
        contact = self._contacts.read(person)
        return self._reading(person, escalated=is_escalated(contact.tags, self._tag), contact=contact)

    def plan(self, person: ConversationId, to: Control, *, reading: Reading | None, note: str) -> Move:
        """One write: the tag on for agents, off for the bot."""
        if person.service in UNSUPPORTED:
            raise QscBotError(
                "usage.service", f"{person}: contact calls do not support {person.service}, so it has no tag"
            )
        return Move(calls=(self._contacts.tag_call(person, tag=self._tag, add=to is Control.AGENT),))

    def plan_extension(self, person: ConversationId, seconds: int) -> Move:
        """None: a tag does not lapse."""
        return Move(calls=())

    def send(self, person: ConversationId, call: Call, *, before: Reading | None) -> Reading:
        """Send the tag write and read the contact in its answer; raises `escalation.tags_lost`."""
        contact = self._contacts.send(call)
        check_other_tags(person, before.tags if before else None, contact.tags, tag=self._tag)
        return self._reading(person, escalated=is_escalated(contact.tags, self._tag), contact=contact)

    def _reading(self, person: ConversationId, *, escalated: bool | None, contact: Contact | None) -> Reading:
        control = {True: Control.AGENT, False: Control.BOT, None: Control.UNKNOWN}[escalated]
        return Reading(
            id=person,
            control=control,
            method=Method.TAG,
            observed_at=self._clock.now(),
            escalated=escalated,
            tags=contact.tags if contact else None,
            contact_id=str(contact.id) if contact else None,
            name=contact.name if contact else None,
            also=tuple(one for one in contact.conversations if one != person) if contact else (),
            note=None
            if escalated is not None
            else f"whether the tag {self._tag!r} is on cannot be told from the contact's tags",
        )


def check_other_tags(person: ConversationId, before: list[str] | None, after: list[str] | None, *, tag: str) -> None:
    """Every tag that was there before the write must still be there; raises `escalation.tags_lost`."""
    if before is None or after is None:
        return
    lost = [one for one in before if one not in after and one != tag]
    if lost:
        raise ApiError(
            "escalation.tags_lost",
            f"after the write {person} no longer bears: {', '.join(lost)}",
            expected=", ".join(before),
            found=", ".join(after) or "no tag",
        )
