"""Mentions: the messages of the inbox, as public clients read them (the vendor's page was not available)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeVar

from qsc_bot.api.social_connect import SocialConnect
from qsc_bot.errors import NotFound
from qsc_bot.models.mention import Mention, ToldMention

T = TypeVar("T")

PAGE: Final = "100"


class Mentions:
    """Reads mentions; an account without topics in its profile is read as the user's default inbox."""

    def __init__(self, remote: SocialConnect, *, topic_ids: list[str], private_filter: str | None) -> None:
        self._remote = remote
        self._topic_ids = topic_ids
        self._private_filter = private_filter

    @property
    def is_filtered(self) -> bool:
        """Whether the profile names the account's own filter for private messages."""
        return self._private_filter is not None

    def newest_first(
        self, since: datetime, until: datetime | None = None, *, counted: Callable[[int], None] | None = None
    ) -> Iterator[list[Mention]]:
        """Mentions added since a moment, newest first, 100 a page; `counted` hears how many there are in all."""
        return self._list(since, until, order="desc", counted=counted)

    def oldest_first(
        self, since: datetime, until: datetime | None = None, *, counted: Callable[[int], None] | None = None
    ) -> Iterator[list[Mention]]:
        """The same, oldest first."""
        return self._list(since, until, order="asc", counted=counted)

    def read(self, topic_id: str, mention_id: str) -> Mention:
        """One mention; raises `conversation.not_found`."""
        try:
            return self._remote.get(self._remote.path("inbox", "mention", topic_id, mention_id), Mention)
        except NotFound as error:
            message = f"mention {topic_id}_{mention_id} is not known to account {self._remote.account_id}"
            raise NotFound("conversation.not_found", message) from error

    def thread(self, mention: Mention) -> list[Mention]:
        """The private thread around a mention; that its elements have the form of mentions is assumed."""
        return self._context(mention, list[Mention])

    def story(self, mention: Mention) -> list[ToldMention]:
        """The same thread with its texts and with what was done to each message."""
        return self._context(mention, list[ToldMention])

    def _list(
        self, since: datetime, until: datetime | None, *, order: str, counted: Callable[[int], None] | None
    ) -> Iterator[list[Mention]]:
        params = {"date_from": _written(since), "sort": f"dateadd:{order}", "limit": PAGE}
        if until is not None:
            params["date_to"] = _written(until)
        if self._topic_ids:
            params["topic_ids"] = ",".join(self._topic_ids)
        if self._private_filter:
            params["filter"] = self._private_filter
        path = self._remote.path("inbox", "mentions")
        return self._remote.pages(path, Mention, params=params, counted=counted)

    def _context(self, mention: Mention, kind: type[T]) -> T:
        path = self._remote.path("inbox", "context", str(mention.topic.id), str(mention.id))
        return self._remote.get(path, kind, params={"context_type": "privatemessages"})


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
