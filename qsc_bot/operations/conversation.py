"""One conversation in full."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import msgspec

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.control.escalations import is_escalated
from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.models.conversation import Conversation, ConversationId
from qsc_bot.models.mention import Mention
from qsc_bot.models.profile import Profile
from qsc_bot.operations.anew import anew
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.known_rows import view_of
from qsc_bot.operations.query import MAX_AGE, Query
from qsc_bot.operations.rows import empty, merge, noted
from qsc_bot.operations.selection import Target
from qsc_bot.operations.sweep import is_private
from qsc_bot.operations.talk import Talk

PAGES_LOOKED_THROUGH: Final = 5
"""No filter by author is documented, so the newest messages are looked through for one person, up to 500 of them."""


def show_conversation(connection: Connection, target: Target, *, since: timedelta | datetime) -> Conversation:
    """One conversation: who holds it, the contact and its tags, and the newest message of the window.

    Raises `conversation.not_found` or `contact.not_found` where the remote does not know it. What else cannot be
    read is null, with the reason in `note`.
    """
    return anew(connection.index, lambda: _shown(connection, target, since=since))


def _shown(connection: Connection, target: Target, *, since: timedelta | datetime) -> Conversation:
    reading = connection.drivers.of(target.id.service).read(target.id)
    row = _with_messages(connection, target, since=since)
    row = merge(row, reading)
    if reading.contact_id is None:
        row = _with_contact(connection, target.id, row)
    return row


def page_of(profile: Profile, conversation: Conversation) -> str:
    """The address of a conversation's page on Social Connect; raises `conversation.not_found` where none is known."""
    page = urlsplit(conversation.permalink or "")
    if page.scheme != "https" or page.netloc not in {profile.web_host, "app.engagor.com", "us.engagor.com"}:
        raise QscBotError("conversation.not_found", f"no page of {conversation.id} on {profile.web_host} is known")
    return page.geturl()


def _with_messages(connection: Connection, target: Target, *, since: timedelta | datetime) -> Conversation:
    newest = _private(connection, target.mention) or _newest_mention(connection, target.id, since=since)
    if newest is None or newest.at is None:
        return noted(
            empty(connection, target.id),
            f"no private message of this customer among those read since {_words(since)}",
        )
    note, thread = None, [newest]
    try:
        thread += connection.mentions.thread(newest)
    except ApiError as error:
        note = f"the thread could not be read ({error.message}), so older messages are not known"
    with Talk(view_of(connection, max_age=MAX_AGE), is_filtered=True) as talk:
        talk.take_thread(thread, target.id)
        row = talk.row(target.id, is_whole=note is None)
    return noted(row or empty(connection, target.id), note)


def _newest_mention(connection: Connection, person: ConversationId, *, since: timedelta | datetime) -> Mention | None:
    start = Query(since=since).start(connection.clock.now())
    pages = connection.mentions.newest_first(start)
    for page in islice(pages, PAGES_LOOKED_THROUGH):
        for mention in page:
            if mention.conversation == person and _private(connection, mention):
                return mention
    return None


def _private(connection: Connection, mention: Mention | None) -> Mention | None:
    """A mention, if it is a private message."""
    is_filtered = connection.mentions.is_filtered
    return mention if mention is not None and is_private(mention, is_filtered=is_filtered) else None


def _with_contact(connection: Connection, person: ConversationId, row: Conversation) -> Conversation:
    if person.service in UNSUPPORTED:
        return noted(row, f"contact calls do not support {person.service}")
    try:
        contact = connection.contacts.read(person)
    except QscBotError as error:
        return noted(row, f"the contact could not be read: {error.message}")
    return msgspec.structs.replace(
        row,
        contact_id=str(contact.id),
        name=contact.name or row.name,
        tags=contact.tags,
        escalated=is_escalated(contact.tags, connection.profile.escalation_tag),
    )


def _words(since: timedelta | datetime) -> str:
    if isinstance(since, datetime):
        return f"{since:%Y-%m-%dT%H:%M:%SZ}"
    hours = int(since.total_seconds() // 3600)
    return f"{hours // 24} days ago" if hours >= 48 else f"{hours} h ago"
