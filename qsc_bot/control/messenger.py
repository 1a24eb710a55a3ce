"""The method `messenger`: Meta tells and moves who holds a thread, as far as it lets this app see.

https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/conversation-routing/apis
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from qsc_bot.api.graph import HiddenOwner
from qsc_bot.api.threads import Threads
from qsc_bot.control.driver import unknown
from qsc_bot.control.survey import STOPPING
from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.models.conversation import Call, Control, ConversationId, Method, Move, Reading
from qsc_bot.models.profile import Messenger
from qsc_bot.models.thread import App, Thread, ThreadOwner
from qsc_bot.models.wire import moment
from qsc_bot.transport.clock import Clock

PLATFORMS: Final = {"instagram": "instagram"}


@dataclass(frozen=True, kw_only=True)
class ThreadNews:
    """When a thread was last updated; `reading` is there where the list proves that it is ours."""

    person: ConversationId
    updated_at: datetime | None
    reading: Reading | None


class MessengerDriver:
    """Control by Meta's thread control, seen as the bot's app."""

    method = Method.MESSENGER

    def __init__(self, threads: Threads, setup: Messenger, *, clock: Clock) -> None:
        self._threads = threads
        self._setup = setup
        self._clock = clock
        self._routed: dict[str, bool] = {}
        self._is_ours: bool | None = None

    def read(self, person: ConversationId) -> Reading:
        """Ask who owns the thread; a holder that Meta hides is `unknown`, never nobody."""
        try:
            with naming(person):
                owner = self._threads.owner(person)
        except HiddenOwner:
            return self._reading(person, ThreadOwner())
        return self._reading(person, owner)

    def news(self, service: str) -> Iterator[list[ThreadNews]]:
        """Threads by their last update, newest first (assumed), those that are ours with a reading; two calls more.

        None in zero-config mode, where Meta does not tell whose a thread is.
        """
        if not self.is_routed(service):
            return
        for page in self._threads.pages(PLATFORMS.get(service, "messenger")):
            yield [news for thread in page if (news := self._news(service, thread)) is not None]

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

    def _news(self, service: str, thread: Thread) -> ThreadNews | None:
        others = [one.id for one in thread.participants.data if one.id != self._threads.page_id]
        if len(others) != 1:
            return None
        person = ConversationId(service, str(others[0]))
        is_ours = bool(thread.is_owner) and self._is_our_token(person)
        reading = self._held_by_bot(person, self._clock.now()) if is_ours else None
        return ThreadNews(person=person, updated_at=_parsed(thread.updated_time), reading=reading)

    def _is_our_token(self, owned: ConversationId) -> bool:
        """Whether the token is the bot's app's: `is_owner` speaks of the app that minted it. Asked once."""
        if self._is_ours is None:
            try:
                self._is_ours = self.read(owned).control is Control.BOT
            except ApiError as error:
                if error.code in STOPPING:
                    raise
                self._is_ours = False
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


def _parsed(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except ValueError:
        return None
