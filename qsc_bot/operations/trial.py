"""One bot on trial: conversations of its own in the sandbox, deliveries to it, and waiting for what it does."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any, Final, Protocol

from qsc_bot.models.certificate import Mark
from qsc_bot.models.delivery import Answer, Via
from qsc_bot.webhook.signature import HEADERS, sign

LOOK_SECONDS: Final = 0.05
TEXT: Final = "qsc-bot test, not a customer: where is my parcel?"
UNANSWERED: Final = "see whether the bot runs at the address of --to, and let it answer deliveries before it works"
FIRST_NUMBER: Final = 8 * 10**15
"""Above the oldest ids of Twitter and below the newest: one that it never gave, and every JSON reader holds exactly."""

Event = dict[str, Any]
Deliver = Callable[[bytes, dict[str, str]], Answer]


class Stage(Protocol):
    """The sandbox that the bot reaches; nothing that is done here sends anything."""

    def receive(self, conversation: str, text: str) -> Event:
        """A customer writes; the event as its webhook would bring it."""

    def speak(self, conversation: str, text: str) -> Event:
        """Our own side writes; the event as its webhook would bring it."""

    def hold(self, conversation: str, holder: str) -> None:
        """Give a conversation to `agent` or `bot`."""

    def control(self, conversation: str) -> str:
        """Who holds a conversation."""

    def answers(self, conversation: str) -> int:
        """How many messages of our own side went out in it."""

    def tries(self) -> int:
        """How many calls there were to send something, refused ones too."""

    def begin_hour(self) -> None:
        """Give every user a new hour of calls."""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """How long something is waited for, and how long nothing may come before a bot counts as silent; seconds."""

    timeout_seconds: float
    silence_seconds: float
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class Seen:
    """What a bot did in a scenario, in words, how that counts, and what to change where it is not the usual thing."""

    text: str
    mark: Mark = Mark.FAIL
    change: str | None = None

    @classmethod
    def judged(cls, text: str, *, is_right: bool) -> "Seen":
        """What was seen, right or wrong."""
        return cls(text, Mark.PASS if is_right else Mark.FAIL)


class RefusedDelivery(Exception):
    """The bot did not take a delivery that it should take, or did not answer at all."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(told(answer))
        self.seen = Seen(told(answer), change=UNANSWERED if answer.status is None else None)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a scenario plays with: its sandbox, its bot, and ids of this run alone."""

    stage: Stage
    deliver: Deliver
    via: Via
    secret: str
    run: str
    scenario: str
    request: str
    waits: Waits

    def customer(self, number: int = 0, *, service: str | None = None) -> str:
        """A conversation that cannot exist outside of the sandbox, and that no other scenario and run has."""
        service = service or ("twitter" if self.via is Via.SOCIAL_CONNECT else "facebook")
        return f"{service}:qsc-bot-test-{self.run}-{self.scenario}-{number}"

    def write(self, customer: str, text: str = TEXT) -> Event:
        """A customer writes; the event is not sent yet."""
        return self.stage.receive(customer, text)

    def send(self, event: Event, *, secret: str | None = None) -> Answer:
        """Deliver an event, signed with the profile's secret unless another one is given."""
        is_mention = self.via is Via.SOCIAL_CONNECT
        body = json.dumps(event, ensure_ascii=not is_mention, separators=(",", ":")).encode()
        signature = sign(self.via, body, secret or self.secret)
        return self.deliver(body, {"Content-Type": "application/json", HEADERS[self.via]: signature})

    def bring(self, event: Event) -> None:
        """Deliver an event that the bot has to take; raises `RefusedDelivery` for everything but 2xx."""
        answer = self.send(event)
        if not is_taken(answer):
            raise RefusedDelivery(answer)

    def answers(self, customer: str) -> int:
        """How many messages went out to a customer."""
        return self.stage.answers(customer)

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Whether this comes true before the time-out."""
        for _ in range(ceil(self.waits.timeout_seconds / LOOK_SECONDS)):
            if condition():
                return True
            self.waits.sleep(LOOK_SECONDS)
        return condition()

    def wait_for_answer(self, customer: str, *, beside: int = 0) -> int:
        """How many answers there are as soon as there is a new one, or at the time-out."""
        self.wait_for(lambda: self.answers(customer) > beside)
        return self.answers(customer) - beside

    def wait_in_silence(self) -> None:
        """Leave the bot the time to do what it should not do."""
        self.waits.sleep(self.waits.silence_seconds)


def is_taken(answer: Answer) -> bool:
    """Whether a delivery was answered with 2xx."""
    return answer.status is not None and 200 <= answer.status < 300


def told(answer: Answer) -> str:
    """How a delivery was answered, in words."""
    if answer.status is None:
        return f"that a delivery was not answered ({answer.error})"
    return f"that a delivery was answered with status {answer.status}"


def counted(number: int) -> str:
    """A number of answers in words."""
    return {0: "no answer", 1: "one answer"}.get(number, f"{number} answers")
