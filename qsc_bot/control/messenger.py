"""The method `messenger`: Meta tells and moves who holds a thread, as far as it lets this app see.

https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/conversation-routing/apis
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from qsc_bot.api.graph import HiddenOwner
from qsc_bot.api.threads import Threads
from qsc_bot.control.driver import unknown
from qsc_bot.control.owned_threads import OwnedThreads
from qsc_bot.control.survey import STOPPING, read_each
from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.models.conversation import Call, Control, Conversation, ConversationId, Method, Move, Reading
from qsc_bot.models.profile import Messenger
from qsc_bot.models.thread import App, ThreadOwner
from qsc_bot.models.wire import moment
from qsc_bot.transport.clock import Clock

FEW: Final = 3
"""Up to so many conversations are asked one by one: the list of threads costs more."""


class MessengerDriver:
    """Control by Meta's thread control, seen as the bot's app."""

    method = Method.MESSENGER

    def __init__(self, threads: Threads, setup: Messenger, *, clock: Clock) -> None:
        self._threads = threads
        self._setup = setup
        self._clock = clock
        self._routed: dict[str, bool] = {}
        self._lists: dict[str, OwnedThreads] = {}
        self._is_ours: bool | None = None

    def survey(self, people: Sequence[Conversation]) -> Iterator[Reading]:
        """Ours from the list of threads, where routing is on; one `thread_owner` for every other thread."""
        ours = self._owned(people) if len(people) > FEW else {}
        ids = [ConversationId(one.service, one.service_id) for one in people]
        rest = read_each(
            [one for one in ids if one not in ours], self.read, method=Method.MESSENGER, now=self._clock.now
        )
        for person in ids:
            yield self._held_by_bot(person, ours[person]) if person in ours else next(rest)

    def read(self, person: ConversationId) -> Reading:
        """Ask who owns the thread; a holder that Meta hides is `unknown`, never nobody."""
        try:
            with naming(person):
                owner = self._threads.owner(person)
        except HiddenOwner:
            return self._reading(person, ThreadOwner())
        return self._reading(person, owner)

    def plan(self, person: ConversationId, to: Control, *, reading: Reading | None, note: str) -> Move:
        """To the bot: `take` with routing on, `request` without. To the agents: `pass`, after a `take` from others."""
        if to is Control.AGENT:
            give = self._threads.give(person, self._setup.agent_app_id, note)
            held_by_another = reading is not None and (reading.control is Control.OTHER or reading.is_hidden)
            if held_by_another and self.is_routed(person.service):
                return Move(calls=(self._threads.take(person, note), give))
            return Move(calls=(give,))
        if reading is not None and not self.is_routed(person.service):
            return Move(calls=(self._threads.request(person, note),), asks=True)
        return Move(calls=(self._threads.take(person, note),))

    def plan_extension(self, person: ConversationId, seconds: int) -> Move:
        """One write, for the owner only."""
        return Move(calls=(self._threads.extend(person, seconds),))

    def send(self, person: ConversationId, call: Call, *, before: Reading | None) -> None:
        """Send one write; its answer proves nothing about who holds the thread now."""
        with naming(person):
            self._threads.send(call)

    def is_routed(self, service: str) -> bool:
        """Whether Conversation Routing is on; asked once a run."""
        if service not in self._routed:
            self._routed[service] = self._threads.is_routed(service)
        return self._routed[service]

    def apps(self) -> list[App]:
        """The apps that are connected to the Page, as far as Meta shows them."""
        return self._threads.apps()

    def _owned(self, people: Sequence[Conversation]) -> dict[ConversationId, datetime]:
        """The threads that the list shows as ours, and when; none in zero-config mode, where Meta does not tell."""
        service = people[0].service
        try:
            if not self.is_routed(service):
                return {}
            ours = dict(self._listed_as_ours(service, people))
            return ours if ours and self._is_our_token(next(iter(ours))) else {}
        except ApiError as error:
            if error.code in STOPPING:
                raise
            return {}

    def _listed_as_ours(
        self, service: str, people: Sequence[Conversation]
    ) -> Iterator[tuple[ConversationId, datetime]]:
        if service not in self._lists:
            self._lists[service] = OwnedThreads(self._threads, service=service, now=self._clock.now)
        for one in people:
            person = ConversationId(one.service, one.service_id)
            seen_at = self._lists[service].seen_as_ours(person, active_at=one.last_message_at)
            if seen_at is not None:
                yield person, seen_at

    def _is_our_token(self, owned: ConversationId) -> bool:
        """Whether the token is the bot's app's: `is_owner` speaks of the app that minted it. Asked once."""
        if self._is_ours is None:
            self._is_ours = self.read(owned).control is Control.BOT
        return self._is_ours

    def _held_by_bot(self, person: ConversationId, seen_at: datetime) -> Reading:
        return Reading(
            id=person,
            control=Control.BOT,
            holder=self._setup.bot_app_id,
            method=Method.MESSENGER,
            observed_at=seen_at,
        )

    def _reading(self, person: ConversationId, owner: ThreadOwner | None) -> Reading:
        until = moment(owner.expiration) if owner else None
        holder = str(owner.app_id) if owner and owner.app_id else None
        control, note = self._control(owner, holder, until)
        return Reading(
            id=person,
            control=control,
            holder=holder,
            is_hidden=owner is not None and holder is None,
            control_until=until,
            method=Method.MESSENGER,
            observed_at=self._clock.now(),
            note=note,
        )

    def _control(
        self, owner: ThreadOwner | None, holder: str | None, until: datetime | None
    ) -> tuple[Control, str | None]:
        if owner is None:
            if self._setup.default_app == "bot":
                return Control.IDLE, None
            return Control.UNKNOWN, "Meta names no holder: idle, or held by an app we may not see"
        if holder is None:
            return Control.UNKNOWN, "held by an app we cannot see" + (
                f", until {until:%Y-%m-%dT%H:%M:%SZ}" if until else ""
            )
        known = {self._setup.bot_app_id: Control.BOT, self._setup.agent_app_id: Control.AGENT}
        return known.get(holder, Control.OTHER), None


@contextmanager
def naming(person: ConversationId) -> Iterator[None]:
    """Let errors say whom they are about: Meta's messages name no one."""
    try:
        yield
    except ApiError as error:
        error.message = f"{person}: {error.message}"
        raise


class NoMessenger:
    """Stands where a profile has no `messenger` section: nothing can be read, and nothing is written."""

    method = Method.MESSENGER

    def __init__(self, *, profile: str, now: Callable[[], datetime]) -> None:
        self._profile = profile
        self._now = now

    def survey(self, people: Sequence[Conversation]) -> Iterator[Reading]:
        """Unknown, each."""
        return (self.read(ConversationId(one.service, one.service_id)) for one in people)

    def read(self, person: ConversationId) -> Reading:
        """Unknown, with the reason."""
        return unknown(person, Method.MESSENGER, f"profile {self._profile} has no messenger section", self._now())

    def plan(self, person: ConversationId, to: Control, *, reading: Reading | None, note: str) -> Move:
        """Raises `config.messenger`."""
        raise self._refusal(person)

    def plan_extension(self, person: ConversationId, seconds: int) -> Move:
        """Raises `config.messenger`."""
        raise self._refusal(person)

    def send(self, person: ConversationId, call: Call, *, before: Reading | None) -> Reading | None:
        """Raises `config.messenger`."""
        raise self._refusal(person)

    def _refusal(self, person: ConversationId) -> QscBotError:
        return QscBotError(
            "config.messenger",
            f"{person} moves by Messenger, and profile {self._profile} has no messenger section",
        )
