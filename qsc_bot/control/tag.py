"""The method `tag`: the escalation tag on the contact means that agents hold every tag conversation of this person."""

from datetime import datetime

from qsc_bot.api.contacts import UNSUPPORTED, Contacts
from qsc_bot.control.driver import unknown
from qsc_bot.control.escalations import is_escalated
from qsc_bot.errors import QscBotError
from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import Call, Control, ConversationId, Method, Move, Reading
from qsc_bot.transport.clock import Clock


class TagDriver:
    """Control by the escalation tag."""

    method = Method.TAG

    def __init__(self, contacts: Contacts, *, tag: str, clock: Clock) -> None:
        self._contacts = contacts
        self._tag = tag
        self._clock = clock

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
