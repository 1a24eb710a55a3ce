"""How a reading of many spends the calls that are left."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from qsc_bot.models.wording import counted
from qsc_bot.transport.budget import Budget


@dataclass(frozen=True, kw_only=True)
class Spending:
    """`max_calls` at most, and with `across_reset` the next hour's too where this hour's are used up.

    `say` hears of what a person should know before it happens: that the calls of this hour will not do, and until when
    is waited.
    """

    max_calls: int | None = None
    across_reset: bool = False
    say: Callable[[str], None] = lambda _: None

    def keeping(self, budget: Budget, reserve: int) -> AbstractContextManager[None]:
        """Spend like this while it lasts, and leave the reserve to the bot."""
        return budget.keeping(reserve, most_calls=self.max_calls, across_reset=self.across_reset, tell=self.say)

    def foresee(self, budget: Budget, calls: int) -> bool:
        """Whether so many calls to Social Connect can all go now; where more than are left, that is said first."""
        coming = budget.forecast(calls)
        if not coming.later:
            return self.max_calls is None or calls <= self.max_calls - budget.calls
        when = f", the rest after {coming.resets_at:%H:%M} UTC" if coming.resets_at else ""
        kept = f", {coming.reserve} calls an hour being kept for the bot" if coming.reserve else ""
        how = "" if self.across_reset else "; add --across-reset to wait for them"
        self.say(f"{counted(calls, 'call', 'are')} needed: {coming.now} can go now{kept}{when}{how}")
        return False
