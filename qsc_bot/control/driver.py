"""Who holds a conversation, and how it moves: one driver for each method, and the map from service to method."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Call, Control, ConversationId, Failure, Method, Move, Reading

DEFAULT_METHODS: Final[Mapping[str, Method]] = {
    "facebook": Method.MESSENGER,
    "instagram": Method.MESSENGER,
    "whatsapp": Method.HANDOVER,
    "web": Method.HANDOVER,
    "viber": Method.HANDOVER,
    "twilio": Method.HANDOVER,
}
"""Every service that is not named here uses the tag."""


class Driver(Protocol):
    """One way of moving control. A move is planned as calls, so that a dry run shows exactly what would be sent."""

    @property
    def method(self) -> Method:
        """The method that this drives."""

    def read(self, person: ConversationId) -> Reading:
        """Read one, fresh."""

    def plan(self, person: ConversationId, to: Control, *, reading: Reading | None, note: str) -> Move:
        """The writes that move it to `bot` or `agent`; without a reading, those of the plainest case."""

    def plan_extension(self, person: ConversationId, seconds: int) -> Move:
        """The writes that prolong control; none where the method knows no expiry."""

    def send(self, person: ConversationId, call: Call, *, before: Reading | None) -> Reading | None:
        """Send one planned call; what the answer proves about the state, if anything."""


class Drivers:
    """The driver of each service, built when first asked for."""

    def __init__(self, channels: Mapping[str, str], build: Mapping[Method, Callable[[], Driver]]) -> None:
        self._channels = channels
        self._build = build
        self._built: dict[Method, Driver] = {}

    def method_of(self, service: str) -> Method:
        """How control moves on a service: the profile's `channels` first, then the default map."""
        own = self._channels.get(service)
        return Method(own) if own else DEFAULT_METHODS.get(service, Method.TAG)

    def of(self, service: str) -> Driver:
        """The driver of a service."""
        method = self.method_of(service)
        if method not in self._built:
            self._built[method] = self._build[method]()
        return self._built[method]


def failed(person: ConversationId, method: Method, error: QscBotError, at: datetime) -> Reading:
    """A state that could not be read because the call failed."""
    return Reading(
        id=person,
        control=Control.UNKNOWN,
        method=method,
        observed_at=at,
        note=error.message,
        failure=Failure.of(error),
    )


def unknown(person: ConversationId, method: Method, reason: str, at: datetime) -> Reading:
    """A state that cannot be read, with its reason."""
    return Reading(id=person, control=Control.UNKNOWN, method=method, observed_at=at, note=reason)
