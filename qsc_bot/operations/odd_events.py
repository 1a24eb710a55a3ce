"""Events as a webhook may bring them, and as a bot's author does not expect them."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from qsc_bot.models.delivery import Via

NEW_FIELD: Final = "qsc_bot_test_field"
ONE_LETTER_ESCAPED: Final = ("qsc", r"\u0071sc")
PICTURE: Final = "https://sandbox.example/picture.jpg"

Event = dict[str, Any]


def with_new_fields(value: Any) -> Any:
    """The same event with one more field in each of its objects that is not empty."""
    if isinstance(value, list):
        return [with_new_fields(part) for part in value]
    if not isinstance(value, dict) or not value:
        return value
    fresh: Event = {name: with_new_fields(part) for name, part in value.items()}
    return fresh | {NEW_FIELD: [{"is": "new"}, None]}


def respelled(event: Event) -> bytes:
    """The same JSON in a spelling that no serialiser has: odd white space, escaped slashes and an escaped letter."""
    text = json.dumps(event, separators=(" ,", " :\t")).replace("/", "\\/")
    return f"{text.replace(*ONE_LETTER_ESCAPED, 1)} ".encode()


def _with_content(event: Event, content: str | None, **more: Any) -> Event:
    """A mention whose message has this text."""
    texts = {"content": content, "stripped_content": content}
    return event | {"message": event["message"] | texts | more}


def _with_attachment(event: Event) -> Event:
    """Messenger's events whose message is a picture, as Meta documents one; it has no field `text`."""
    (entry,) = event["entry"]
    name = "messaging" if "messaging" in entry else "standby"
    picture = {"type": "image", "payload": {"url": PICTURE}}
    changed = [one | {"message": {"mid": one["message"]["mid"], "attachments": [picture]}} for one in entry[name]]
    return event | {"entry": [entry | {name: changed}]}


EMPTIED: Final[Mapping[Via, Mapping[str, Callable[[Event], Event]]]] = {
    Via.SOCIAL_CONNECT: {
        "a message with empty content": lambda event: _with_content(event, ""),
        "a message with content null": lambda event: _with_content(event, None),
        "a message with an attachment alone": lambda event: _with_content(
            event, None, attachments=[{"type": "image", "url": PICTURE}]
        ),
    },
    Via.MESSENGER: {
        "a message with an empty text": lambda event: event,
        "a message with an attachment alone": _with_attachment,
    },
}
"""How a message without text may come; what comes in is one with an empty text."""
