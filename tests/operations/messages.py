"""Mentions as a test writes them: who, when, and in answer to what."""

from datetime import UTC, datetime, timedelta
from typing import Final

from qsc_bot.control.driver import Drivers
from qsc_bot.models.conversation import Conversation, ConversationId
from qsc_bot.models.known import Coverage, Wanted
from qsc_bot.models.mention import PRIVATE_MESSAGE, Author, Mention, MentionDate, Message, Source, Topic
from qsc_bot.models.wire import WireId
from qsc_bot.operations.known_rows import View, person_of
from qsc_bot.operations.talk import Talk

START: Final = datetime(2026, 11, 18, 8, tzinfo=UTC)


def at(minute: float) -> datetime:
    """A moment, in minutes from the start."""
    return START + timedelta(minutes=minute)


def customer(
    name: str, minute: float | None, *, number: int, topic: str = "1", kind: str | None = PRIVATE_MESSAGE, sid: str = ""
) -> Mention:
    """A message of a customer; `number` is its id, and its id on the network is `sid` or made from it."""
    service, _, service_id = name.partition(":")
    return Mention(
        id=WireId(number),
        topic=Topic(id=WireId(topic)),
        message=Message(type=kind),
        source=Source(service=service, id=WireId(sid or f"m{number}")),
        author=Author(id=WireId(service_id), name=f"N{service_id}", fullname=f"F{number}", managed=False),
        status=f"s{number}",
        date=MentionDate(published=None if minute is None else at(minute).timestamp()),
    )


def ours(service: str, minute: float, *, number: int, answers: str | None) -> Mention:
    """A message of our side, in answer to a message on the network, or to nobody knows what."""
    return Mention(
        id=WireId(number),
        topic=Topic(id=WireId("1")),
        message=Message(type=PRIVATE_MESSAGE),
        source=Source(
            service=service,
            id=WireId(f"m{number}"),
            in_reply_to_message_id=None if answers is None else WireId(answers),
        ),
        author=Author(id=WireId("shop"), managed=True),
        date=MentionDate(added=at(minute).timestamp()),
    )


class Story(Talk):
    """Messages taken in, and the conversations that they come to as seen at any time."""

    def __init__(self, *, is_filtered: bool = False) -> None:
        super().__init__(_view(START), is_filtered=is_filtered)

    def people(self) -> list[ConversationId]:
        """Everyone who wrote."""
        return [person_of(one) for one in self._index.select(Wanted(since=0.0, order="id"))]

    def conversation(self, person: ConversationId, *, now: datetime) -> Conversation:
        """One conversation."""
        self._view = _view(now)
        row = self.row(person)
        assert row is not None
        return row


def _view(now: datetime) -> View:
    return View(
        now=now,
        method_of=Drivers({}, {}).method_of,
        coverage=Coverage(),
        is_proven=lambda _service: False,
        max_age=timedelta(minutes=2),
        control_max_age=timedelta(hours=1),
    )


def sweep(*mentions: Mention, is_filtered: bool = False) -> Story:
    """What these messages come to."""
    made = Story(is_filtered=is_filtered)
    made.take(mentions)
    return made
