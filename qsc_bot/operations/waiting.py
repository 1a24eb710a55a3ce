"""Waits until something holds of one conversation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.control.driver import failed
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Control, Conversation, ConversationId, Method, Reading
from qsc_bot.models.duration import spoken
from qsc_bot.models.wording import counted
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.rows import empty, merge

INTERVAL_FLOOR_SECONDS: Final = 1.0
JITTER: Final = 0.1
CONDITIONS: Final = f"control={'|'.join(Control)}, escalated=true|false"
_TRUTH: Final = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What is waited for: who holds a conversation, or whether its contact bears the escalation tag."""

    control: Control | None = None
    escalated: bool | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `control=WORD` or `escalated=true|false`; raises `usage.invalid` naming what can be."""
        match text.partition("="):
            case "control", "=", word if word in list(Control):
                return cls(control=Control(word))
            case "escalated", "=", word if word in _TRUTH:
                return cls(escalated=_TRUTH[word])
        raise QscBotError("usage.invalid", f"{text[:40]!r} cannot be waited for", expected=CONDITIONS)

    def __str__(self) -> str:
        return _told(self)

    def holds(self, reading: Reading) -> bool:
        """Whether a reading shows it; what could not be read does not."""
        if self.control is not None:
            return reading.control is self.control
        return reading.escalated is self.escalated

    def found(self, reading: Reading) -> str:
        """What a reading shows instead."""
        if self.control is not None:
            return _told(Condition(control=reading.control)) + (f" ({reading.note})" if reading.note else "")
        return "escalated is not known" if reading.escalated is None else _told(Condition(escalated=reading.escalated))


def _told(condition: Condition) -> str:
    if condition.control is not None:
        return f"control={condition.control}"
    return f"escalated={str(condition.escalated).lower()}"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait, and how long between two looks; `now` is this machine's time in seconds."""

    timeout_s: float
    interval_s: float
    now: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]


def wait_for(
    connection: Connection,
    person: ConversationId,
    condition: Condition,
    patience: Patience,
    *,
    options: str = "",
    progress: Callable[[str], None],
    tell: Callable[[str], None],
) -> Conversation:
    """The conversation as soon as the condition holds; one fresh reading for each look, the last at the timeout.

    A temporary failure does not end it. Raises `wait.not_met`, and at once what more looks cannot mend;
    `options` are those that the next command line needs too.
    """
    check_waitable(connection, person, condition)
    wait = _Wait(connection, person, condition, patience, progress, tell)
    reading = wait.until_it_holds()
    if reading is None:
        raise wait.not_met(options)
    return _row(connection, reading, condition)


class _Wait:
    """One wait: what was read last, and what failed."""

    def __init__(
        self,
        connection: Connection,
        person: ConversationId,
        condition: Condition,
        patience: Patience,
        progress: Callable[[str], None],
        tell: Callable[[str], None],
    ) -> None:
        driver = connection.drivers.of(person.service)
        self._driver = driver if condition.escalated is None else connection.tag
        self._person = person
        self._condition = condition
        self._patience = patience
        self._progress = progress
        self._tell = tell
        self._last: Reading | None = None
        self._failure: QscBotError | None = None
        self._failures = 0
        self._is_told = False

    def until_it_holds(self) -> Reading | None:
        """The reading that shows it, or None at the timeout."""
        patience, is_last = self._patience, False
        deadline = patience.now() + patience.timeout_s
        self._say(patience.timeout_s)
        while True:
            reading = self._look()
            if reading and self._condition.holds(reading):
                return reading
            left = deadline - patience.now()
            if is_last or left <= 0:
                return None
            self._say(left)
            pause = patience.interval_s * (1 + JITTER * patience.jitter())
            is_last = pause >= left
            patience.sleep(min(pause, left))
            if not is_last and patience.now() >= deadline:
                return None  # the machine slept longer than it was told

    def not_met(self, options: str) -> QscBotError:
        """The failure at the timeout."""
        last = self._last
        found = self._condition.found(last) if last else "nothing could be read"
        failed_looks = f"{counted(self._failures, 'look')} failed, the last one: "
        failures = f"; {failed_looks}{self._failure.message} [{self._failure.code}]" if self._failure else ""
        within = spoken(self._patience.timeout_s)
        read = f"{found} was read last" if last else found
        return QscBotError(
            "wait.not_met",
            f"{self._person}: {self._condition} did not come true within {within}; {read}{failures}",
            expected=str(self._condition),
            found=found,
            hint=(f"qsc-bot conversation explain {self._person.typed}{options}",),
        )

    def _look(self) -> Reading | None:
        try:
            self._last = self._driver.read(self._person)
        except QscBotError as error:
            if not error.retryable:
                raise
            self._failures += 1
            self._failure = error
            if not self._is_told:
                self._tell(f"{self._person} could not be read, and is looked at again: {error.message}")
                self._is_told = True
            return None
        return self._last

    def _say(self, left: float) -> None:
        now = f", now {self._condition.found(self._last)}" if self._last else ""
        self._progress(f"waiting for {self._condition}, {spoken(left)} left: {self._person}{now}")


def check_waitable(connection: Connection, person: ConversationId, condition: Condition) -> None:
    """Refuse to wait for what no look can show; raises `usage.service`, `config.messenger`."""
    service, method = person.service, connection.drivers.method_of(person.service)
    reads_contact = condition.escalated is not None or method is Method.TAG
    if reads_contact and service in UNSUPPORTED:
        raise QscBotError(
            "usage.service", f"contact calls do not support {service}, so whether it is escalated cannot be read"
        )
    if condition.escalated is None and method is Method.MESSENGER and connection.messenger is None:
        raise QscBotError(
            "config.messenger",
            f"{person} moves by Messenger, and profile {connection.profile.name} has no messenger section",
        )


def _row(connection: Connection, reading: Reading, condition: Condition) -> Conversation:
    """The conversation as of the last reading; where that was of the contact alone, who holds it is read too."""
    row = merge(empty(connection, reading.id), reading)
    driver = connection.drivers.of(reading.id.service)
    if condition.escalated is None or driver.method is Method.TAG:
        return row
    try:
        return merge(row, driver.read(reading.id))
    except QscBotError as error:
        return merge(row, failed(reading.id, driver.method, error, connection.clock.now()))
