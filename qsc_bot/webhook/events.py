"""What a request to a webhook tells of: pure, and tolerant of everything that is not documented."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.delivery import Event, Kind, Via
from qsc_bot.models.mention import PRIVATE_MESSAGE, Mention
from qsc_bot.models.wire import decode_id, moment

FORM_FIELD: Final = "mention"
"""A body may come as a form with the mention in this field: not documented, so both are taken."""
CONTROL: Final[Mapping[str, Kind]] = {
    "pass_thread_control": Kind.PASSED,
    "take_thread_control": Kind.TAKEN,
    "request_thread_control": Kind.REQUESTED,
    "app_roles": Kind.ROLES,
}
RECEIPTS: Final = ("read", "delivery")
MESSAGES: Final = ("message", "postback", "referral", "reaction")
LATEST_MS: Final = 1e18
SERVICES: Final[Mapping[str, str]] = {"page": "facebook", "instagram": "instagram"}


def read_events(via: Via, body: bytes) -> list[Event]:
    """The events of one request; raises `webhook.body` where it holds none that can be told apart."""
    document = _document(via, body)
    try:
        events = list(_mentions(document) if via is Via.SOCIAL_CONNECT else _messenger(document))
    except RecursionError as error:
        raise QscBotError("webhook.body", "the body is nested too deeply") from error
    if not events:
        raise QscBotError("webhook.body", "the body holds no event")
    return events


def _document(via: Via, body: bytes) -> Any:
    """The JSON of a body, or of the form field that holds it, whatever its type is said to be."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        fields = parse_qs(body.decode(), max_num_fields=100) if via is Via.SOCIAL_CONNECT else {}
        return json.loads(fields[FORM_FIELD][0])
    except (ValueError, KeyError, RecursionError) as error:
        raise QscBotError("webhook.body", "the body is no JSON") from error


def _mentions(document: Any) -> Iterator[Event]:
    for raw in document if isinstance(document, list) else [document]:
        if not isinstance(raw, dict):
            raise QscBotError("webhook.body", "the body is no mention and no list of mentions")
        yield _mention(raw)


def _mention(raw: dict[str, Any]) -> Event:
    """One mention; what it does not tell is null, and one without ids is known by its content."""
    try:
        mention = msgspec.convert(raw, Mention, dec_hook=decode_id)
    except (msgspec.ValidationError, UnicodeEncodeError):  # the latter for half a character where no text belongs
        return Event(kind=Kind.MENTION, dedupe_key=_hash(raw))
    person = mention.conversation
    return Event(
        kind=Kind.MENTION,
        dedupe_key=mention.unique_id,
        conversation=str(person) if person else None,
        is_private=None if mention.message.type is None else mention.message.type == PRIVATE_MESSAGE,
        happened_at=mention.at,
    )


def _messenger(document: Any) -> Iterator[Event]:
    """Each event of each entry, those on standby among them."""
    if not isinstance(document, dict) or not isinstance(document.get("entry"), list):
        raise QscBotError("webhook.body", "the body has no list of entries")
    service = SERVICES.get(str(document.get("object")), "facebook")
    for entry in document["entry"]:
        for channel in ("messaging", "standby"):
            events = entry.get(channel) if isinstance(entry, dict) else None
            for raw in events if isinstance(events, list) else ():
                if isinstance(raw, dict):
                    yield _thread_event(raw, service, page=str(entry.get("id")), is_standby=channel == "standby")


def _thread_event(raw: dict[str, Any], service: str, *, page: str, is_standby: bool) -> Event:
    message = raw.get("message")
    mid = message.get("mid") if isinstance(message, dict) else None
    at = raw.get("timestamp")
    return Event(
        kind=_kind(raw, is_standby=is_standby),
        dedupe_key=str(mid) if isinstance(mid, str) and mid else _hash(raw),
        conversation=_person(raw, service, page),
        happened_at=moment(at / 1000) if isinstance(at, int | float) and abs(at) < LATEST_MS else None,
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
    for side in ("sender", "recipient"):
        who = raw.get(side)
        one = who.get("id") if isinstance(who, dict) else None
        if isinstance(one, str | int) and not isinstance(one, bool) and str(one) != page:
            try:
                return str(ConversationId.parse(f"{service}:{one}"))
            except QscBotError:
                return None
    return None


def _hash(raw: dict[str, Any]) -> str:
    """A key for an event without an id of its own: the same for the same fields in any order."""
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:32]
