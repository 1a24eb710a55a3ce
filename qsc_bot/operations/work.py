"""What the items of one operation share while it is carried out."""

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import msgspec

from qsc_bot.models.conversation import Control, Outcome
from qsc_bot.models.operation import Before, Step
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.move import CONTROL_WORDS, ESCALATION_WORDS, Order
from qsc_bot.operations.newest import Newest

TARGETS: Final[Mapping[str, Control | None]] = {
    "handover.to_bot": Control.BOT,
    "handover.to_agent": Control.AGENT,
    "handover.extend": None,
    "handover.renew": Control.AGENT,
    "escalation.add": Control.AGENT,
    "escalation.remove": Control.BOT,
}
"""Where each action moves control, in words of control; for the escalation tag, agents stand for the tag being on."""
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_LETTERS: Final = 9
_RANDOM_LETTERS: Final = 6


@dataclass(frozen=True, kw_only=True)
class Work:
    """One operation under way. `doubts` holds who held each conversation before a write whose answer was lost, `begun`
    the states before what earlier runs may have done in part."""

    connection: Connection
    operation: str
    is_single: bool
    doubts: Mapping[str, Control] = field(default_factory=dict)
    begun: Mapping[str, Before] = field(default_factory=dict)
    newest: Newest = field(default_factory=Newest)
    _by_contact: dict[str, Outcome] = field(default_factory=dict)
    _turns: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def order(self, step: Step) -> Order:
        """What is to be done, and in which state alone."""
        return order_of(step, self.operation, before_doubt=self.doubts.get(step.id))

    @contextmanager
    def alone_with(self, contact_id: str | None) -> Iterator[None]:
        """Be the only item that writes to a contact: the tag is the contact's, who may have several conversations."""
        if contact_id is None:
            yield
            return
        with self._turn:
            turn = self._turns[contact_id]
        with turn:
            yield

    def turns_to(self, contact_id: str) -> bool:
        """Whether an item of this operation writes, or has written, to a contact."""
        return contact_id in self._turns

    def shared(self, contact_id: str | None, step: Step) -> Outcome | None:
        """The outcome of the same contact's write earlier in this operation, if there was one."""
        earlier = self._by_contact.get(contact_id) if contact_id else None
        if earlier is None:
            return None
        note = f"one write with {earlier.id}: the tag is the contact's"
        return msgspec.structs.replace(earlier, id=step.id, note=note)

    def share(self, contact_id: str | None, item: Outcome) -> Outcome:
        """Keep an outcome for the contact's other conversations."""
        if contact_id is not None:
            self._by_contact[contact_id] = item
        return item


def order_of(step: Step, operation: str, *, before_doubt: Control | None = None) -> Order:
    """A step as an order; after a lost answer the state before it is the only other one that may be written.

    What another app held is taken before it is passed to the agents, so that the bot may be found to hold it.
    """
    is_taken_first = step.action == "handover.to_agent" and before_doubt in (Control.OTHER, Control.UNKNOWN)
    doubted = before_doubt if before_doubt is not Control.UNKNOWN else None
    return Order(
        step.action,
        TARGETS[step.action],
        operation,
        if_control=doubted or step.expected,
        verify=step.verify,
        words=ESCALATION_WORDS if step.action.startswith("escalation.") else CONTROL_WORDS,
        is_again=before_doubt is not None,
        half_way=Control.BOT if is_taken_first else None,
    )


def new_operation(unix_seconds: float, random_below: Callable[[int], int] = secrets.randbelow) -> str:
    """An id for one operation: `op_`, then letters that sort by time, then chance."""
    stamp, letters = int(unix_seconds * 1000), []
    for _ in range(_TIME_LETTERS):
        stamp, digit = divmod(stamp, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    chance = (_ALPHABET[random_below(len(_ALPHABET))] for _ in range(_RANDOM_LETTERS))
    return "op_" + "".join(reversed(letters)) + "".join(chance)
