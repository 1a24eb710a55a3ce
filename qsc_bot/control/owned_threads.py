"""Which threads of a Page are ours: `is_owner` of the list of threads, read once a run and no further back than asked.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversations
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from qsc_bot.api.threads import Threads
from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.thread import Thread

PLATFORMS: Final = {"instagram": "instagram"}
SETTLING: Final = timedelta(days=1)
"""So much later than its newest known message a thread may have been updated, or listed out of order."""


class OwnedThreads:
    """The threads of one service, newest first (assumed), read on as far as somebody asks."""

    def __init__(self, threads: Threads, *, service: str, now: Callable[[], datetime]) -> None:
        self._service = service
        self._page_id = threads.page_id
        self._pages: Iterator[list[Thread]] = threads.pages(PLATFORMS.get(service, "messenger"))
        self._now = now
        self._seen: dict[ConversationId, datetime] = {}
        self._ours: set[ConversationId] = set()
        self._oldest: datetime | None = None
        self._is_read = False

    def seen_as_ours(self, person: ConversationId, *, active_at: datetime | None) -> datetime | None:
        """When the list showed this thread as ours; None where it did not, or nobody can say how far back to look."""
        while active_at and person not in self._seen and not self._is_read and not self._is_beyond(active_at):
            self._read_page()
        return self._seen[person] if person in self._ours else None

    def _is_beyond(self, active_at: datetime) -> bool:
        return self._oldest is not None and self._oldest < active_at - SETTLING

    def _read_page(self) -> None:
        page = next(self._pages, None)
        if page is None:
            self._is_read = True
            return
        for thread in page:
            person = self._person(thread)
            if person is not None and person not in self._seen:
                self._seen[person] = self._now()
                if thread.is_owner:
                    self._ours.add(person)
        self._oldest = _oldest(page) or self._oldest

    def _person(self, thread: Thread) -> ConversationId | None:
        others = [one.id for one in thread.participants.data if one.id != self._page_id]
        return ConversationId(self._service, str(others[0])) if len(others) == 1 else None


def _oldest(page: Sequence[Thread]) -> datetime | None:
    return min((at for thread in page if (at := _parsed(thread.updated_time))), default=None)


def _parsed(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except ValueError:
        return None
