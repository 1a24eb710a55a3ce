"""The method `handover`: Social Connect tells and moves who owns a contact.

The fields of its handover item are unknown, so the item is read tolerantly, here and nowhere else: what it does not
say in so many words is `unknown`, never `bot`.
"""

from collections.abc import Mapping
from typing import Any, Final

from qsc_bot.api.handover import Handover
from qsc_bot.models.conversation import Call, Control, ConversationId, Method, Move, Reading
from qsc_bot.transport.clock import Clock

KEYS: Final = ("owner", "state", "status")
"""Keys that may name the owner: assumed."""
INNER_KEYS: Final = ("type", "name", "id")
WORDS: Final[Mapping[str, Control]] = {
    "socialconnect": Control.AGENT,
    "qualtricssocialconnect": Control.AGENT,
    "clarabridgeengage": Control.AGENT,
    "clarabridge": Control.AGENT,
    "engagor": Control.AGENT,
    "engage": Control.AGENT,
    "platform": Control.AGENT,
    "agent": Control.AGENT,
    "agents": Control.AGENT,
    "application": Control.BOT,
    "externalapplication": Control.BOT,
    "external": Control.BOT,
    "bot": Control.BOT,
    "chatbot": Control.BOT,
}
"""What the values may say, without case and punctuation: assumed from the words of the vendor's page."""


def owner_of(item: Any) -> tuple[Control, str | None]:
    """Who a handover item says owns the contact, and the word it says it with.

    Words that contradict each other, and words in these places that are not known, make it unknown.
    """
    if not isinstance(item, dict):
        return Control.UNKNOWN, None
    named = [value for key, value in item.items() if str(key).casefold() in KEYS and value is not None]
    controls = {control for value in named for control in _said_by(value)}
    if len(controls) != 1 or Control.UNKNOWN in controls:
        return Control.UNKNOWN, None
    return controls.pop(), _texts(named[0])[0]


def _said_by(value: Any) -> set[Control]:
    """What one value says: its first text must be a known word, and no other may say something else."""
    first, *others = [_control(text) for text in _texts(value)] or [Control.UNKNOWN]
    return {first, *(other for other in others if other is not Control.UNKNOWN)}


def _control(word: str) -> Control:
    return WORDS.get("".join(filter(str.isalnum, word.casefold())), Control.UNKNOWN)


def _texts(value: Any) -> list[str]:
    """The texts that name an owner: the value itself, or what an object says under these keys, in their order."""
    values = [value.get(inner) for inner in INNER_KEYS] if isinstance(value, dict) else [value]
    return [text for text in values if isinstance(text, str)]


class HandoverDriver:
    """Control by Social Connect's handover calls, one call for each conversation."""

    method = Method.HANDOVER

    def __init__(self, handover: Handover, *, clock: Clock) -> None:
        self._handover = handover
        self._clock = clock

    def read(self, person: ConversationId) -> Reading:
        """Read the handover item; raises `conversation.not_found`, `access.scope`."""
        return self._reading(person, self._handover.item(person))

    def plan(self, person: ConversationId, to: Control, *, reading: Reading | None, note: str) -> Move:
        """One write without body: POST for the agents, DELETE for the bot."""
        return Move(calls=(self._handover.call(person, to_agents=to is Control.AGENT),))

    def plan_extension(self, person: ConversationId, seconds: int) -> Move:
        """None: no expiry of a handover is documented."""
        return Move(calls=())

    def send(self, person: ConversationId, call: Call, *, before: Reading | None) -> None:
        """Send the write; the item in its answer is not taken as proof, a fresh read is."""
        self._handover.send(person, call)

    def _reading(self, person: ConversationId, item: Any) -> Reading:
        control, holder = owner_of(item)
        note = None
        if control is Control.UNKNOWN:
            keys = ", ".join(sorted(map(str, item)))[:120] if isinstance(item, dict) else type(item).__name__
            note = f"the handover item cannot be read (it holds: {keys or 'nothing'})"
        return Reading(
            id=person,
            control=control,
            holder=holder,
            method=Method.HANDOVER,
            observed_at=self._clock.now(),
            note=note,
        )
