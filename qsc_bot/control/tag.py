"""The method `tag`: the escalation tag on the contact means that agents hold every tag conversation of this person."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from qsc_bot.api.contacts import UNSUPPORTED, Contacts
from qsc_bot.control.driver import unknown
from qsc_bot.control.escalations import Escalations, is_escalated
from qsc_bot.control.survey import read_each
from qsc_bot.errors import QscBotError
from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import Call, Control, Conversation, ConversationId, Method, Move, Reading
from qsc_bot.transport.clock import Clock


class TagDriver:
    """Control by the escalation tag."""

    method = Method.TAG

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
                contact = self._escalations.load().get(person)
                at = self._escalations.read_at or self._clock.now()
                yield self._reading(person, escalated=known, contact=contact, at=at)

    def read(self, person: ConversationId) -> Reading:
        """From the contact itself; raises `contact.not_found`."""
        if person.service in UNSUPPORTED:
            return unknown(person, Method.TAG, f"contact calls do not support {person.service}", self._clock.now())
        contact = self._contacts.read(person)
        escalated = is_escalated(contact.tags, self._tag)
        return self._reading(person, escalated=escalated, contact=contact, at=self._clock.now())

    def plan(self, person: ConversationId, to: Control, *, reading: Reading | None, note: str) -> Move:
        """One write: the tag on for agents, off for the bot."""
        if person.service in UNSUPPORTED:
            raise QscBotError(
                "usage.service",
                f"{person}: contact calls do not support {person.service}, so it has no tag",
                hint=(f"see who holds it: qsc-bot handover status {person.typed}",),
            )
        add = to is Control.AGENT
        return Move(calls=(self._contacts.tag_call(person, tag=self._tag, add=add, offline=reading is None),))

    def plan_extension(self, person: ConversationId, seconds: int) -> Move:
        """None: a tag does not lapse."""
        return Move(calls=())

    def send(self, person: ConversationId, call: Call, *, before: Reading | None) -> Reading:
        """Send the tag write and read the contact in its answer."""
        contact = self._contacts.send(call)
        escalated = is_escalated(contact.tags, self._tag)
        return self._reading(person, escalated=escalated, contact=contact, at=self._clock.now())

    def _reading(
        self, person: ConversationId, *, escalated: bool | None, contact: Contact | None, at: datetime
    ) -> Reading:
        control = {True: Control.AGENT, False: Control.BOT, None: Control.UNKNOWN}[escalated]
        return Reading(
            id=person,
            control=control,
            method=Method.TAG,
            observed_at=at,
            escalated=escalated,
            tags=contact.tags if contact else None,
            moved_tag=self._tag,
            contact_id=str(contact.id) if contact else None,
            name=contact.name if contact else None,
            also=tuple(one for one in contact.conversations if one != person) if contact else (),
            note=None
            if escalated is not None
            else f"whether the tag {self._tag!r} is on cannot be told from the contact's tags",
        )
