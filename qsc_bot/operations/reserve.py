"""Which of this hour's calls a run of writes may use."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from qsc_bot.models.profile import Profile
from qsc_bot.operations.connection import Connection


@dataclass(frozen=True, kw_only=True)
class Reserve:
    """Whether the calls that are the bot's are kept for it, and whether the next hour's are waited for.

    `tell` hears until when is waited.
    """

    is_kept: bool
    across_reset: bool = False
    tell: Callable[[str], None] = lambda _text: None

    def calls(self, profile: Profile) -> int:
        """So many calls an hour are kept."""
        return profile.budget_reserve if self.is_kept else 0

    def holding(self, connection: Connection) -> AbstractContextManager[None]:
        """Let this hold for the calls of a connection while it lasts; Ctrl-C ends a wait for calls."""
        return connection.budget.keeping(
            self.calls(connection.profile),
            across_reset=self.across_reset,
            tell=self.tell,
            should_stop=lambda: connection.asked_to_stop() is not None,
        )


FREE: Final = Reserve(is_kept=False)
"""Single commands may use what is kept for the bot, and wait for nothing."""
