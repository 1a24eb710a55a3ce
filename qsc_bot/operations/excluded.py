"""Whether deliveries come from contacts that a recipe leaves out, as far as the newest contacts tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.errors import NotFound, QscBotError
from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.wording import counted
from qsc_bot.operations.connection import Connection
from qsc_bot.setup.evidence import CLOCK_TOLERANCE
from qsc_bot.storage.delivery_rows import Fired

MOST: Final = 10
"""So many contacts are asked for at most, a call each."""
OF_ONE_CONTACT: Final = frozenset({"usage.id", "config.topic", "api.wrong_shape"})
"""Failures that say nothing of the next contact, beside one that is not found."""


@dataclass(kw_only=True)
class Looked:
    """What the contacts of deliveries tell; `excluded` is the delivery of one that should have been left out."""

    total: int
    looked_at: int = 0
    excluded: Fired | None = None
    tagged_since: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def add(self, fired: Fired, contact: Contact, tag: str) -> None:
        """Count a contact that was read, and keep what it tells of its delivery."""
        self.looked_at += 1
        if tag not in (contact.tags or ()):
            return
        if _is_unchanged(contact, fired):
            self.excluded = fired
        else:
            self.tagged_since.append(str(fired.conversation))


def look_at_contacts(connection: Connection, tag: str, fired: Sequence[Fired]) -> Looked:
    """Read the contacts of the newest deliveries, the newest first, until one is found that should be left out.

    The tag proves something only where the contact has not changed since its newest delivery: it may have been put on
    because of the message. A failure that is not a single contact's ends the looking, and is told.
    """
    newest = {one.conversation: one for one in fired if one.conversation}
    candidates = sorted(newest.values(), key=lambda one: one.received_at, reverse=True)
    unsupported = [one for one in candidates if _service(one) in UNSUPPORTED]
    found = Looked(total=len(candidates), unreadable=_unsupported(unsupported))
    for one in [one for one in candidates if one not in unsupported][:MOST]:
        try:
            contact = connection.contacts.read(ConversationId.parse(str(one.conversation)))
        except QscBotError as error:
            text = f"whether the contact of {one.conversation} is excluded could not be read: {error.message}"
            found.unreadable.append(text)
            if isinstance(error, NotFound) or error.code in OF_ONE_CONTACT:
                continue
            break
        found.add(one, contact, tag)
        if found.excluded:
            break
    return found


def looked_at(found: Looked) -> str:
    """How many contacts were looked at, of how many."""
    verb = "was" if found.looked_at == 1 else "were"
    of_all = "" if found.looked_at == found.total else f"{found.looked_at} of "
    return f"{of_all}{counted(found.total, 'contact')} {verb} looked at"


def tagged_since(found: Looked, tag: str) -> list[str]:
    """The contacts that bear the tag now, but may not have done so before; a warning, or none."""
    names = found.tagged_since
    if not names:
        return []
    bear, deliveries = ("bears", "delivery") if len(names) == 1 else ("bear", "deliveries")
    return [f"{', '.join(names)} {bear} the tag {tag} now; it may have been put on after the {deliveries}"]


def _is_unchanged(contact: Contact, fired: Fired) -> bool:
    changed = contact.date.updated if contact.date else None
    return changed is not None and changed < (fired.received_at - CLOCK_TOLERANCE).timestamp()


def _unsupported(fired: Sequence[Fired]) -> list[str]:
    names: dict[str, list[str]] = {}
    for one in fired:
        names.setdefault(_service(one), []).append(str(one.conversation))
    return [
        f"whether the contact of {_named(these)} is excluded cannot be read for {service}"
        for service, these in names.items()
    ]


def _named(conversations: Sequence[str]) -> str:
    """The first ones by name, and how many more there are."""
    more = len(conversations) - MOST
    return ", ".join(conversations[:MOST]) + (f" and {more} more" if more > 0 else "")


def _service(fired: Fired) -> str:
    return (fired.conversation or "").partition(":")[0]
