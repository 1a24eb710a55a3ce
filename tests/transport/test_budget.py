"""What a run may call: the reserve, the most calls, waiting for the reset, and the forecast."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.transport.allowance import SLICE_SECONDS
from qsc_bot.transport.budget import Forecast
from qsc_bot.transport.parallel import in_parallel
from qsc_bot.transport.retry import RetryTransport
from tests.transport.bench import NOW, Script, request
from tests.transport.spending import Spender, limits

RESETS = datetime.fromtimestamp(NOW + 3600, UTC)


@pytest.fixture
def spender(tmp_path: Path) -> Spender:
    """One process with a ledger of its own."""
    return Spender(tmp_path / "budget.db")


def failure(spender: Spender) -> QscBotError:
    """What the next call is refused with; it is not sent."""
    with pytest.raises(QscBotError) as caught:
        spender.transport().handle_request(request())
    return caught.value


def test_reserve_is_refused_with_what_is_left_and_when_it_resets(spender: Spender) -> None:
    spender.call(limits(51))
    with spender.budget.keeping(50):
        spender.call(limits(50))
        error = failure(spender)
    assert (error.code, error.exit_code, error.retryable) == ("budget.reserved", ExitCode.TEMPORARY, True)
    assert "50 calls are left, and 50 are kept for the bot" in error.message
    assert f"{RESETS:%Y-%m-%dT%H:%M:%SZ}" in error.message
    assert any("--across-reset" in hint for hint in error.hint)
    assert "qsc-bot limits" in error.hint
    assert spender.budget.calls == 2


def test_reserve_is_free_for_others_until_nothing_is_left(spender: Spender) -> None:
    spender.call(limits(1))
    spender.call(limits(0))
    error = failure(spender)
    assert (error.code, error.hint) == ("api.rate_limited", ("qsc-bot limits --ask",))
    with spender.budget.keeping(None):
        assert spender.call(limits(0, status=400)).status_code == 400


def test_most_calls_are_counted_from_where_they_were_set(spender: Spender) -> None:
    spender.call(limits(300))
    with spender.budget.keeping(50, most_calls=2):
        spender.call(limits(299))
        with pytest.raises(httpx.ConnectError):
            spender.call(httpx.ConnectError("not sent, so not counted"))
        spender.call(limits(298))
        error = failure(spender)
    assert (error.code, spender.left) == ("budget.max_calls", 298)
    spender.call(limits(297))


def test_rules_within_rules_end_in_turn(spender: Spender) -> None:
    spender.call(limits(60))
    with spender.budget.keeping(55):
        with spender.budget.keeping(0):
            for left in range(59, 49, -1):
                spender.call(limits(left))
        assert failure(spender).code == "budget.reserved"
    spender.call(limits(49))


def test_across_the_reset_the_work_goes_on_after_a_told_wait(spender: Spender) -> None:
    told: list[str] = []
    spender.call(limits(50))
    with spender.budget.keeping(50, across_reset=True, tell=told.append):
        spender.call(limits(349, reset=NOW + 7200))
    assert told == [f"waiting until {RESETS:%H:%M} UTC for the next hour's calls"]
    assert sum(spender.time.slept) == pytest.approx(3603)
    assert max(spender.time.slept) <= SLICE_SECONDS
    assert spender.left == 349


def test_wait_that_does_not_help_ends(spender: Spender) -> None:
    spender.call(limits(50))
    spender.sleep = lambda _seconds: None
    with spender.budget.keeping(50, across_reset=True):
        assert failure(spender).code == "budget.reserved"


def test_reset_that_is_near_is_waited_for_unasked(spender: Spender) -> None:
    spender.call(limits(0, reset=NOW + 1))
    spender.call(limits(349, reset=NOW + 3601))
    assert sum(spender.time.slept) == pytest.approx(4)


def test_ctrl_c_ends_the_wait_of_every_thread(spender: Spender) -> None:
    spender.call(limits(50))
    waiting, stopped = threading.Event(), threading.Event()

    def sleep(_seconds: float) -> None:
        waiting.set()
        stopped.wait(5)

    def press_ctrl_c() -> Any:
        waiting.wait(5)
        threading.Timer(0.05, stopped.set).start()
        raise KeyboardInterrupt

    spender.sleep = sleep

    def act(number: int) -> Any:
        return spender.call(limits(49)) if number else press_ctrl_c()

    with spender.budget.keeping(50, across_reset=True), pytest.raises(KeyboardInterrupt):
        list(in_parallel(act, range(8), workers=8))
    assert spender.budget.calls == 1


def test_eight_threads_do_not_burst_through_a_limit_that_is_not_known(spender: Spender) -> None:
    answers = Counting(limit=3)
    transport = spender.transport()
    transport._inner = answers
    failures = []

    def act(_number: int) -> None:
        try:
            transport.handle_request(request())
        except QscBotError as error:
            failures.append(error.code)

    list(in_parallel(act, range(40), workers=8))
    assert (answers.calls, set(failures)) == (3, {"api.rate_limited"})


class Counting(httpx.BaseTransport):
    """A remote of some limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.calls = 0
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Count the call."""
        with self._lock:
            self.calls += 1
            return limits(self.limit - self.calls, limit=self.limit)


def test_retry_after_the_limit_was_reached_asks_the_ledger_and_not_the_remote(spender: Spender) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW + 3600)), "retry-after": "2"}
    script = Script([httpx.Response(429, headers=headers)])
    paced = spender.transport()
    paced._inner = script
    retrying = RetryTransport(paced, clock=spender.clock, sleep=spender.time.sleep, jitter=lambda: 0.0)
    with pytest.raises(QscBotError) as caught:
        retrying.handle_request(request())
    assert (caught.value.code, len(script.requests)) == ("api.rate_limited", 1)


@pytest.mark.parametrize("headers", [{"x-ratelimit-reset": str(int(NOW + 5))}, {"retry-after": "5"}], ids=str)
def test_retry_after_a_near_reset_goes_out(spender: Spender, headers: dict[str, str]) -> None:
    script = Script([httpx.Response(429, headers={"x-ratelimit-remaining": "0", **headers}), limits(349)])
    paced = spender.transport()
    paced._inner = script
    retrying = RetryTransport(paced, clock=spender.clock, sleep=spender.time.sleep, jitter=lambda: 0.0)
    assert retrying.handle_request(request()).status_code == 200
    assert sum(spender.time.slept) < 10


def test_every_attempt_counts(spender: Spender) -> None:
    paced = spender.transport()
    paced._inner = Script([httpx.ReadError("cut"), httpx.Response(500), limits(300)])
    retrying = RetryTransport(paced, clock=spender.clock, sleep=spender.time.sleep, jitter=lambda: 0.0)
    retrying.handle_request(request())
    assert spender.budget.calls == 3


def test_clock_that_is_wrong_by_hours_keeps_a_used_up_limit(spender: Spender) -> None:
    remote = NOW + 3 * 3600
    answer = limits(0, reset=remote + 3600)
    answer.headers["date"] = "Wed, 18 Nov 2026 14:06:40 GMT"
    spender.call(answer)
    assert spender.clock.offset_seconds == 3 * 3600
    fresh = spender.beside("2-1")
    assert failure(fresh).code == "api.rate_limited"
    spender.time.unix += 3604
    assert fresh.call(limits(349, reset=remote + 7200)).status_code == 200


def test_meta_that_says_nearly_all_is_used_stops_surveys_and_no_single_call(spender: Spender) -> None:
    full = httpx.Response(200, headers={"x-app-usage": '{"call_count": 96, "total_time": 3, "total_cputime": 1}'})
    transport = spender.transport(full, full, remote="graph")
    transport.handle_request(request())
    with spender.budget.keeping(50), pytest.raises(QscBotError, match="96 % of its limit") as caught:
        transport.handle_request(request())
    assert caught.value.code == "budget.reserved"
    transport.handle_request(request())


@pytest.mark.parametrize(
    "header",
    ["", "[]", "{}", "no JSON", '{"call_count": "96"}', '{"call_count": -1}', '{"call_count": true}', "[" * 5000],
)
def test_usage_that_cannot_be_read_is_none(spender: Spender, header: str) -> None:
    answer = httpx.Response(200, headers={"x-app-usage": header, "x-business-use-case-usage": header})
    spender.transport(answer, remote="graph").handle_request(request())
    assert spender.allowance("graph").look().usage is None


def test_forecast_tells_how_many_go_now_and_when_the_rest_can(spender: Spender) -> None:
    assert spender.budget.forecast(20) == Forecast(calls=20, now=20, later=0, reserve=0)
    spender.call(limits(110))
    plan = Forecast(calls=700, now=60, later=640, reserve=50, resets_at=RESETS)
    ends_at = datetime.fromtimestamp(NOW + 3 * 3600, UTC)
    with spender.budget.keeping(50):
        assert spender.budget.forecast(60).later == 0
        assert spender.budget.forecast(700) == Forecast(**{**vars(plan), "ends_at": ends_at})
    assert spender.budget.forecast(120, reserve=0).now == 110


def test_forecast_after_the_reset_counts_on_the_whole_limit(spender: Spender) -> None:
    spender.call(limits(0))
    spender.time.unix += 4000
    plan = spender.budget.forecast(400, reserve=50)
    assert (plan.now, plan.later, plan.resets_at) == (300, 100, datetime.fromtimestamp(NOW + 7600, UTC))


def test_forecast_where_nothing_ever_goes_tells_no_end(spender: Spender) -> None:
    spender.call(limits(349))
    plan = spender.budget.forecast(9, reserve=350)
    assert (plan.now, plan.later, plan.ends_at) == (0, 9, None)


def test_speed_is_that_of_this_runs_answers(spender: Spender) -> None:
    assert spender.budget.seconds_a_call is None
    paced = spender.transport()
    paced._inner = Slow(spender)
    paced.handle_request(request())
    paced.handle_request(request())
    assert spender.budget.seconds_a_call == 0.25


class Slow(httpx.BaseTransport):
    """A remote that takes a quarter of a second to answer."""

    def __init__(self, spender: Spender) -> None:
        self._spender = spender

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer late."""
        self._spender.time.unix += 0.25
        return limits(300)
