"""When a conversation counts as stuck. Pure: what is not known never makes one stuck."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from qsc_bot.models.conversation import Control, Conversation, Method
from qsc_bot.models.duration import parse_duration
from qsc_bot.models.profile import Stuck


class Held(Protocol):
    """Another conversation of the same contact, as far as it matters: a `Conversation` or a `Reading`."""

    @property
    def control(self) -> Control:
        """Who holds it."""

    @property
    def method(self) -> Method:
        """How control moves on it."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One conversation with what its rules compare it with."""

    one: Conversation
    now: datetime
    limits: Stuck
    also: Collection[Held] | None

    def waits_longer_than(self, limit: str) -> bool:
        """Whether the customer is known to wait longer than a limit, itself excluded."""
        return self.one.waiting_s is not None and self.one.waiting_s > parse_duration(limit)

    def is_quiet_longer_than(self, limit: str) -> bool:
        """Whether the newest message is known to be older than a limit, itself excluded."""
        at = self.one.last_message_at
        return at is not None and (self.now - at).total_seconds() > parse_duration(limit)

    def ends_within(self, limit: str) -> bool:
        """Whether control is known to end no later than this from now; an end that is past counts too."""
        until = self.one.control_until
        return until is not None and (until - self.now).total_seconds() <= parse_duration(limit)


def frees_tag(also: Collection[Held] | None) -> bool:
    """Whether nothing else of the contact needs the tag: nothing by the method `tag`, nothing agents hold or may hold.

    Where the contact's other conversations are not known, nobody can say.
    """
    needing = (Control.AGENT, Control.UNKNOWN)
    return also is not None and all(other.method is not Method.TAG and other.control not in needing for other in also)


def _is_split(view: View) -> bool:
    one = view.one
    is_tag_on = one.escalated is True and one.control is Control.BOT and one.method is not Method.TAG
    return is_tag_on and frees_tag(view.also)


def _is_forgotten(view: View) -> bool:
    is_idle_case = view.one.control is Control.AGENT and view.one.waiting_s == 0
    return is_idle_case and view.is_quiet_longer_than(view.limits.agent_forgotten)


def _is_lapsing(view: View) -> bool:
    one = view.one
    holds = one.control is Control.AGENT and one.method is Method.MESSENGER
    return holds and bool(one.waiting_s) and view.ends_within(view.limits.lapse_warning)


RULES: Final[Mapping[str, Callable[[View], bool]]] = {
    "bot_silent": lambda view: view.one.control is Control.BOT and view.waits_longer_than(view.limits.bot_silent),
    "agent_silent": lambda view: view.one.control is Control.AGENT and view.waits_longer_than(view.limits.agent_silent),
    "agent_forgotten": _is_forgotten,
    "split_brain": _is_split,
    "other_holder": lambda view: view.one.control is Control.OTHER,
    "nobody": lambda view: view.one.control is Control.IDLE and view.waits_longer_than(view.limits.bot_silent),
    "lapsing": _is_lapsing,
    "unreadable": lambda view: view.one.control is Control.UNKNOWN,
}
CODES: Final = tuple(RULES)


def stuck_codes(
    conversation: Conversation, *, now: datetime, limits: Stuck, also: Collection[Held] | None = None
) -> list[str]:
    """Why this conversation is stuck, several reasons in the order of `CODES`; none is the empty list.

    `also` are the contact's other conversations, None where they are not known: `split_brain` is not claimed then.
    """
    view = View(one=conversation, now=now, limits=limits, also=also)
    return [code for code, holds in RULES.items() if holds(view)]
