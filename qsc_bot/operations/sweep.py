"""From mentions to conversations: who wrote last, and who has been waiting since when.

Pure: mentions may come in any order and more than once; the result is the same.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from qsc_bot.control.driver import DEFAULT_METHODS
from qsc_bot.models.conversation import Conversation, ConversationId, Method
from qsc_bot.models.mention import PRIVATE_MESSAGE, Mention

NOT_READ_YET: Final = "streamed before older messages were read; add --sort waiting to have waiting_s"
UNTIED: Final = "an own message does not say whom it answers, so whether this customer waits is not known"


@dataclass
class Person:
    """What was seen of one customer's messages."""

    newest: Mention
    written: dict[str, tuple[datetime, str | None]] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)


def is_private(mention: Mention, *, is_filtered: bool) -> bool:
    """By the profile's own filter, else by `message.type`; handover services carry private messages only."""
    if is_filtered or mention.message.type == PRIVATE_MESSAGE:
        return True
    method = DEFAULT_METHODS.get(mention.source.service or "")
    return mention.message.type is None and method is Method.HANDOVER


class Sweep:
    """Gathers mentions into conversations. Our own messages are tied to the customer's message that they answer."""

    def __init__(self, *, is_filtered: bool, method_of: Callable[[str], Method]) -> None:
        self._is_filtered = is_filtered
        self._method_of = method_of
        self._people: dict[ConversationId, Person] = {}
        self._replies: dict[str, datetime] = {}
        self._in_thread: dict[ConversationId, datetime] = {}
        self._untied: dict[str, datetime] = {}
        self.seen = 0
        self.private = 0
        self.other_types: set[str] = set()

    def __len__(self) -> int:
        return len(self._people)

    def __contains__(self, person: ConversationId) -> bool:
        return person in self._people

    def take(self, mentions: Iterable[Mention], *, thread_of: ConversationId | None = None) -> list[ConversationId]:
        """Take a page in; the people that were not seen before, in order.

        In the private thread of one customer every message of ours answers this customer.
        """
        fresh = []
        for mention in mentions:
            self.seen += 1
            if not is_private(mention, is_filtered=self._is_filtered):
                self.other_types.add(mention.message.type or "none")
                continue
            self.private += 1
            if mention.ours:
                self._take_ours(mention, thread_of)
                continue
            person = mention.conversation
            if person is None or mention.at is None:
                continue
            if person not in self._people:
                fresh.append(person)
            self._take_customers(person, mention)
        return fresh

    def people(self) -> Iterator[ConversationId]:
        """Everyone seen, in the order seen."""
        return iter(self._people)

    def conversation(self, person: ConversationId, *, now: datetime, is_whole: bool = True) -> Conversation:
        """One conversation without its control; `is_whole` is false while older messages are still to be read."""
        seen = self._people[person]
        newest = seen.newest
        replied = self._replied(person, seen)
        last = max(at for at, _ in seen.written.values())
        is_answered = replied is not None and replied >= last
        waiting_s, note = self._waiting(person, seen, replied, now=now, is_whole=is_whole)
        return Conversation(
            id=str(person),
            service=person.service,
            service_id=person.service_id,
            name=newest.author.fullname or newest.author.name,
            method=self._method_of(person.service),
            topic_ids=sorted(seen.topics),
            last_message_at=replied if is_answered else last,
            last_message_from="us" if is_answered else "customer",
            waiting_s=waiting_s,
            status=newest.status,
            assigned_to=[
                one.display_name or str(one.id) for one in newest.assignees or [] if one.display_name or one.id
            ],
            mention=newest.unique_id,
            permalink=newest.permalink,
            note=note,
        )

    def _replied(self, person: ConversationId, seen: Person) -> datetime | None:
        times = [self._replies[key] for _, key in seen.written.values() if key in self._replies]
        if person in self._in_thread:
            times.append(self._in_thread[person])
        return max(times, default=None)

    def _waiting(
        self, person: ConversationId, seen: Person, replied: datetime | None, *, now: datetime, is_whole: bool
    ) -> tuple[int | None, str | None]:
        unanswered = [at for at, _ in seen.written.values() if replied is None or at > replied]
        if not unanswered:
            return 0, None
        if not is_whole:
            return None, NOT_READ_YET
        untied = self._untied.get(person.service)
        if untied is not None and untied >= min(unanswered):
            return None, UNTIED
        return max(0, int((now - min(unanswered)).total_seconds())), None

    def _take_ours(self, mention: Mention, thread_of: ConversationId | None) -> None:
        at, service = mention.at, mention.source.service or ""
        if at is None:
            return
        if thread_of is not None:
            self._in_thread[thread_of] = max(at, self._in_thread.get(thread_of, at))
            return
        if mention.source.in_reply_to_message_id is None:
            self._untied[service] = max(at, self._untied.get(service, at))
            return
        key = f"{service}:{mention.source.in_reply_to_message_id}"
        self._replies[key] = max(at, self._replies.get(key, at))

    def _take_customers(self, person: ConversationId, mention: Mention) -> None:
        at = mention.at
        if at is None:
            return
        seen = self._people.setdefault(person, Person(newest=mention))
        key = f"{person.service}:{mention.source.id}" if mention.source.id is not None else None
        seen.written[mention.unique_id] = (at, key)
        seen.topics.add(str(mention.topic.id))
        if (at, mention.unique_id) > (seen.newest.at or at, seen.newest.unique_id):
            seen.newest = mention
