"""Everything that one profile connects to, handed to the operations as one value."""

from collections.abc import Callable
from dataclasses import dataclass

from qsc_bot.api.contacts import Contacts
from qsc_bot.api.mentions import Mentions
from qsc_bot.control.driver import Drivers
from qsc_bot.control.escalations import Escalations
from qsc_bot.control.tag import TagDriver
from qsc_bot.models.conversation import Method
from qsc_bot.models.profile import Profile
from qsc_bot.transport.budget import Budget
from qsc_bot.transport.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Connection:
    """The clients and drivers of one account. `can_read` is false for a method without its token,
    `should_stop` true once Ctrl-C was pressed while writing."""

    profile: Profile
    contacts: Contacts
    mentions: Mentions
    drivers: Drivers
    tag: TagDriver
    escalations: Escalations
    clock: Clock
    budget: Budget
    sleep: Callable[[float], None]
    can_read: Callable[[Method], bool]
    should_stop: Callable[[], bool]

    @property
    def meter(self) -> Budget:
        """The calls so far and what is left, for the summary of a list."""
        return self.budget
