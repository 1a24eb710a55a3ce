"""Everything that one explanation needs, asked for once each; a call that fails leaves the rest standing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, TypeVar

import msgspec

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.control import survey
from qsc_bot.control.driver import failed
from qsc_bot.control.escalations import is_escalated
from qsc_bot.errors import QscBotError
from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import Control, Conversation, ConversationId, Method, Reading
from qsc_bot.models.mention import Mention, ToldMention
from qsc_bot.models.thread import App
from qsc_bot.operations.case import Case, Inbox
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.conversation import PAGES_LOOKED_THROUGH
from qsc_bot.operations.deeds import Deed, deeds_of
from qsc_bot.operations.known_rows import view_of
from qsc_bot.operations.query import MAX_AGE, Query
from qsc_bot.operations.rows import empty, merge
from qsc_bot.operations.selection import Target
from qsc_bot.operations.stuck import stuck_codes
from qsc_bot.operations.sweep import is_private
from qsc_bot.operations.talk import Talk
from qsc_bot.setup.back_end import SetupBackEnd
from qsc_bot.storage.journal import Journal

T = TypeVar("T")

STOPPING: Final = survey.STOPPING | {"auth.rejected", "auth.no_token", "access.account"}
"""After such a failure every further call to the same remote would fail alike."""
EXPLAINED: Final = frozenset({"access.scope", "access.denied", "config.topic"})
"""Failures that are an explanation themselves, even where nothing else is known."""
MOST_OTHERS: Final = 10


class Asking:
    """Calls to one remote: what fails is kept by its part, and asked no further where that is pointless."""

    def __init__(self, failures: dict[str, QscBotError]) -> None:
        self._failures = failures
        self._stop: QscBotError | None = None

    def __call__(self, part: str, call: Callable[[], T]) -> T | None:
        """The answer, or None with the failure kept."""
        if self._stop is not None:
            self._failures[part] = self._stop
            return None
        try:
            return call()
        except QscBotError as error:
            self._failures[part] = error
            self._stop = error if error.code in STOPPING else None
            return None


@dataclass(frozen=True, kw_only=True)
class Messages:
    """The customer's messages: the conversation that they make, the whole thread, and what was looked through."""

    row: Conversation
    story: Sequence[ToldMention]
    inbox: Inbox


def inquire(
    connection: Connection,
    target: Target,
    *,
    setup: Callable[[], SetupBackEnd],
    journal: Journal,
    since: timedelta | datetime,
) -> Case:
    """Read one conversation for its explanation.

    Cost: who holds it, one to five pages of messages, the thread, the contact (the method `tag` asks for it already),
    and the recipes where they are kept by calls; on Messenger the mode, and the connected apps where somebody waits or
    another app holds it, instead of the recipes. Raises the first failure where nothing of it is known.
    """
    start = Query(since=since).start(connection.clock.now())
    return _Inquiry(connection, target.id, journal, start).case(target.mention, setup)


