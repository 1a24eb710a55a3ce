"""The example bot's two ways to talk: Social Connect's API and Messenger's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from qsc_bot.sandbox import account
from qsc_bot.sandbox.world import Call

_PATH = f"/{account.ACCOUNT_ID}"
_GRAPH = f"/graph/v25.0/{account.PAGE_ID}"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_OWNER_WORDS = {
    "application": "bot",
    "external_application": "bot",
    "bot": "bot",
    "social_connect": "agent",
    "agent": "agent",
}


@dataclass(frozen=True)
class SocialConnectChannel:
    """One customer's message as Social Connect's webhook brought it."""

    call: Call
    service: str
    service_id: str
    topic_id: str
    mention_id: str
    profile: str
    text: str

    @classmethod
    def read(cls, call: Call, mention: Mapping[str, Any]) -> "SocialConnectChannel | None":
        """A customer's private message; None for our own, for public ones and for what cannot be read."""
        message, author = _part(mention, "message"), _part(mention, "author")
        source, topic = _part(mention, "source"), _part(mention, "topic")
        facts = (source.get("service"), author.get("id"), topic.get("id"), mention.get("id"))
        if author.get("managed") or message.get("type") != account.PRIVATE_MESSAGE or None in facts:
            return None
        text = message.get("content")
        service, service_id, topic_id, mention_id = (str(fact) for fact in facts)
        return cls(
            call=call,
            service=service,
            service_id=service_id,
            topic_id=topic_id,
            mention_id=mention_id,
            profile=str(source.get("profile")),
            text=text if isinstance(text, str) else "",
        )

    @property
    def unique_id(self) -> str:
        """What a repeated delivery is known by."""
        return f"{self.topic_id}_{self.mention_id}"

    def is_mine(self) -> bool:
        """Whether the bot holds the conversation by its channel's method and by the contact's tags."""
        if self.service in account.HANDOVER_SERVICES and self._read_owner() != "bot":
            return False
        return _is_untagged(self.call, self.service, self.service_id)

    def say(self, text: str) -> None:
        """Reply to the message."""
        services = [{"type": self.service, "service_id": self.profile}]
        fields = {
            "type": account.PRIVATE_MESSAGE,
            "services": json.dumps(services),
            "message": text,
            "status": "queued",
            "topic_id": self.topic_id,
            "mention_id": self.mention_id,
        }
        _call_social_connect(self.call, "POST", f"{_PATH}/publisher/add", fields)

    def escalate(self) -> None:
        """Give the conversation to the agents."""
        if self.service in account.HANDOVER_SERVICES:
            _call_social_connect(self.call, "POST", self._handover_path, {})
            return
        fields = {
            "updates": json.dumps({"tags": [account.ESCALATION_TAG]}),
            "options": json.dumps({"tags_edit_mode": "add"}),
            "topic_ids": self.topic_id,
        }
        _call_social_connect(self.call, "POST", _contact_path(self.service, self.service_id), fields)

    @property
    def _handover_path(self) -> str:
        return f"{_PATH}/inbox/handover/{self.service}/{quote(self.service_id, safe='')}"

    def _read_owner(self) -> str | None:
        """Who holds it, from any of the item's shapes; None when it cannot be read."""
        item = _call_social_connect(self.call, "GET", self._handover_path, {})
        word = item.get("owner", item.get("state", item.get("status")))
        if isinstance(word, Mapping):
            word = word.get("type")
        return _OWNER_WORDS.get(word) if isinstance(word, str) else None


@dataclass(frozen=True)
class MessengerChannel:
    """One person's thread with the Page."""

    call: Call
    service: str
    psid: str

    def is_mine(self) -> bool:
        """Whether no other app owns the thread and the contact, where it can be read, is not tagged."""
        answer = _call_graph(self.call, "GET", f"/thread_owner?recipient={quote(self.psid)}", None)
        owners = [_part(item, "thread_owner").get("app_id") for item in answer.get("data", [None])]
        if any(str(owner) != account.BOT_APP for owner in owners):
            return False
        return self.service == "instagram" or _is_untagged(self.call, self.service, self.psid)

    def say(self, text: str) -> None:
        """Write to the person."""
        body = {
            "messaging_type": "RESPONSE",
            "recipient": {"id": self.psid},
            "message": {"text": text},
        }
        _call_graph(self.call, "POST", "/messages", body)

    def escalate(self) -> None:
        """Pass the thread to Social Connect's app."""
        body = {"recipient": {"id": self.psid}, "target_app_id": int(account.AGENT_APP)}
        _call_graph(self.call, "POST", "/pass_thread_control", body)


def _is_untagged(call: Call, service: str, service_id: str) -> bool:
    """Whether the escalation tag is off; a contact that cannot be read counts as tagged."""
    path = f"{_contact_path(service, service_id)}?topic_ids={account.TOPIC_ID}"
    tags = _call_social_connect(call, "GET", path, {}).get("tags")
    return isinstance(tags, list) and account.ESCALATION_TAG not in tags


def _contact_path(service: str, service_id: str) -> str:
    return f"{_PATH}/inbox/contact/{service}/{quote(service_id, safe='')}"


def _call_social_connect(call: Call, method: str, target: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
    headers = {"Authorization": "Bearer sandbox-bot"} | (_FORM if fields else {})
    status, body = call(method, target, headers, urlencode(fields).encode())
    return _part(_parse(body), "response") if status == 200 else {}


def _call_graph(call: Call, method: str, target: str, body: Mapping[str, Any] | None) -> Mapping[str, Any]:
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"}
    sent = b"" if body is None else json.dumps(body).encode()
    status, answer = call(method, _GRAPH + target, headers, sent)
    parsed = _parse(answer) if status == 200 else None
    return parsed if isinstance(parsed, dict) else {}


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _part(value: Any, name: str) -> Mapping[str, Any]:
    part = value.get(name) if isinstance(value, Mapping) else None
    return part if isinstance(part, Mapping) else {}
