"""How a run of writes may use this hour's calls."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from qsc_bot.models.profile import Profile
from qsc_bot.operations.connection import Connection


@dataclass(frozen=True, kw_only=True)
class Spending:
    """Whether the calls that are kept for the bot are left alone, and whether the next hour's are waited for.

    `tell` hears until when is waited.
    """

    keeps_reserve: bool = False
    across_reset: bool = False
    tell: Callable[[str], None] = lambda _text: None

    def reserve(self, profile: Profile) -> int:
        """So many calls an hour are left alone."""
        return profile.budget_reserve if self.keeps_reserve else 0

    def within(self, connection: Connection) -> AbstractContextManager[None]:
        """Let this hold for the calls of a connection; Ctrl-C ends a wait for calls at once."""
        return connection.budget.keeping(
            self.reserve(connection.profile),
            across_reset=self.across_reset,
            tell=self.tell,
            should_stop=connection.should_stop,
        )


FREELY: Final = Spending()
"""The reserve is there for single commands, and nothing is waited for."""
