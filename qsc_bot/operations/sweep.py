"""From mentions to private messages as the index keeps them: without their text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from qsc_bot.control.driver import DEFAULT_METHODS
from qsc_bot.models.conversation import ConversationId, Method
from qsc_bot.models.mention import PRIVATE_MESSAGE, Mention
from qsc_bot.storage.talk import Said


def is_private(mention: Mention, *, is_filtered: bool) -> bool:
    """By the profile's own filter, else by `message.type`; handover services carry private messages only."""
    if is_filtered or mention.message.type == PRIVATE_MESSAGE:
        return True
    method = DEFAULT_METHODS.get(mention.source.service or "")
    return mention.message.type is None and method is Method.HANDOVER


@dataclass
class Sieve:
    """Tells private messages from others, and counts both."""

    is_filtered: bool
    seen: int = 0
    private: int = 0
    other_types: set[str] = field(default_factory=set)

    def private_messages(self, mentions: Iterable[Mention]) -> Iterator[Said]:
        """The private messages of a page, as far as they say when and for whom they are."""
        for mention in mentions:
            self.seen += 1
            if not is_private(mention, is_filtered=self.is_filtered):
                self.other_types.add(mention.message.type or "none")
                continue
            self.private += 1
            message = said(mention)
            if message is not None:
                yield message


def said(mention: Mention, *, thread_of: ConversationId | None = None) -> Said | None:
    """One private message; None where it does not say when or by whom it was written.

    In the private thread of one customer every message of ours answers this customer.
    """
    writer, at = mention.conversation, mention.at
    if at is None or mention.source.service is None or (writer is None and not mention.ours):
        return None
    person = writer or thread_of
    source, author = mention.source, mention.author
    return Said(
        mention=mention.unique_id,
        service=mention.source.service,
        person=person.service_id if person else None,
        is_ours=mention.ours,
        at=at.timestamp(),
        source_id=source.id,
        reply_to=source.in_reply_to_message_id if mention.ours else None,
        topic=str(mention.topic.id),
        name=author.fullname or author.name,
        status=mention.status,
        assigned_to=tuple(
            one.display_name or str(one.id) for one in mention.assignees or [] if one.display_name or one.id
        ),
        permalink=mention.permalink,
    )
