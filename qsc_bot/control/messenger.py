"""The method `messenger`: Meta tells and moves who holds a thread, as far as it lets this app see.

https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/conversation-routing/apis
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from qsc_bot.api.graph import HiddenOwner
from qsc_bot.api.threads import Threads
from qsc_bot.control.driver import unknown
from qsc_bot.control.survey import read_each
from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.models.conversation import Call, Control, Conversation, ConversationId, Method, Move, Reading
from qsc_bot.models.profile import Messenger
from qsc_bot.models.thread import Thread, ThreadOwner
from qsc_bot.models.wire import moment
from qsc_bot.transport.clock import Clock

FEW: Final = 3
"""Up to so many conversations are asked one by one: the list of threads costs more."""
PLATFORMS: Final = {"instagram": "instagram"}
SETTLING: Final = timedelta(days=1)


class MessengerDriver:
    """Control by Meta's thread control, seen as the bot's app."""

    def __init__(self, threads: Threads, setup: Messenger, *, clock: Clock) -> None:
        self._threads = threads
        self._setup = setup
        self._clock = clock
        self._routed: dict[str, bool] = {}

    def survey(self, people: Sequence[Conversation]) -> Iterator[Reading]:
        """Ours from the list of threads, where routing is on; one `thread_owner` for every other thread."""
        ids = [ConversationId(one.service, one.service_id) for one in people]
        ours = self._owned(people) if len(people) > FEW else frozenset()
        rest = read_each(
            [one for one in ids if one not in ours], self.read, method=Method.MESSENGER, now=self._clock.now
        )
        for person in ids:
            yield self._held_by_bot(person) if person in ours else next(rest)

    def read(self, person: ConversationId) -> Reading:
        """Ask who owns the thread; a holder that Meta hides is `unknown`, never nobody."""
        try:
            owner = self._threads.owner(person)
        except HiddenOwner:
            return self._reading(person, ThreadOwner())
        return self._reading(person, owner)

    def plan(self, person: ConversationId, to: Control, *, reading: Reading | None, note: str) -> Move:
        """To the bot: `take` with routing on, `request` without. To the agents: `pass`, after a `take` from others."""
        if to is Control.AGENT:
            give = self._threads.give(person, self._setup.agent_app_id, note)
            held_by_another = reading is not None and (reading.control is Control.OTHER or reading.is_hidden)
            if held_by_another and self._is_routed(person.service):
                return Move(calls=(self._threads.take(person, note), give))
            return Move(calls=(give,))
        if reading is not None and not self._is_routed(person.service):
            return Move(calls=(self._threads.request(person, note),), asks=True)
        return Move(calls=(self._threads.take(person, note),))

    def plan_extension(self, person: ConversationId, seconds: int) -> Move:
        """One write, for the owner only."""
        return Move(calls=(self._threads.extend(person, seconds),))

    def send(self, person: ConversationId, call: Call, *, before: Reading | None) -> None:
        """Send one write; its answer proves nothing about who holds the thread now."""
        self._threads.send(call)

    def _is_routed(self, service: str) -> bool:
        if service not in self._routed:
            self._routed[service] = self._threads.is_routed(service)
        return self._routed[service]

    def _owned(self, people: Sequence[Conversation]) -> frozenset[ConversationId]:
        """The threads that are ours by `is_owner`; none in zero-config mode, where Meta does not tell."""
        service = people[0].service
        try:
            if not self._is_routed(service):
                return frozenset()
            wanted = {ConversationId(one.service, one.service_id) for one in people}
            oldest = min((one.last_message_at for one in people if one.last_message_at), default=None)
            return frozenset(self._sweep(service, wanted, oldest))
        except ApiError as error:
            if error.code in {"auth.rejected", "api.rate_limited"}:
                raise
            return frozenset()

    def _sweep(self, service: str, wanted: set[ConversationId], oldest: datetime | None) -> Iterator[ConversationId]:
        for page in self._threads.pages(PLATFORMS.get(service, "messenger")):
            for thread in page:
                person = self._person(service, thread)
                if person in wanted:
                    wanted.discard(person)
                    if thread.is_owner:
                        yield person
            if not wanted or (oldest and _is_older(page, oldest - SETTLING)):
                return

    def _person(self, service: str, thread: Thread) -> ConversationId | None:
        others = [one.id for one in thread.participants.data if one.id != self._threads.page_id]
        return ConversationId(service, str(others[0])) if len(others) == 1 else None

    def _held_by_bot(self, person: ConversationId) -> Reading:
        return Reading(
            id=person,
            control=Control.BOT,
            holder=self._setup.bot_app_id,
            method=Method.MESSENGER,
            observed_at=self._clock.now(),
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


class NoMessenger:
    """Stands where a profile has no `messenger` section: nothing can be read, and nothing is written."""

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


def _is_older(page: Sequence[Thread], limit: datetime) -> bool:
    times = [_parsed(thread.updated_time) for thread in page if thread.updated_time]
    return bool(times) and all(time is not None and time < limit for time in times)


def _parsed(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
