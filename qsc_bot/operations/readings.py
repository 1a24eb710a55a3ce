"""Asks who holds conversations: those that must be asked, and nobody in vain once a remote refuses or a limit ends."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from qsc_bot.control.driver import Driver, failed
from qsc_bot.control.messenger import MessengerDriver, ThreadNews
from qsc_bot.control.survey import STOPPING
from qsc_bot.errors import AccessDenied, ApiError, NotFound, QscBotError
from qsc_bot.models.conversation import ConversationId, Method, Reading
from qsc_bot.models.known import Known
from qsc_bot.models.wire import moment
from qsc_bot.models.wording import counted
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.known_rows import FEW_THREADS, person_of
from qsc_bot.transport.parallel import in_parallel, side_by_side

SETTLING: Final = timedelta(days=1)
"""So much later than its newest known message a thread may have been updated, or listed out of order."""


class Readings:
    """What one run asked. `stops` tells by remote why it was not asked further, `failures` which answers were none."""

    def __init__(self, connection: Connection, tell: Callable[[str], None] = lambda _: None) -> None:
        self._connection = connection
        self._tell = tell
        self._refusals: dict[Method, AccessDenied] = {}
        self._lists: dict[str, ThreadList] = {}
        self._turn = threading.Lock()
        self.stops: dict[str, QscBotError] = {}
        self.unread = 0
        self.failures: dict[ConversationId, QscBotError] = {}

    def ask(self, due: Sequence[Known]) -> dict[ConversationId, Reading]:
        """Ask about each of these, those on Messenger last; who is not in the answer was not asked.

        Meta's list of threads is read beside the calls to Social Connect, and shows which threads need not be asked.
        """
        threads = [one for one in due if self._method(one) is Method.MESSENGER]
        others = [person_of(one) for one in due if self._method(one) is not Method.MESSENGER]
        ours: dict[ConversationId, Reading] = {}
        wanted = {person_of(one): one for one in threads}
        with side_by_side([self._news(service, wanted) for service in {one.service for one in threads}]) as pages:
            people = chain(others, self._threads_to_ask(chain.from_iterable(pages), set(wanted), ours))
            found = {one.id: one for one in self._told(in_parallel(self._read, people)) if one is not None}
        self.unread += len(due) - len(found) - len(ours)
        return found | ours

    def ask_each(self, people: Sequence[ConversationId]) -> dict[ConversationId, Reading]:
        """Ask about each of these by a call of its own; who is not in the answer was not asked."""
        found = {one.id: one for one in in_parallel(self._read, people) if one is not None}
        self.unread += len(people) - len(found)
        return found

    def ask_tags(self, people: Sequence[Known]) -> None:
        """Read whether the contacts of these are escalated; what is found stands in the index."""
        tag = self._connection.tag
        for reading in self._told(in_parallel(lambda person: self._read(person, tag), map(person_of, people))):
            self.unread += reading is None

    @property
    def stop(self) -> QscBotError | None:
        """Why one of the remotes was not asked further, the first of them."""
        return next(iter(self.stops.values()), None)

    def _told(self, readings: Iterable[Reading | None]) -> Iterator[Reading | None]:
        """The same readings; how many there are so far is told."""
        for number, reading in enumerate(readings, start=1):
            self._tell(f"asked who holds {counted(number, 'conversation')}")
            yield reading

    def stop_of(self, one: Known | ConversationId) -> QscBotError | None:
        """Why its remote was not asked further."""
        return self.stops.get(remote_of(self._connection.drivers.method_of(one.service)))

    def _read(self, person: ConversationId, driver: Driver | None = None) -> Reading | None:
        driver = driver or self._connection.drivers.of(person.service)
        method = driver.method
        remote = remote_of(method)
        with self._turn:
            if remote in self.stops:
                return None
            refusal = self._refusals.get(method)
        if refusal is not None:
            return self._failed(person, method, refusal)
        try:
            return driver.read(person)
        except QscBotError as error:
            if error.code in STOPPING:
                with self._turn:
                    self.stops.setdefault(remote, error)
                return None
            if isinstance(error, AccessDenied):
                with self._turn:
                    self._refusals.setdefault(method, error)
            return self._failed(person, method, error)

    def _failed(self, person: ConversationId, method: Method, error: QscBotError) -> Reading:
        """Unknown for now; one that does not exist any more is known to be so."""
        if not isinstance(error, NotFound):
            with self._turn:
                self.failures[person] = error
        return failed(person, method, error, self._connection.clock.now())

    def _method(self, known: Known) -> Method:
        return self._connection.drivers.method_of(known.service)

    def _threads_to_ask(
        self, listed: Iterable[ThreadNews], left: set[ConversationId], ours: dict[ConversationId, Reading]
    ) -> Iterator[ConversationId]:
        """Of these threads the list does not tell who holds them; those that it shows as ours are put among `ours`."""
        for news in listed:
            if news.person not in left:
                continue
            left.discard(news.person)
            if news.reading is None:
                yield news.person
            else:
                self._connection.index.keep(news.reading)
                ours[news.person] = news.reading
        yield from sorted(left)

    def _news(self, service: str, wanted: Mapping[ConversationId, Known]) -> Iterator[list[ThreadNews]]:
        """Pages of the list of threads, as far as they are worth their calls."""
        members = {person: one for person, one in wanted.items() if one.service == service}
        oldest = min((at for one in members.values() if (at := moment(one.active_at))), default=None)
        messenger = self._connection.messenger
        if messenger is None or oldest is None or len(members) <= FEW_THREADS:
            return
        if service not in self._lists:
            self._lists[service] = ThreadList(messenger, service)
        try:
            yield from self._lists[service].read(members.keys(), since=oldest - SETTLING)
        except (ApiError, AccessDenied) as error:
            if error.code in STOPPING:
                with self._turn:
                    self.stops.setdefault(remote_of(Method.MESSENGER), error)


class ThreadList:
    """Meta's list of threads of one service, newest first (assumed), read on as far as somebody asks."""

    def __init__(self, messenger: MessengerDriver, service: str) -> None:
        self._pages = messenger.news(service)
        self._seen: dict[ConversationId, ThreadNews] = {}
        self._oldest: datetime | None = None

    def read(self, wanted: Collection[ConversationId], *, since: datetime) -> Iterator[list[ThreadNews]]:
        """What pages told before, and what further ones tell until everybody was seen or the threads are older."""
        yield [self._seen[person] for person in wanted if person in self._seen]
        while not self._seen.keys() >= set(wanted) and (self._oldest is None or self._oldest >= since):
            page = next(self._pages, None)
            if page is None:
                return
            self._seen |= {news.person: news for news in page if news.person not in self._seen}
            yield page
            self._oldest = min((news.updated_at for news in page if news.updated_at), default=self._oldest)


def remote_of(method: Method) -> str:
    """Whose limit of calls a reading uses."""
    return "Meta" if method is Method.MESSENGER else "Social Connect"
