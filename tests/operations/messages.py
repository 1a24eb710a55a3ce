"""Mentions as a test writes them: who, when, and in answer to what."""

from datetime import UTC, datetime, timedelta
from typing import Final

from qsc_bot.control.driver import Drivers
from qsc_bot.models.mention import PRIVATE_MESSAGE, Author, Mention, MentionDate, Message, Source, Topic
from qsc_bot.models.wire import WireId
from qsc_bot.operations.sweep import Sweep

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


def sweep(*mentions: Mention, is_filtered: bool = False) -> Sweep:
    """A sweep that took these."""
    made = Sweep(is_filtered=is_filtered, method_of=Drivers({}, {}).method_of)
    made.take(mentions)
    return made
