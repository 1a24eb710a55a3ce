"""The calls to one remote: each is taken from the ledger before it is sent, and settled when it is answered."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

import httpx

from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.models.wire import moment
from qsc_bot.models.wording import counted
from qsc_bot.storage.account import Account, Look
from qsc_bot.storage.budget import Ledger
from qsc_bot.storage.window import GRACE_SECONDS, Instant, Refused, Ticket, Told, Waiting, Window
from qsc_bot.transport.clock import Clock
from qsc_bot.transport.limit_headers import read_told, read_usage
from qsc_bot.transport.parallel import is_leaving

SHORT_WAIT_SECONDS: Final = 5.0
"""A reset as near as this is waited for unasked."""
LOOK_SECONDS: Final = 0.05
"""How often a thread looks whether an answer has come that it waits for."""
SLICE_SECONDS: Final = 1.0
"""How long a wait for a reset may go on after Ctrl-C."""
_LOOKS_FOR_FIRST: Final = 300
_LOOKS_FOR_MORE: Final = 40
_WAITS: Final = 3

RemoteName = Literal["social-connect", "graph", "graph-app"]


@dataclass
class Rule:
    """What holds for the calls of one stretch of work; a reserve of None lets every call go.

    A wait for a reset ends as soon as `should_stop`.
    """

    reserve: int | None = 0
    most_calls: int | None = None
    across_reset: bool = False
    tell: Callable[[str], None] = lambda _text: None
    should_stop: Callable[[], bool] = lambda: False
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> None:
        """One call more; raises `budget.max_calls` where that is too many."""
        with self.lock:
            if self.most_calls is not None and self.calls >= self.most_calls:
                raise QscBotError("budget.max_calls", f"--max-calls {self.most_calls} is reached")
            self.calls += 1

    def uncount(self) -> None:
        """One call less: it was not made."""
        with self.lock:
            self.calls -= 1


@dataclass
class Room:
    """The calls that one thread has set aside: those it was given leave for, and how many it is to get still."""

    owed: int
    tickets: list[Ticket] = field(default_factory=list)


class Allowance:
    """What one remote lets one user call, shared by the threads of this run and by every process of this machine."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        remote: RemoteName,
        host: str,
        token: Callable[[], str],
        clock: Clock,
        sleep: Callable[[float], None],
        rule: Callable[[], Rule] = Rule,
    ) -> None:
        self._ledger = ledger
        self._remote = remote
        self._clock = clock
        self._sleep = sleep
        self._rule = rule
        self._account: Account | None = None
        self._settled = threading.Condition()
        self._resetting = threading.Lock()
        self._told_until: float | None = None
        self._rooms = threading.local()
        self.host = host
        self.token = token
        self.calls = 0
        self.answers = 0
        self.busy_s = 0.0
        self.window: Window | None = None

    @property
    def is_limited(self) -> bool:
        """Whether this remote tells a limit in calls, as Social Connect does; Meta tells percentages."""
        return self._remote == "social-connect"

    @property
    def account(self) -> Account:
        """Whose calls these are; raises where there is no token."""
        if self._account is None:
            self._account = Account.of(self._remote, self.host, self.token())
        return self._account

    def take(self) -> Ticket:
        """Leave for one call, after a wait where another goes first.

        Raises `budget.reserved`, `budget.max_calls`, and `api.rate_limited` where nothing at all is left.
        """
        rule, account = self._rule(), self.account
        rule.count()
        try:
            ticket = self._next_ticket(account, rule)
        except BaseException:
            rule.uncount()
            raise
        with self._settled:
            self.calls += 1
        return ticket

    def settle(self, ticket: Ticket, response: httpx.Response | None, *, took_s: float = 0.0) -> None:
        """Take over what an answer tells, and how long it took; without one the call is in doubt, and counts as used.

        Raises as `take` does where this is the first answer of a room, and leaves too few for the rest of it.
        """
        at = self.now()
        told, usage = Told(is_answer=False), None
        if response is not None and self.is_limited:
            told = read_told(response, at)
        elif response is not None:
            told, usage = Told(is_success=response.is_success), read_usage(response, at)
        window = self._ledger.settle(self.account, ticket, told, at=at, usage=usage)
        with self._settled:
            self.answers += response is not None
            self.busy_s += took_s
            self.window = window
            self._settled.notify_all()
        if response is not None and (room := self._room):
            self._fill(room, _inside(self._rule()))

    def give_back(self, ticket: Ticket) -> None:
        """Undo the taking of a call that was surely not sent; one that was set aside stays so."""
        room = self._room
        if room and not ticket.is_first:
            room.tickets.append(ticket)
        else:
            self._ledger.give_back(self.account, ticket, at=self.now())
            if room:
                room.owed += 1
        self._rule().uncount()
        with self._settled:
            self.calls -= 1
            self._settled.notify_all()

    @contextmanager
    def room(self, calls: int) -> Iterator[None]:
        """Set so many calls of this thread aside, all or none, and give back at the end what is left of them.

        Raises as `take` does, before anything is sent; calls beyond them may use the reserve, and wait for no reset.
        While nothing is known of the window only the first call is taken, and the rest when its answer has come.
        """
        assert self._room is None
        room = Room(owed=calls)
        try:
            self._fill(room, self._rule())
            self._rooms.own = room
            yield
        finally:
            self._rooms.own = None
            for ticket in room.tickets:
                self._ledger.give_back(self.account, ticket, at=self.now())
            with self._settled:
                self._settled.notify_all()

    def wait_for_turn(self, interval_s: float) -> None:
        """Keep an interval between calls, those of other processes included."""
        if wait := self._ledger.turn(self.account, at=self.now(), interval_s=interval_s):
            self._sleep(wait)

    def learn(self, user_id: str) -> None:
        """Keep whose the token is."""
        self._ledger.learn(self.account, user_id, at=self.now())

    def look(self) -> Look:
        """What is known of these calls now, those of other processes included."""
        return self._ledger.look(self.account, at=self.now())

    def now(self) -> Instant:
        """This moment, by both clocks."""
        return Instant(self._clock.local_unix(), self._clock.offset_seconds)

    @property
    def _room(self) -> Room | None:
        return getattr(self._rooms, "own", None)

    def _fill(self, room: Room, rule: Rule) -> None:
        """Take what a thread is to get still."""
        if room.owed:
            tickets = self._taken(self.account, rule, room.owed)
            room.tickets += tickets
            room.owed -= len(tickets)

    def _next_ticket(self, account: Account, rule: Rule) -> Ticket:
        room = self._room
        if room is None:
            return self._taken(account, rule)[0]
        if not room.tickets:
            self._fill(room, _inside(rule))
        return room.tickets.pop(0) if room.tickets else self._taken(account, Rule())[0]

    def _taken(self, account: Account, rule: Rule, calls: int = 1) -> list[Ticket]:
        looks = waits = 0
        while True:
            verdict = self._ledger.take_together(
                account,
                calls,
                at=self.now(),
                floor=rule.reserve,
                asks_first=self.is_limited and looks < _LOOKS_FOR_FIRST,
                is_patient=looks < _LOOKS_FOR_MORE,
            )
            match verdict:
                case list():
                    return verdict
                case Waiting(by=by):
                    looks += 1
                    self._await_answer(by)
                case Refused():
                    waits += 1
                    self._await_reset(verdict, rule, is_worth_it=waits <= _WAITS)
            if is_leaving() or rule.should_stop():
                raise QscBotError("run.interrupted", "stopped while waiting for calls to be left")

    def _await_answer(self, by: str | None) -> None:
        """Look again after a moment, or as soon as a call of this process is answered."""
        if by in (None, self._ledger.process.name):
            with self._settled:
                self._settled.wait(LOOK_SECONDS)
        else:
            self._sleep(LOOK_SECONDS)

    def _await_reset(self, refusal: Refused, rule: Rule, *, is_worth_it: bool) -> None:
        """Sleep until the reset, one thread of all; raises where nobody wants to wait for it."""
        wait = self._seconds_until(refusal)
        if wait is None or not is_worth_it or not (rule.across_reset or wait <= SHORT_WAIT_SECONDS):
            raise self._refused(refusal, rule)
        with self._resetting:
            if wait > SHORT_WAIT_SECONDS and self._told_until != refusal.until:
                self._told_until = refusal.until
                rule.tell(f"waiting until {self._reset_words(refusal, '%H:%M UTC')} for the next hour's calls")
            rest = self._seconds_until(refusal) or 0.0
            while rest > 0 and not is_leaving() and not rule.should_stop():
                self._sleep(min(rest, SLICE_SECONDS))
                rest -= SLICE_SECONDS

    def _seconds_until(self, refusal: Refused) -> float | None:
        return None if refusal.until is None else refusal.until - self._clock.local_unix()

    def _reset_words(self, refusal: Refused, form: str) -> str:
        """When the limit resets, by the remote's clock."""
        ends_at = None if refusal.until is None else refusal.until - GRACE_SECONDS + self._clock.offset_seconds
        at = moment(refusal.reset_at or ends_at)
        return f"{at:{form}}" if at else "a time that is not known"

    def _refused(self, refusal: Refused, rule: Rule) -> QscBotError:
        resets = f"; the limit resets at {self._reset_words(refusal, '%Y-%m-%dT%H:%M:%SZ')}"
        if not rule.reserve:
            used_up = f"{self.host}: this hour's calls are used up, as counted on this machine{resets}"
            return ApiError("api.rate_limited", used_up, hint=("qsc-bot limits --ask",))
        across = "add --across-reset to go on after the reset"
        if refusal.usage_percent is not None:
            text = f"{self.host}: Meta says that {refusal.usage_percent} % of its limit is used{resets}"
        elif refusal.left is None:
            across = "lower budget_reserve in the profile"
            kept = counted(rule.reserve, "call", "are")
            text = f"{self.host}: {kept} kept for the bot, and the whole limit is {refusal.limit}"
        else:
            left = counted(refusal.left, "call", "are")
            text = f"{self.host}: {left} left, and {rule.reserve} are kept for the bot{resets}"
        return QscBotError("budget.reserved", text, hint=(across, "qsc-bot limits"))


def _inside(rule: Rule) -> Rule:
    """The rule for what a thread is to get while its work is under way: the same reserve, and no wait."""
    return Rule(rule.reserve)
