"""Publishing: what may be sent where, and the reply to a private message that goes out at once."""

import json
from typing import Any

from qsc_bot.sandbox.account import AGENT_APP, MESSENGER_SERVICES, PRIVATE_MESSAGE, PROFILES
from qsc_bot.sandbox.mentions import require_message
from qsc_bot.sandbox.messages import Message, add_message, describe_mention
from qsc_bot.sandbox.messenger import find_thread, send_message
from qsc_bot.sandbox.threads import RefusedError
from qsc_bot.sandbox.wire import Visit, forbidden, invalid, read_choice, read_json

TYPES = (
    "post",
    "reply",
    PRIVATE_MESSAGE,
    "comment",
    "like",
    "favorite",
    "retweet",
    "reblog",
    "submit",
)
STATUSES = ("draft", "awaitingapproval", "queued")


def show_options(visit: Visit) -> dict[str, Any]:
    """GET publisher/add: where one may publish (the names of the answer's fields are assumed)."""
    kind = read_choice(visit.params, "type", choices=TYPES, default="post")
    answered = _find_answered(visit, kind)
    services = PROFILES if answered is None else {answered.service: PROFILES[answered.service]}
    address = visit.settings.address
    return {
        "services": [
            {"type": service, "service_id": profile.id, "displayname": profile.name, "rights": [kind]}
            for service, profile in services.items()
        ],
        "configuration": {"message_length": 10000, "default_text": ""},
        "mention": None if answered is None else describe_mention(visit.db, answered, address=address),
    }


def publish(visit: Visit) -> dict[str, Any]:
    """POST publisher/add: `queued` sends a private message at once, everything else is only kept."""
    kind = read_choice(visit.params, "type", choices=TYPES, default="post")
    status = read_choice(visit.params, "status", choices=STATUSES, default="awaitingapproval")
    text = visit.params.get("message", "")
    if not text:
        raise invalid("message is required")
    answered = _find_answered(visit, kind)
    services = _read_services(visit, answered)
    if status != "queued":
        return _describe(visit, _keep(visit, kind, status, text), kind, status, text, services)
    if kind != PRIVATE_MESSAGE:
        raise forbidden("only private messages can be published directly")
    assert answered is not None
    number = _send(visit, answered, text)
    return _describe(visit, number, kind, "published", text, services)


def _find_answered(visit: Visit, kind: str) -> Message | None:
    topic_id, mention_id = visit.params.get("topic_id", ""), visit.params.get("mention_id", "")
    if topic_id and mention_id:
        return require_message(visit, topic_id=topic_id, mention_id=mention_id)
    if kind == PRIVATE_MESSAGE:
        raise invalid("topic_id and mention_id are required for a private message")
    return None


def _read_services(visit: Visit, answered: Message | None) -> list[Any]:
    services: list[Any] = read_json(visit.params, "services", list)
    allowed = PROFILES if answered is None else {answered.service: PROFILES[answered.service]}
    for item in services:
        profile = allowed.get(str(item.get("type"))) if isinstance(item, dict) else None
        if profile is None or str(item.get("service_id")) != profile.id:
            raise invalid("services must name a profile that publisher/add offers")
    if not services:
        raise invalid("services is required")
    return services


def _send(visit: Visit, answered: Message, text: str) -> int:
    if answered.service in MESSENGER_SERVICES:
        return _send_through_messenger(visit, answered, text)
    message = add_message(
        visit.db,
        service=answered.service,
        service_id=answered.service_id,
        content=text,
        now=visit.now,
        application=visit.user.name,
    )
    return message.id


def _send_through_messenger(visit: Visit, answered: Message, text: str) -> int:
    """Social Connect sends through its own app, which Meta refuses while another holds the thread."""
    thread = find_thread(visit.db, answered.service_id, now=visit.now)
    if thread is None:
        raise invalid("only private messages can be answered by a private message")
    try:
        return send_message(visit, thread, caller=AGENT_APP, text=text).id
    except RefusedError as error:
        raise forbidden(f"the network refused the message: {error.message}") from error


def _keep(visit: Visit, kind: str, status: str, text: str) -> int:
    content = json.dumps({"type": kind, "status": status, "message": text})
    kept = visit.db.execute("INSERT INTO publications (content) VALUES (?)", (content,))
    return int(kept.lastrowid or 0)


def _describe(visit: Visit, number: int, kind: str, status: str, text: str, services: list[Any]) -> dict[str, Any]:
    item = {
        "id": str(number),
        "type": kind,
        "status": status,
        "message": {"content": text},
        "services": services,
        "date": {"added": int(visit.now)},
    }
    return {"messages": [], "publisher_mention": item}
