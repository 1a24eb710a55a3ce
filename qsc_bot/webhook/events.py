"""What a request to a webhook tells of: pure, and tolerant of everything that is not documented.

What is told of an event can be stored and shown: keys and conversations are short and hold no half characters.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.delivery import Event, Kind, Via
from qsc_bot.models.mention import PRIVATE_MESSAGE
from qsc_bot.models.wire import moment

FORM_FIELD: Final = "mention"
"""A body may come as a form with the mention in this field: not documented, so both are taken."""
CHANNELS: Final = ("messaging", "standby", "messaging_handovers")
"""Lists of an entry: Meta shows changes of control without one, so they are looked for in either."""
CONTROL: Final[Mapping[str, Kind]] = {
    "pass_thread_control": Kind.PASSED,
    "take_thread_control": Kind.TAKEN,
    "request_thread_control": Kind.REQUESTED,
    "app_roles": Kind.ROLES,
}
RECEIPTS: Final = ("read", "delivery")
MESSAGES: Final = ("message", "postback", "referral", "reaction")
LATEST_MS: Final = 1e18
LONGEST_NUMBER: Final = 400
"""Python refuses to read numbers of more than 4,300 digits; from here on they are kept as text."""
SERVICES: Final[Mapping[str, str]] = {"page": "facebook", "instagram": "instagram"}
_KEY: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")


def read_events(via: Via, body: bytes) -> list[Event]:
    """The events of one request, at least one; raises `webhook.body` for what is none of theirs.

    A JSON object of Messenger that holds no known event is one of kind `other`: Meta takes refusals for failures.
    """
    document = _document(via, body)
    try:
        events = list(_mentions(document) if via is Via.SOCIAL_CONNECT else _messenger(document))
    except RecursionError:  # what can just be read may be nested too deeply to be written again for its key
        events = []
    return events or [Event(kind=Kind.OTHER, dedupe_key=_digest(body))]


def _document(via: Via, body: bytes) -> Any:
    """The JSON of a body, or of the form field that holds it, whatever its type is said to be."""
    try:
        return json.loads(body, parse_int=_integer)
    except (ValueError, RecursionError):
        pass
    try:
        fields = parse_qs(body.decode(), max_num_fields=100) if via is Via.SOCIAL_CONNECT else {}
        return json.loads(fields[FORM_FIELD][0], parse_int=_integer)
    except (ValueError, KeyError, RecursionError) as error:
        raise QscBotError("webhook.body", "the body is no JSON") from error


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _mentions(document: Any) -> Iterator[Event]:
    """Each mention; what stands beside them in a list is an event that is not known."""
    raws = document if isinstance(document, list) else [document]
    if not any(isinstance(raw, dict) for raw in raws):
        raise QscBotError("webhook.body", "the body is no mention and no list of mentions")
    for raw in raws:
        yield _mention(raw) if isinstance(raw, dict) else Event(kind=Kind.OTHER, dedupe_key=_hash(raw))


def _mention(raw: dict[str, Any]) -> Event:
    """One mention, each field read on its own; what cannot be read is null, and without ids its content is its key."""
    topic, number = _id(raw, "topic", "id"), _id(raw, "id")
    service, author = _at(raw, "source", "service"), _id(raw, "author", "id")
    is_ours = _at(raw, "author", "managed") is True
    kind = _at(raw, "message", "type")
    return Event(
        kind=Kind.MENTION,
        dedupe_key=_key(f"{topic}_{number}") if topic and number else _hash(raw),
        conversation=_conversation(service, author) if author and not is_ours else None,
        is_private=kind == PRIVATE_MESSAGE if isinstance(kind, str) else None,
        happened_at=moment(_number(raw, "date", "published")) or moment(_number(raw, "date", "added")),
    )


def _messenger(document: Any) -> Iterator[Event]:
    """Each event of each entry, those on standby among them."""
    if not isinstance(document, dict):
        raise QscBotError("webhook.body", "the body is no JSON object")
    service = SERVICES.get(str(document.get("object")), "facebook")
    entries = document.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        for channel in CHANNELS:
            events = _at(entry, channel)
            for raw in events if isinstance(events, list) else ():
                if isinstance(raw, dict):
                    yield _thread_event(raw, service, page=str(entry.get("id")), is_standby=channel == "standby")


def _thread_event(raw: dict[str, Any], service: str, *, page: str, is_standby: bool) -> Event:
    mid, at = _at(raw, "message", "mid"), _number(raw, "timestamp")
    return Event(
        kind=_kind(raw, is_standby=is_standby),
        dedupe_key=_key(mid) if isinstance(mid, str) and mid else _hash(raw),
        conversation=_person(raw, service, page),
        happened_at=moment(at / 1000) if at is not None and abs(at) < LATEST_MS else None,
    )


def _kind(raw: dict[str, Any], *, is_standby: bool) -> Kind:
    for field, kind in CONTROL.items():
        if field in raw:
            return kind
    if any(field in raw for field in RECEIPTS):
        return Kind.RECEIPT
    if any(field in raw for field in MESSAGES):
        return Kind.STANDBY if is_standby else Kind.MESSAGE
    return Kind.OTHER


def _person(raw: dict[str, Any], service: str, page: str) -> str | None:
    """Whose thread it is: the sender's, or the recipient's where the Page itself wrote."""
    sides = (_id(raw, side, "id") for side in ("sender", "recipient"))
    person = next((one for one in sides if one and one != page), None)
    return _conversation(service, person) if person else None


def _conversation(service: Any, person: str) -> str | None:
    """The conversation's id; None for what can be none."""
    try:
        found = ConversationId.parse(f"{service}:{person}")
    except QscBotError:
        return None
    return str(found) if found.service == service else None


def _at(raw: Any, *path: str) -> Any:
    """What stands at a path; None where something on the way is no object."""
    for name in path:
        raw = raw.get(name) if isinstance(raw, dict) else None
    return raw


def _id(raw: Any, *path: str) -> str | None:
    """An id as text, whichever type it came as."""
    found = _at(raw, *path)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else None


def _number(raw: Any, *path: str) -> float | None:
    found = _at(raw, *path)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _key(text: str) -> str:
    """An id as a key: itself where that can be stored and shown, else what stands for it."""
    return text if _KEY.fullmatch(text) else _digest(text.encode("utf-8", "surrogatepass"))


def _hash(raw: Any) -> str:
    """A key for an event without an id of its own: the same for the same fields in any order."""
    return _digest(json.dumps(raw, sort_keys=True).encode())


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]
