"""Messages looked at for one command alone, and the conversations that they come to."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from qsc_bot.models.conversation import Conversation, ConversationId
from qsc_bot.models.mention import Mention
from qsc_bot.operations.known_rows import View
from qsc_bot.operations.sweep import Sieve, said
from qsc_bot.storage.index import memory_index


class Talk:
    """Kept in memory until it is closed; `sieve` counts what was taken in."""

    def __init__(self, view: View, *, is_filtered: bool) -> None:
        self._view = view
        self._index = memory_index(now=view.now.timestamp)
        self.sieve = Sieve(is_filtered)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._index.close()

    def take(self, mentions: Iterable[Mention]) -> list[ConversationId]:
        """Take a page of the inbox in; the customers that were not seen before, in order."""
        return self._index.take(list(self.sieve.private_messages(mentions)))

    def take_thread(self, mentions: Iterable[Mention], person: ConversationId) -> None:
        """Take in the private thread of one customer, where every message of ours answers this customer."""
        self._index.take([one for mention in mentions if (one := said(mention, thread_of=person))])

    def row(self, person: ConversationId, *, is_whole: bool = True) -> Conversation | None:
        """What the messages tell of a customer; unless they are all, nobody knows since when this one waits."""
        known = self._index.find(person)
        if known is None:
            return None
        row = self._view.row(known)
        waiting_s = row.waiting_s if is_whole or not row.waiting_s else None
        return replace(row, waiting_s=waiting_s, note=self._view.talk_note(known) if is_whole else None)
