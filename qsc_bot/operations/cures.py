"""What is proposed for a stuck conversation, by the codes that hold. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from qsc_bot.models.conversation import Conversation, ConversationId, Method
from qsc_bot.models.rescue import Action

DONE: Final = "done"
"""The status of a mention that agents have finished with."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A stuck conversation with what its cure depends on: whether the bot's app may take a thread, the wish to hand
    over assigned ones too, why it is not known whether it is one of those, and what uses the tag that it shares."""

    row: Conversation
    may_take: bool
    includes_open: bool
    unread: str | None = None
    in_use: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is assigned and not known to be done."""
        return bool(self.row.assigned_to) and self.row.status != DONE

    def line(self, command: str) -> str:
        """A whole command line for this conversation."""
        return f"qsc-bot {command} {ConversationId(self.row.service, self.row.service_id).typed}"


@dataclass(frozen=True, kw_only=True)
class Cure:
    """What is to be done, or why nothing is."""

    action: Action | None
    note: str | None = None


def _take(case: Case) -> Cure:
    if case.may_take:
        return Cure(action="handover.to_bot")
    return Cure(action=None, note=f"Meta lets nobody take it; {case.line('handover to-bot')} asks for it")


def _renew(case: Case) -> Cure:
    if case.may_take:
        return Cure(action="handover.renew", note="two writes: it is taken and passed back, so that control ends later")
    return Cure(action=None, note=f"control ends soon, and cannot be renewed; {case.line('conversation explain')}")


def _hand_back(case: Case) -> Cure:
    if case.unread and not case.includes_open:
        return Cure(action=None, note=f"whether its case is open could not be read: {case.unread}")
    if case.is_open and not case.includes_open:
        return Cure(action=None, note="assigned and not done; add --include-open")
    if case.in_use and case.row.method is Method.TAG:
        return Cure(action=None, note=case.in_use)
    return Cure(action="handover.to_bot")


def _take_tag_off(case: Case) -> Cure:
    assert case.row.method is not Method.TAG  # there the tag is who holds it, and contradicts nothing
    return Cure(action="escalation.remove")


CURES: Final[Mapping[str, Callable[[Case], Cure]]] = {
    "unreadable": lambda case: Cure(action=None, note=case.row.note or "who holds it cannot be read"),
    "other_holder": _take,
    "nobody": lambda _: Cure(action="handover.to_bot"),
    "bot_silent": lambda _: Cure(action="handover.to_agent"),
    "split_brain": _take_tag_off,
    "lapsing": _renew,
    "agent_silent": lambda case: Cure(action=None, note=f"agents are to answer; {case.line('conversation explain')}"),
    "agent_forgotten": _hand_back,
}
"""The first code of these that holds decides. Nothing is done to what cannot be read. Where the customer waits, agents
come before the tag: they hold it then, so that the tag contradicts nothing, while taking it off would leave the
customer with a bot that is silent. Control that ends comes before agents that are slow: renewed, it stays with them."""


def cure(case: Case) -> Cure:
    """What is proposed for a conversation that is stuck: one action, never two that contradict each other."""
    return next(decide(case) for code, decide in CURES.items() if code in (case.row.stuck or ()))
