"""Everything that one profile connects to, handed to the operations as one value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from qsc_bot.api.contacts import Contacts
from qsc_bot.api.mentions import Mentions
from qsc_bot.control.driver import Driver, Drivers
from qsc_bot.control.escalations import Escalations
from qsc_bot.control.messenger import MessengerDriver
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Method
from qsc_bot.models.duration import parse_duration
from qsc_bot.models.profile import Profile
from qsc_bot.storage.index import Index
from qsc_bot.transport.budget import Budget
from qsc_bot.transport.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Connection:
    """The clients and drivers of one account. `can_read` is false for a method without its token.

    While something is written, `asked_to_stop` gives why no further conversation is to be begun, and `check_stop`
    raises KeyboardInterrupt where what is in flight is not to be waited for either.
    """

    profile: Profile
    contacts: Contacts
    mentions: Mentions
    drivers: Drivers
    tag: Driver
    open_messenger: Callable[[], MessengerDriver | None]
    escalations: Escalations
    index: Index
    clock: Clock
    budget: Budget
    sleep: Callable[[float], None]
    can_read: Callable[[Method], bool]
    asked_to_stop: Callable[[], QscBotError | None]
    check_stop: Callable[[], None]

    @property
    def messenger(self) -> MessengerDriver | None:
        """The Page's threads, built when first asked for; None for a profile without them."""
        return self.open_messenger()

    @property
    def control_max_age(self) -> timedelta:
        """How long a reading without newer activity is trusted."""
        return timedelta(seconds=parse_duration(self.profile.control_max_age))
