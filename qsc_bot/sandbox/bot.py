"""The example bot: answers customers, and asks who holds the conversation before it does."""

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from werkzeug.wrappers import Request

from qsc_bot.sandbox import account
from qsc_bot.sandbox.bot_channels import MessengerChannel, SocialConnectChannel
from qsc_bot.sandbox.deliveries import sign_for_messenger, sign_for_social_connect
from qsc_bot.sandbox.match import Match
from qsc_bot.sandbox.wire import Answer
from qsc_bot.sandbox.world import World

PERSON_WORDS = ("person", "human", "agent")
GOODBYE = "I am passing you on to a colleague."


def answer(world: World, request: Request, match: Match) -> Answer:
    """Answer one webhook request."""
    act = ENDPOINTS.get(match.pattern, {}).get(match.method)
    if act is None:
        return Answer(status=404, body=b"", headers={"Content-Type": "text/plain"})
    status, body = act(world, request)
    return Answer(status=status, body=body, headers={"Content-Type": "text/plain"})


def hear_social_connect(world: World, request: Request) -> tuple[int, bytes]:
    """A recipe's webhook: one mention, several, or a form field holding one."""
    body = request.get_data()
    refused = _refuse(request.headers.get("x-signature"), sign_for_social_connect(body))
    if refused:
        return refused, b""
    for mention in _read_mentions(body):
        _hear_mention(world, mention)
    return 200, b""


def hear_messenger(world: World, request: Request) -> tuple[int, bytes]:
    """Messenger's webhook; what comes on `standby` is another app's to answer."""
    body = request.get_data()
    refused = _refuse(request.headers.get("X-Hub-Signature-256"), sign_for_messenger(body))
    if refused:
        return refused, b""
    content = _mapping(_parse(body))
    service = "instagram" if content.get("object") == "instagram" else "facebook"
    for entry in content.get("entry") or []:
        for event in _mapping(entry).get("messaging") or []:
            _hear_event(world, service, _mapping(event))
    return 200, b""


def shake_hands(world: World, request: Request) -> tuple[int, bytes]:  # noqa: ARG001 (called like the others)
    """Messenger's verification of the address."""
    token = request.args.get("hub.verify_token", "")
    wanted = hmac.compare_digest(token.encode(), account.SIGNING_KEYS["verify"].encode())
    if request.args.get("hub.mode") != "subscribe" or not wanted:
        return 403, b""
    return 200, request.args.get("hub.challenge", "").encode()


_Act = Callable[[World, Request], tuple[int, bytes]]
_SOCIAL_CONNECT: Mapping[str, _Act] = {"POST": hear_social_connect}
_MESSENGER: Mapping[str, _Act] = {"POST": hear_messenger, "GET": shake_hands}
ENDPOINTS: Mapping[str, Mapping[str, _Act]] = {
    "/example-bot/social-connect": _SOCIAL_CONNECT,
    "/example-bot/social-connect/{secret}": _SOCIAL_CONNECT,
    "/example-bot/messenger": _MESSENGER,
    "/example-bot/messenger/{secret}": _MESSENGER,
}


def _refuse(given: str | None, wanted: str) -> int | None:
    """401 without a signature, 403 with a wrong one."""
    if given is None:
        return 401
    return None if hmac.compare_digest(given.strip().encode(), wanted.encode()) else 403


def _hear_mention(world: World, mention: Mapping[str, Any]) -> None:
    channel = SocialConnectChannel.read(world.call, mention)
    if channel is None or channel.service in account.MESSENGER_SERVICES:
        return
    _converse(world, channel, key=channel.unique_id, text=channel.text)


def _hear_event(world: World, service: str, event: Mapping[str, Any]) -> None:
    message, sender = _mapping(event.get("message")), _mapping(event.get("sender"))
    if not message or message.get("is_echo") or "id" not in sender:
        return
    channel = MessengerChannel(world.call, service, str(sender["id"]))
    _converse(world, channel, key=f"mid:{message.get('mid')}", text=str(message.get("text") or ""))


def _converse(world: World, channel: SocialConnectChannel | MessengerChannel, *, key: str, text: str) -> None:
    """Say one thing, once, and only while the bot holds the conversation."""
    if not text.strip() or not _is_new(world, key) or not channel.is_mine():
        return
    if not any(word in text.casefold() for word in PERSON_WORDS):
        channel.say(f"You wrote: {text}")
        return
    channel.say(GOODBYE)
    channel.escalate()


def _is_new(world: World, key: str) -> bool:
    with world.state.writing() as db:
        return db.execute("INSERT OR IGNORE INTO bot_seen (key) VALUES (?)", (key,)).rowcount > 0


def _read_mentions(body: bytes) -> list[Mapping[str, Any]]:
    content = _parse(body)
    if content is None:
        fields = parse_qs(body.decode(errors="replace"))
        content = _parse(fields.get("mention", [""])[0].encode())
    items = content if isinstance(content, list) else [content]
    return [item for item in items if isinstance(item, dict)]


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
