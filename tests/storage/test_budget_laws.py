"""The laws of the ledger, for any order of calls, answers, losses, kills, foreign calls and hours."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from qsc_bot.storage.account import Account, Process
from qsc_bot.storage.budget import Ledger
from qsc_bot.storage.window import Instant, Ticket, Told, Window
from tests.storage.limited_server import PERIOD, Server

TIMEOUT_SECONDS = 10.0
ACCOUNT = Account.of("social-connect", "api.engagor.com", "token")


@dataclass
class Call:
    """A call on its way; `told` once it arrived."""

    process: int
    ticket: Ticket
    sent_at: float
    told: Told | None = None


class Spending(RuleBasedStateMachine):
    """Three processes on one ledger, a limited server, and others that use it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = 1_795_000_000.25
        self.ledgers = [self.process(number) for number in range(3)]
        self.calls: list[Call] = []
        self.late: list[Call] = []
        self.aside: list[Call] = []
        self.kills = 0
        self.is_shared = self.used_reserve = False

    @initialize(
        limit=st.integers(12, 30),
        reserve=st.integers(0, 10),
        tells=st.booleans(),
        skew=st.integers(-9, 9),
        is_shared=st.booleans(),
    )
    def begin(self, limit: int, reserve: int, tells: bool, skew: int, is_shared: bool) -> None:
        self.server = Server(limit=limit, tells_reset=tells)
        self.reserve = reserve
        self.skew = skew * 3600.0
        self.is_shared = is_shared

    def process(self, number: int) -> Ledger:
        def fail(text: str) -> None:
            raise AssertionError(text)

        path = Path(self.folder.name) / "budget.db"
        return Ledger(path, process=Process(name=f"{number}-1", command=lambda: "conversation list"), tell=fail)

    @property
    def at(self) -> Instant:
        return Instant(self.now, self.skew)

    @rule(process=st.integers(0, 2), is_survey=st.booleans(), calls=st.sampled_from([1, 1, 3, 8, 40]))
    def take(self, process: int, is_survey: bool, calls: int) -> None:
        for _ in range(calls):
            floor = self.reserve if is_survey else 0
            verdict = self.ledgers[process].take(ACCOUNT, at=self.at, floor=floor, asks_first=True, is_patient=False)
            if not isinstance(verdict, Ticket):
                return
            self.used_reserve |= floor < self.reserve
            window = self.ledgers[process].look(ACCOUNT, at=self.at).window
            assert window is not None
            assert window.left is None or window.left >= floor
            self.calls.append(Call(process, verdict, self.now))

    @rule(process=st.integers(0, 2), is_survey=st.booleans(), calls=st.integers(2, 6))
    def set_aside(self, process: int, is_survey: bool, calls: int) -> None:
        floor = self.reserve if is_survey else 0
        before = self.look(process)
        tickets = self.ledgers[process].take_together(
            ACCOUNT, calls, at=self.at, floor=floor, asks_first=True, is_patient=False
        )
        if not isinstance(tickets, list):
            assert self.look(process) == before
            return
        self.used_reserve |= floor < self.reserve
        window = self.look(process)
        assert window is not None
        assert window.left is None or window.left >= floor
        assert len(tickets) == (1 if tickets[0].is_first else calls)
        self.aside += [Call(process, ticket, self.now) for ticket in tickets]

    @precondition(lambda self: self.aside)
    @rule(data=st.data(), is_used=st.booleans())
    def use_or_give_back(self, data: st.DataObject, is_used: bool) -> None:
        call = data.draw(st.sampled_from(self.aside))
        self.aside.remove(call)
        if is_used:
            self.calls.append(Call(call.process, call.ticket, self.now))
        else:
            self.ledgers[call.process].give_back(ACCOUNT, call.ticket, at=self.at)

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.calls))
        if call.told is None:
            call.told = self.server.answer(self.now + self.skew)

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        self.settle(data.draw(st.sampled_from(self.calls)), is_lost=False)

    @rule(process=st.integers(0, 2), is_survey=st.booleans(), calls=st.sampled_from([1, 2, 40]))
    def call_and_wait(self, process: int, is_survey: bool, calls: int) -> None:
        for _ in range(calls):
            before = len(self.calls)
            self.take(process, is_survey, 1)
            if len(self.calls) > before:
                self.settle(self.calls[-1], is_lost=False)

    @precondition(lambda self: self.calls)
    @rule()
    def answer_all(self) -> None:
        for call in [*reversed(self.calls)]:
            self.settle(call, is_lost=False)

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.settle(data.draw(st.sampled_from(self.calls)), is_lost=True)

    @precondition(lambda self: any(call.told is None for call in self.calls))
    @rule(data=st.data())
    def find_unsent(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from([call for call in self.calls if call.told is None]))
        self.calls.remove(call)
        self.ledgers[call.process].give_back(ACCOUNT, call.ticket, at=self.at)

    @precondition(lambda self: self.late)
    @rule()
    def arrive_late(self) -> None:
        self.late.pop().told = self.server.answer(self.now + self.skew)

    @precondition(lambda self: self.kills < 2)
    @rule(process=st.integers(0, 2))
    def kill(self, process: int) -> None:
        self.kills += 1
        self.late += [call for call in self.calls if call.process == process and call.told is None]
        self.calls = [call for call in self.calls if call.process != process]
        self.aside = [call for call in self.aside if call.process != process]
        self.ledgers[process].close()
        self.ledgers[process] = self.process(process + 10 * self.kills)

    @precondition(lambda self: self.is_shared)
    @rule(calls=st.integers(1, 30))
    def let_others_call(self, calls: int) -> None:
        self.server.use(calls, self.now + self.skew)

    @rule(seconds=st.floats(0.05, TIMEOUT_SECONDS))
    def wait(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(seconds=st.sampled_from([119, 121, 1800, PERIOD - 12, PERIOD - 1, PERIOD, PERIOD + 5, 3 * PERIOD]))
    def wait_long(self, seconds: float) -> None:
        for call in list(self.calls):
            self.settle(call, is_lost=False)
        self.late.clear()
        self.pass_time(seconds)

    def settle(self, call: Call, *, is_lost: bool) -> None:
        if call.told is None and not is_lost:
            call.told = self.server.answer(self.now + self.skew)
        if is_lost and call.told is None:
            self.late.append(call)
        self.calls.remove(call)
        told = call.told if call.told and not is_lost else Told(is_answer=False)
        self.ledgers[call.process].settle(ACCOUNT, call.ticket, told, at=self.at)

    def look(self, process: int) -> Window | None:
        return self.ledgers[process].look(ACCOUNT, at=self.at).window

    def pass_time(self, seconds: float) -> None:
        for call in [call for call in self.aside if self.now + seconds - call.sent_at >= 100]:
            self.aside.remove(call)
            self.ledgers[call.process].give_back(ACCOUNT, call.ticket, at=self.at)
        self.now += seconds
        for call in [call for call in self.calls if self.now - call.sent_at >= TIMEOUT_SECONDS]:
            self.settle(call, is_lost=True)
        self.late = [call for call in self.late if self.now - call.sent_at < 100]

    @invariant()
    def the_server_never_sees_more_than_its_limit_from_us(self) -> None:
        if hasattr(self, "server"):
            assert max(self.server.ours_by_window, default=0) <= self.server.limit

    @invariant()
    def alone_nothing_is_ever_refused(self) -> None:
        if hasattr(self, "server") and not self.is_shared:
            assert self.server.refused == 0

    @invariant()
    def alone_surveys_leave_the_reserve(self) -> None:
        if hasattr(self, "server") and not self.is_shared and not self.used_reserve:
            assert self.server.used <= self.server.limit - self.reserve

    def teardown(self) -> None:
        for ledger in self.ledgers:
            ledger.close()
        self.folder.cleanup()


def test_ledger_keeps_its_laws() -> None:
    run_state_machine_as_test(
        Spending,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
