"""One bot on trial: conversations of its own in the sandbox, deliveries to it, and waiting for what it does."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final, Protocol

from qsc_bot.credentials.secrets import SANDBOX_SECRETS, variable_of
from qsc_bot.models.certificate import Mark
from qsc_bot.models.delivery import Answer, Via
from qsc_bot.operations.answering import common_cause, is_taken
from qsc_bot.operations.odd_events import Event
from qsc_bot.operations.signature import SIGNS
from qsc_bot.webhook.signature import HEADERS, sign

LOOK_SECONDS: Final = 0.05
TEXT: Final = "qsc-bot test, not a customer: where is my parcel?"
UNANSWERED: Final = "see whether the bot runs at the address of --to, and let it answer deliveries before it works"
FIRST_NUMBER: Final = 8 * 10**15
"""Above the oldest ids of Twitter and below the newest: one that it never gave, and every JSON reader holds exactly."""

DENIED: Final = (401, 403)

Deliver = Callable[[bytes, dict[str, str]], Answer]


class Stage(Protocol):
    """The sandbox that the bot reaches; nothing that is done here sends anything."""

    def receive(self, conversation: str, text: str) -> Event:
        """A customer writes; the event as its webhook would bring it."""

    def speak(self, conversation: str, text: str) -> Event:
        """Our own side writes; the event as its webhook would bring it."""

    def hold(self, conversation: str, holder: str) -> Sequence[Event]:
        """Give a conversation to `agent` or `bot`; the events that the bot's webhook would bring of it."""

    def control(self, conversation: str) -> str:
        """Who holds a conversation."""

    def answers(self, conversation: str) -> int:
        """How many messages of our own side went out in it."""

    def refusals(self, conversation: str) -> int:
        """How many tries to write in it Messenger refused."""

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
    """What a bot did in a scenario, in words, how that counts, and what to change where it is not the usual thing.

    `stays`: how many answers conversations have, and may have at the end of the run, too.
    """

    text: str
    mark: Mark = Mark.FAIL
    change: str | None = None
    stays: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def judged(cls, text: str, *, is_right: bool, stays: Mapping[str, int] | None = None) -> "Seen":
        """What was seen, right or wrong."""
        return cls(text, Mark.PASS if is_right else Mark.FAIL, stays=stays or {})


class RefusedDelivery(Exception):
    """The bot did not take a delivery that it should take, or did not answer at all; `change` where it takes others."""

    def __init__(self, answer: Answer, what: str, change: str | None = None) -> None:
        super().__init__(told(answer, what))
        self.answer = answer
        self.change = change


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

    def customer(self, number: int | str = 0, *, service: str | None = None) -> str:
        """A conversation that cannot exist outside of the sandbox, and that no other scenario and run has."""
        service = service or ("twitter" if self.via is Via.SOCIAL_CONNECT else "facebook")
        return f"{service}:qsc-bot-test-{self.run}-{self.scenario}-{number}"

    def write(self, customer: str, text: str = TEXT) -> Event:
        """A customer writes; the event is not sent yet."""
        return self.stage.receive(customer, text)

    def speak(self, customer: str) -> Event:
        """Our own side writes; the event is not sent yet.

        Whoever is asked for as its author on Social Connect is there and bears no tag: that the account's own profile
        is no contact, which is not known, is not what keeps a bot silent.
        """
        event = self.stage.speak(customer, TEXT)
        if self.via is Via.MESSENGER:
            return event
        author = self.customer("own")
        self.stage.receive(author, TEXT)
        return event | {"author": event["author"] | {"id": author.partition(":")[2]}}

    def sign(self, body: bytes, secret: str | None = None) -> str:
        """The header's value of a body, made with the profile's secret unless another one is given."""
        return sign(self.via, body, secret or self.secret)

    def written(self, event: Event) -> bytes:
        """An event as its sender writes it: Meta escapes what is not ASCII."""
        return json.dumps(event, ensure_ascii=self.via is Via.MESSENGER, separators=(",", ":")).encode()

    def post(self, body: bytes, signature: str | None) -> Answer:
        """Deliver these bytes under a signature, or under none."""
        signed = {} if signature is None else {HEADERS[self.via]: signature}
        return self.deliver(body, {"Content-Type": "application/json"} | signed)

    def send(self, event: Event) -> Answer:
        """Deliver an event, signed with the profile's secret."""
        body = self.written(event)
        return self.post(body, self.sign(body))

    def bring(self, event: Event, what: str = "a delivery", *, change: str | None = None) -> None:
        """Deliver an event that the bot has to take; raises `RefusedDelivery` for everything but 2xx."""
        answer = self.send(event)
        if not is_taken(answer):
            raise RefusedDelivery(answer, what, change)

    def send_usual(self) -> Answer:
        """Deliver what every bot takes: a customer's message, in a conversation of its own."""
        return self.send(self.write(self.customer("usual")))

    def explained(self, refused: RefusedDelivery) -> Seen:
        """What was refused, with its cause; a usual message tells whether that lies in what was sent."""
        answer = refused.answer
        if answer.status is None:
            return Seen(str(refused), change=UNANSWERED)
        if not is_taken(self.send_usual()):
            return Seen(str(refused), change=self.cause(answer))
        raw = f"compare {HEADERS[self.via]} with the signature of the raw bytes as they arrived"
        return Seen(str(refused), change=refused.change or (raw if answer.status in DENIED else None))

    def cause(self, answer: Answer) -> str:
        """Why a bot takes nothing, from how it answered."""
        if answer.status not in DENIED:
            return common_cause(answer) or "it refuses a usual message, too: see its log"
        name = SIGNS[self.via]
        secret = f"{variable_of(name)}, on profile sandbox {SANDBOX_SECRETS[name]}"
        return f"compare {HEADERS[self.via]} with the signature of the raw bytes, made with the secret ({secret})"

    def hand(self, customer: str, holder: str) -> None:
        """Give a conversation to `agent` or `bot`, and deliver what Messenger tells of it."""
        change = "answer events of messaging_handovers with 2xx"
        for event in self.stage.hold(customer, holder):
            self.bring(event, "an event of a hand-over", change=change)

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


def told(answer: Answer, what: str = "a delivery") -> str:
    """How a delivery was answered, in words."""
    if answer.status is None:
        return f"that {what} was not answered ({answer.error})"
    return f"that {what} was answered with status {answer.status}"


def counted(number: int) -> str:
    """A number of answers in words."""
    return {0: "no answer", 1: "one answer"}.get(number, f"{number} answers")
