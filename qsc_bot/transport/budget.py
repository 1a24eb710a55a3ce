"""What a run may call: the reserve that it keeps for the bot, the most calls it may make, and how many can go now."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from qsc_bot.models.wire import moment
from qsc_bot.storage.budget import Ledger
from qsc_bot.storage.window import GRACE_SECONDS, USUAL_PERIOD_SECONDS, Window
from qsc_bot.transport.allowance import Allowance, RemoteName, Rule
from qsc_bot.transport.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """How many of so many calls can go now, when the rest can, and when the last of them; None where not known."""

    calls: int
    now: int
    later: int
    reserve: int
    resets_at: datetime | None = None
    ends_at: datetime | None = None


class Budget:
    """The calls of one run to both remotes, within what the ledger leaves to all processes."""

    def __init__(self, ledger: Ledger, *, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sleep = sleep
        self._rule = Rule()
        self._allowances: dict[RemoteName, Allowance] = {}

    def allowance(self, remote: RemoteName, host: str, token: Callable[[], str]) -> Allowance:
        """What one remote allows to the owner of a token, which is asked for when it is first needed."""
        if remote not in self._allowances:
            self._allowances[remote] = Allowance(
                self._ledger,
                remote=remote,
                host=host,
                token=token,
                clock=self._clock,
                sleep=self._sleep,
                rule=lambda: self._rule,
            )
        return self._allowances[remote]

    @contextmanager
    def keeping(
        self,
        reserve: int | None,
        *,
        most_calls: int | None = None,
        across_reset: bool = False,
        tell: Callable[[str], None] = lambda _text: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[None]:
        """Keep calls for the bot while this lasts; a reserve of None refuses nothing, for asking what is left.

        Calls then raise `budget.reserved` where they would use the reserve, unless `across_reset` waits, which
        `tell` hears of and `should_stop` ends; and `budget.max_calls` beyond `most_calls`, which is for the caller to
        catch.
        """
        before, self._rule = self._rule, Rule(reserve, most_calls, across_reset, tell, should_stop)
        try:
            yield
        finally:
            self._rule = before

    def reserve(self, calls: int) -> None:
        """Keep so many calls for the bot from now on, as long as what `keeping` began lasts."""
        self._rule.reserve = calls

    @contextmanager
    def room_for(self, *, social_connect: int, graph: int) -> Iterator[None]:
        """Set calls of this thread aside for a piece of work that must not be refused half-way; see `Allowance.room`.

        Raises `budget.reserved` and `api.rate_limited` before anything of it is sent.
        """
        wanted: tuple[tuple[RemoteName, int], ...] = (("social-connect", social_connect), ("graph", graph))
        with ExitStack() as rooms:
            for remote, calls in wanted:
                if calls and (allowance := self._allowances.get(remote)):
                    rooms.enter_context(allowance.room(calls))
            yield

    def forecast(self, calls: int, *, reserve: int | None = None) -> Forecast:
        """How so many calls to Social Connect would go; nothing is called for it.

        Without a reserve the present one counts. What nobody has told yet is taken to be enough.
        """
        kept = (self._rule.reserve or 0) if reserve is None else reserve
        limited = self._allowances.get("social-connect")
        window = limited.look().window if limited else None
        left = self._left_now(window)
        now = calls if left is None else max(min(calls, left - kept), 0)
        if window is None or now == calls:
            return Forecast(calls=calls, now=now, later=calls - now, reserve=kept)
        resets, period = self._reset(window), window.period_s or USUAL_PERIOD_SECONDS
        each = (window.limit or 0) - kept
        hours = -((now - calls) // each) if each > 0 else None
        return Forecast(
            calls=calls,
            now=now,
            later=calls - now,
            reserve=kept,
            resets_at=moment(resets),
            ends_at=moment(resets + (hours - 1) * period) if hours else None,
        )

    @property
    def calls(self) -> int:
        """The calls of this run so far, to both remotes, retries included."""
        return sum(one.calls for one in self._allowances.values())

    @property
    def left(self) -> int | None:
        """What is left of the hour on Social Connect as of this run's last answer; None where nothing told it."""
        limited = self._allowances.get("social-connect")
        return limited.window.left if limited and limited.window else None

    @property
    def left_now(self) -> int | None:
        """What is left of the hour on Social Connect as the ledger knows, calls of other processes included."""
        limited = self._allowances.get("social-connect")
        return self._left_now(limited.look().window) if limited else None

    @property
    def seconds_a_call(self) -> float | None:
        """How long the calls of this run took to be answered, on average; None where none was."""
        answers = sum(one.answers for one in self._allowances.values())
        return sum(one.busy_s for one in self._allowances.values()) / answers if answers else None

    @property
    def resets_at(self) -> datetime | None:
        """When the limit on Social Connect resets, by the remote's clock; None where nothing told a limit."""
        limited = self._allowances.get("social-connect")
        window = limited.window if limited else None
        return moment(self._reset(window)) if window and window.left is not None else None

    def _left_now(self, window: Window | None) -> int | None:
        if window is None:
            return None
        return window.limit if window.is_over(self._clock.local_unix()) else window.left

    def _reset(self, window: Window) -> float:
        """When the next window begins, by the remote's clock; one that is over begins anew with the first call."""
        now, period = self._clock.local_unix(), window.period_s or USUAL_PERIOD_SECONDS
        ends_at = now + period if window.ends_at is None or window.is_over(now) else window.ends_at - GRACE_SECONDS
        return ends_at + self._clock.offset_seconds
