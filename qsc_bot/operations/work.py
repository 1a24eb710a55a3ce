"""What the items of one operation share while it is carried out."""

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from qsc_bot.models.conversation import Control, Outcome, Status
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
    """One operation under way. `doubts` holds what is known of each conversation before a write with a lost answer,
    `begun` the states before what earlier runs may have done in part."""

    connection: Connection
    operation: str
    is_single: bool
    doubts: Mapping[str, Before | None] = field(default_factory=dict)
    begun: Mapping[str, Before] = field(default_factory=dict)
    newest: Newest = field(default_factory=Newest)
    _by_contact: dict[str, Outcome] = field(default_factory=dict)
    _turns: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def order(self, step: Step) -> Order:
        """What is to be done, and in which state alone: after a lost answer in that before it, or where it led."""
        order = order_of(step, self.operation)
        if step.id not in self.doubts:
            return order
        before = self.doubts[step.id]
        is_known = before is not None and before.control is not Control.UNKNOWN
        return replace(order, is_again=True, if_control=before.control if before and is_known else order.if_control)

    @contextmanager
    def alone_with(self, contact_id: str | None) -> Iterator[bool]:
        """Be the only item that writes to a contact: the tag is the contact's, who may have several conversations.

        Gives whether no other item came before, so that what was read of the contact is so still.
        """
        if contact_id is None:
            yield True
            return
        with self._turn:
            is_first = contact_id not in self._turns
            turn = self._turns[contact_id]
        with turn:
            yield is_first

    def turns_to(self, contact_id: str) -> bool:
        """Whether an item of this operation writes, or has written, to a contact."""
        return contact_id in self._turns

    def shared(self, contact_id: str | None, step: Step) -> Outcome | None:
        """The outcome of the same contact's write earlier in this operation, if there was one.

        That another found nothing to do tells nothing of a step in doubt, whose own write may have been the reason.
        """
        earlier = self._by_contact.get(contact_id) if contact_id else None
        if earlier is None or (earlier.status is Status.UNCHANGED and step.id in self.doubts):
            return None
        note = f"one write with {earlier.id}: the tag is the contact's"
        return msgspec.structs.replace(earlier, id=step.id, note=note)

    def share(self, contact_id: str | None, item: Outcome) -> Outcome:
        """Keep an outcome for the contact's other conversations."""
        if contact_id is not None:
            self._by_contact[contact_id] = item
        return item


def order_of(step: Step, operation: str) -> Order:
    """A step as an order."""
    return Order(
        step.action,
        TARGETS[step.action],
        operation,
        if_control=step.expected,
        verify=step.verify,
        words=ESCALATION_WORDS if step.action.startswith("escalation.") else CONTROL_WORDS,
    )


def new_operation(unix_seconds: float, random_below: Callable[[int], int] = secrets.randbelow) -> str:
    """An id for one operation: `op_`, then letters that sort by time, then chance.

    The time is this machine's own, which does not jump when a remote tells another.
    """
    stamp, letters = int(unix_seconds * 1000), []
    for _ in range(_TIME_LETTERS):
        stamp, digit = divmod(stamp, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    chance = (_ALPHABET[random_below(len(_ALPHABET))] for _ in range(_RANDOM_LETTERS))
    return "op_" + "".join(reversed(letters)) + "".join(chance)
