"""Events to try a bot with: in the documented shapes, from people who cannot exist, with a text that says so.

Social Connect's mention: reference of the vendor, and its demo; Messenger's: https://developers.facebook.com/docs/messenger-platform/webhooks
"""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Kind, Via

TEXT: Final = "qsc-bot test, not a customer: please ignore"
NOBODY: Final = "0"
"""An id that neither network gives to anybody."""
ANOTHER: Final = "qsc-bot-test-of-another-secret"
"""A word that no bot may take for its secret, its token or what signs its deliveries."""
TRIGGERED: Final = (
    Kind.MENTION,
    Kind.MESSAGE,
    Kind.STANDBY,
    Kind.PASSED,
    Kind.TAKEN,
    Kind.REQUESTED,
)
"""The kinds that can be sent to a bot as a test."""
Document = dict[str, Any]


def via_of(kind: Kind) -> Via:
    """Who sends an event of this kind."""
    return Via.SOCIAL_CONNECT if kind is Kind.MENTION else Via.MESSENGER


def sample(
    kind: Kind, *, key: str, at: float, page_id: str = NOBODY, apps: tuple[str, str] = ("111", "222")
) -> Document:
    """One event; `key` is what a receiver tells it by, `at` when it happened in Unix seconds, `apps` bot and agents."""
    if kind is Kind.MENTION:
        return _mention(key, at)
    bot, agents = apps
    moves: dict[Kind, Document] = {
        Kind.MESSAGE: {"message": {"mid": f"m_{key}", "text": TEXT}},
        Kind.STANDBY: {"message": {"mid": f"m_{key}", "text": TEXT}},
        Kind.PASSED: {"pass_thread_control": _moved(agents, bot, key)},
        Kind.TAKEN: {"take_thread_control": _moved(bot, agents, key)},
        Kind.REQUESTED: {"request_thread_control": {"requested_owner_app_id": _number(agents), "metadata": key}},
    }
    event = {"sender": {"id": NOBODY}, "recipient": {"id": page_id}, "timestamp": int(at * 1000), **moves[kind]}
    channel = "standby" if kind is Kind.STANDBY else "messaging"
    return {"object": "page", "entry": [{"id": page_id, "time": int(at * 1000), channel: [event]}]}


def encoded(document: Document) -> bytes:
    """The body as Meta writes it: everything but ASCII escaped, without white space.

    Raises `webhook.body` for a number that JSON does not have.
    """
    try:
        return json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:
        raise QscBotError("webhook.body", "a number in it is too large for JSON") from error


def changed(document: Document, changes: Mapping[str, str]) -> Document:
    """The same event with other values at paths such as `message.content` or `entry.0.id`.

    A value is JSON where it can be read as such, else text. A path that is not there is `usage.invalid`.
    """
    fresh: Document = json.loads(json.dumps(document))
    for path, text in changes.items():
        *way, last = path.split(".")
        place: Any = fresh
        for step in way:
            place = _child(place, step, path)
        _child(place, last, path)
        place[int(last) if isinstance(place, list) else last] = _value(text)
    return fresh


def _mention(key: str, at: float) -> Document:
    return {
        "id": key,
        "unique_id": f"{NOBODY}_{key}",
        "message": {"title": None, "content": TEXT, "type": "privatemessage", "language": "en", "attachments": []},
        "source": {"category": "social", "service": "twitter", "id": key, "url": None},
        "author": {"id": NOBODY, "name": "qsc-bot-test", "fullname": "qsc-bot test", "managed": False, "tags": []},
        "topic": {"id": int(NOBODY), "name": "qsc-bot test"},
        "project": {"id": int(NOBODY), "name": "qsc-bot test"},
        "status": "new",
        "permalink": None,
        "tags": [],
        "assignees": [],
        "handled_by": None,
        "actions": [],
        "date": {"added": int(at), "published": int(at)},
    }


def _moved(before: str, after: str, key: str) -> Document:
    return {"previous_owner_app_id": before, "new_owner_app_id": after, "metadata": key}


def _number(app: str) -> int | str:
    return int(app) if app.isdigit() else app


def _child(place: Any, step: str, path: str) -> Any:
    try:
        if isinstance(place, list) and not step.isdecimal():
            raise ValueError(step)
        return place[int(step)] if isinstance(place, list) else place[step]
    except (KeyError, IndexError, ValueError, TypeError) as error:
        known = _names(place)
        raise QscBotError("usage.invalid", f"--set {path[:80]}: there is no {step[:40]!r}", expected=known) from error


def _names(place: Any) -> str | None:
    if isinstance(place, Mapping):
        return ", ".join(place)
    if isinstance(place, str) or not isinstance(place, Sequence):
        return None
    return f"0 to {len(place) - 1}" if place else "nothing: the list is empty"


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


def _finite(text: str) -> float:
    """A number that JSON readers hold; raises ValueError."""
    if not isfinite(number := float(text)):
        raise ValueError(text)
    return number


def _no_constant(word: str) -> None:
    """Python reads NaN and Infinity as numbers; JSON has none such."""
    raise ValueError(word)
