"""One conversation in full, and several by id."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import msgspec

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.control.tag import is_escalated
from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.models.conversation import Conversation, ConversationId
from qsc_bot.models.mention import Mention
from qsc_bot.models.profile import Profile
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.listing import COLUMNS, PLAIN, Tally, merge, read_control
from qsc_bot.operations.selection import Target
from qsc_bot.operations.sweep import Sweep
from qsc_bot.results import Ending, Listing, ListSummary

PAGES_LOOKED_THROUGH: Final = 5
"""No filter by author is documented, so the newest messages are looked through for one person, up to 500 of them."""


def show_conversation(connection: Connection, target: Target, *, since: timedelta) -> Conversation:
    """One conversation: who holds it, the contact and its tags, and the newest message of the window.

    Raises `conversation.not_found` or `contact.not_found` where the remote does not know it. What else cannot be
    read is null, with the reason in `note`.
    """
    reading = connection.drivers.of(target.id.service).read(target.id)
    row = _with_messages(connection, target, since=since)
    row = merge(row, reading)
    if reading.contact_id is None:
        row = _with_contact(connection, target.id, row)
    return row


def show_status(connection: Connection, targets: Sequence[Target]) -> Listing[Conversation]:
    """Who holds each of these: one fresh reading each, and nothing else is asked."""
    started = connection.clock.now()
    tally = Tally(total=len(targets))
    rows = [empty(connection, target.id) for target in targets]
    return Listing(
        schema="conversation-list",
        items=(tally.add(row) for row in read_control(connection, rows)),
        columns=[column for column in COLUMNS if column.field in {"control", "id", "control_until", "observed_at"}],
        plain=PLAIN,
        ending=lambda: Ending(
            summary=ListSummary(
                total=tally.total,
                by_control=dict(tally.by_control),
                since=started,
                calls=connection.meter.calls,
                calls_left=connection.meter.left,
            )
        ),
    )


def page_of(profile: Profile, conversation: Conversation) -> str:
    """The address of a conversation's page on Social Connect; raises `conversation.not_found` where none is known."""
    page = urlsplit(conversation.permalink or "")
    if page.scheme != "https" or page.netloc not in {profile.web_host, "app.engagor.com", "us.engagor.com"}:
        raise QscBotError("conversation.not_found", f"no page of {conversation.id} on {profile.web_host} is known")
    return page.geturl()


def empty(connection: Connection, person: ConversationId) -> Conversation:
    """A conversation of which nothing was read yet."""
    return Conversation(
        id=str(person),
        service=person.service,
        service_id=person.service_id,
        method=connection.drivers.method_of(person.service),
    )


def _with_messages(connection: Connection, target: Target, *, since: timedelta) -> Conversation:
    now = connection.clock.now()
    sweep = Sweep(is_filtered=True, method_of=connection.drivers.method_of)
    newest = target.mention or _newest_mention(connection, target.id, since=since)
    if newest is None:
        return _noted(
            empty(connection, target.id), f"no message of this customer among those read of the last {_words(since)}"
        )
    note = None
    try:
        sweep.take([newest, *connection.mentions.thread(newest)], thread_of=target.id)
    except ApiError as error:
        sweep.take([newest])
        note = f"the thread could not be read ({error.message}), so older messages are not known"
    row = sweep.conversation(target.id, now=now, is_whole=note is None)
    return msgspec.structs.replace(row, note=note or row.note)


def _newest_mention(connection: Connection, person: ConversationId, *, since: timedelta) -> Mention | None:
    pages = connection.mentions.newest_first(connection.clock.now() - since)
    for page in islice(pages, PAGES_LOOKED_THROUGH):
        for mention in page:
            if mention.conversation == person:
                return mention
    return None


def _with_contact(connection: Connection, person: ConversationId, row: Conversation) -> Conversation:
    if person.service in UNSUPPORTED:
        return _noted(row, f"contact calls do not support {person.service}")
    try:
        contact = connection.contacts.read(person)
    except QscBotError as error:
        return _noted(row, f"the contact could not be read: {error.message}")
    return msgspec.structs.replace(
        row,
        contact_id=str(contact.id),
        name=contact.name or row.name,
        tags=contact.tags,
        escalated=is_escalated(contact.tags, connection.profile.escalation_tag),
    )


def _noted(row: Conversation, note: str) -> Conversation:
    return msgspec.structs.replace(row, note="; ".join(filter(None, (row.note, note))))


def _words(since: timedelta) -> str:
    hours = int(since.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} h"