class _Inquiry:
    def __init__(self, connection: Connection, person: ConversationId, journal: Journal, since: datetime) -> None:
        self._connection = connection
        self._person = person
        self._journal = journal
        self._since = since
        self._driver = connection.drivers.of(person.service)
        self._failures: dict[str, QscBotError] = {}
        self._social_connect, self._meta, self._either = (Asking(self._failures) for _ in range(3))

    def case(self, named: Mention | None, setup: Callable[[], SetupBackEnd]) -> Case:
        """Everything, in the order in which it is asked for."""
        connection, reading = self._connection, self._control()
        messages = self._messages(named)
        contact = self._contact(reading)
        row = self._row(messages.row, reading, contact)
        if self._is_nothing_known(row, reading, contact):
            raise self._failures["control"]
        others = _others(row, reading, contact)
        also = self._also(row, others)
        now, limits = connection.clock.now(), connection.profile.stuck
        row = msgspec.structs.replace(row, stuck=stuck_codes(row, now=now, limits=limits, also=also))
        is_routed, apps = self._page(row)
        by_recipe = self._driver.method is not Method.MESSENGER
        return Case(
            id=self._person,
            profile=connection.profile,
            now=now,
            row=row,
            reading=reading,
            inbox=messages.inbox,
            others=others,
            also=also,
            story=messages.story,
            deeds=self._deeds(),
            recipes=self._social_connect("recipes", lambda: setup().recipes()) if by_recipe else None,
            is_routed=is_routed,
            apps=apps,
            failures=self._failures,
        )

    def _control(self) -> Reading:
        ask = self._meta if self._driver.method is Method.MESSENGER else self._social_connect
        reading = ask("control", lambda: self._driver.read(self._person))
        if reading is not None:
            return reading
        return failed(self._person, self._driver.method, self._failures["control"], self._connection.clock.now())

    def _deeds(self) -> Sequence[Deed] | None:
        try:
            return deeds_of(self._journal, self._connection.profile, self._person, since=self._since)
        except QscBotError as error:
            self._failures["journal"] = error
            return None

    def _messages(self, named: Mention | None) -> Messages:
        """The customer's newest message, and the thread around it; where that fails, what was seen on the way to it."""
        with self._talk() as looked:
            newest = named if named and self._is_private(named) else None
            if newest is None:
                newest = self._social_connect("messages", lambda: next(self._look(looked), None))
            else:
                looked.take([newest])
            sieve = looked.sieve
            inbox = Inbox(
                since=self._since, seen=sieve.seen, private=sieve.private, other_types=sorted(sieve.other_types)
            )
            seen = looked.row(self._person, is_whole=False)
        if newest is None or seen is None:
            return Messages(row=empty(self._connection, self._person), story=(), inbox=inbox)
        found = newest
        story = self._social_connect("thread", lambda: self._connection.mentions.story(found))
        if story is None:
            return Messages(row=seen, story=(), inbox=inbox)
        with self._talk() as thread:
            thread.take_thread([found, *story], self._person)
            row = thread.row(self._person) or seen
        return Messages(row=row, story=[one for one in story if self._is_private(one)], inbox=inbox)

    def _look(self, looked: Talk) -> Iterator[Mention]:
        """The customer's messages in the newest pages, newest first."""
        for page in islice(self._connection.mentions.newest_first(self._since), PAGES_LOOKED_THROUGH):
            looked.take(page)
            yield from (one for one in page if one.conversation == self._person and self._is_private(one))

    def _talk(self) -> Talk:
        return Talk(view_of(self._connection, max_age=MAX_AGE), is_filtered=self._connection.mentions.is_filtered)

    def _is_private(self, mention: Mention) -> bool:
        return is_private(mention, is_filtered=self._connection.mentions.is_filtered)

    def _contact(self, reading: Reading) -> Contact | None:
        if reading.method is Method.TAG or self._person.service in UNSUPPORTED:
            return None
        return self._social_connect("contact", lambda: self._connection.contacts.read(self._person))

    def _row(self, row: Conversation, reading: Reading, contact: Contact | None) -> Conversation:
        row = merge(row, reading)
        if contact is None:
            return row
        return msgspec.structs.replace(
            row,
            contact_id=str(contact.id),
            name=contact.name or row.name,
            tags=contact.tags,
            escalated=is_escalated(contact.tags, self._connection.profile.escalation_tag),
        )

    def _is_nothing_known(self, row: Conversation, reading: Reading, contact: Contact | None) -> bool:
        is_silent = row.last_message_at is None and contact is None
        return is_silent and reading.failure is not None and reading.failure.code not in EXPLAINED

    def _also(self, row: Conversation, others: Sequence[ConversationId] | None) -> Sequence[Conversation] | None:
        """The contact's other conversations, where the tag is on though the bot holds this one by another method."""
        is_contradicted = row.escalated and row.control is Control.BOT and row.method is not Method.TAG
        if not is_contradicted or others is None or len(others) > MOST_OTHERS:
            return None
        rows = [empty(self._connection, one) for one in others]
        if any(one.method is Method.TAG for one in rows):
            return rows
        return self._either("others", lambda: list(map(self._held, rows)))

    def _held(self, row: Conversation) -> Conversation:
        person, driver = ConversationId(row.service, row.service_id), self._connection.drivers.of(row.service)
        (reading,) = survey.read_each([person], driver.read, method=driver.method, now=self._connection.clock.now)
        return merge(row, reading)

    def _page(self, row: Conversation) -> tuple[bool | None, Sequence[App] | None]:
        """On Messenger, whether routing is on, and the connected apps where they may tell something."""
        driver = self._connection.messenger
        if driver is None or self._driver.method is not Method.MESSENGER:
            return None, None
        is_routed = self._meta("mode", lambda: driver.is_routed(self._person.service))
        is_needed = row.waiting_s or row.control in (Control.OTHER, Control.UNKNOWN)
        return is_routed, self._meta("apps", driver.apps) if is_needed else None


def _others(row: Conversation, reading: Reading, contact: Contact | None) -> Sequence[ConversationId] | None:
    """The contact's other conversations; None where that is not known."""
    if contact is None:
        return reading.also if reading.contact_id is not None else None
    return None if contact.socialprofiles is None else [one for one in contact.conversations if str(one) != row.id]
