"""JSON schemas of the documents, made from the types that they are made of."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, Literal

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.auth import AuthStatus
from qsc_bot.models.call_plan import CallPlan
from qsc_bot.models.certificate import Certificate
from qsc_bot.models.conversation import Conversation, ConversationEvent, Failure
from qsc_bot.models.delivery import Delivery, DeliveryEvent, Signature
from qsc_bot.models.demo import DemoStory
from qsc_bot.models.explanation import Explanation
from qsc_bot.models.journal import JournalEntry, Pruning, Verification
from qsc_bot.models.limits import Limits
from qsc_bot.models.operation import Operation, OperationSummary
from qsc_bot.models.rescue import RescuePlan
from qsc_bot.models.sandbox import Fault, SandboxEvent, SandboxStatus
from qsc_bot.models.setup import Recipe, Webhook
from qsc_bot.models.trial import Check, Trigger
from qsc_bot.operations.profile import ProfileItem, ProfileRow
from qsc_bot.results import DryRun, ListSummary, Outcomes, Text

Form = Literal["list", "record", "event", "flat", "error"]
TYPES: Final[Mapping[str, tuple[Form, type[msgspec.Struct]]]] = {
    "conversation-list": ("list", Conversation),
    "conversation": ("record", Conversation),
    "conversation-event": ("event", ConversationEvent),
    "call-plan": ("record", CallPlan),
    "explanation": ("record", Explanation),
    "outcomes": ("flat", Outcomes),
    "dry-run": ("flat", DryRun),
    "operation-list": ("list", OperationSummary),
    "operation": ("record", Operation),
    "operation-verification": ("record", Verification),
    "operation-pruning": ("record", Pruning),
    "journal-entry-list": ("list", JournalEntry),
    "webhook-list": ("list", Webhook),
    "webhook": ("record", Webhook),
    "webhook-verification": ("list", Check),
    "webhook-trigger": ("record", Trigger),
    "signature": ("record", Signature),
    "delivery-list": ("list", Delivery),
    "delivery-event": ("event", DeliveryEvent),
    "recipe-list": ("list", Recipe),
    "recipe": ("record", Recipe),
    "certificate": ("record", Certificate),
    "rescue-plan": ("record", RescuePlan),
    "auth-status": ("record", AuthStatus),
    "profile-list": ("list", ProfileRow),
    "profile": ("record", ProfileItem),
    "sandbox-status": ("record", SandboxStatus),
    "sandbox-event": ("record", SandboxEvent),
    "sandbox-fault": ("record", Fault),
    "sandbox-fault-list": ("list", Fault),
    "limits": ("record", Limits),
    "demo": ("record", DemoStory),
    "error": ("error", Failure),
}
NAMES: Final = tuple(TYPES)
_TEXT_OR_NULL: Final = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def schema_of(name: str) -> Text:
    """The schema of one document, as JSON; raises `usage.schema` naming the nearest."""
    if name not in TYPES:
        near = get_close_matches(name, NAMES, n=3)
        hint = tuple(f"qsc-bot schema {one}" for one in near) or ("qsc-bot schema",)
        raise QscBotError("usage.schema", f"there is no schema {name[:80]!r}", hint=hint)
    document = build(name)
    return Text(text=json.dumps(document, indent=2), data=document)


def build(name: str) -> dict[str, Any]:
    """The schema as data: the envelope, and in it the fields of the type."""
    form, kind = TYPES[name]
    (root,), parts = msgspec.json.schema_components([kind], schema_hook=_schema_of_any, ref_template="#/$defs/{name}")
    item = parts.pop(kind.__name__)
    _require_all(item, *parts.values())
    properties: dict[str, Any] = {
        "schema": {"const": f"qsc-bot/{name}@1"},
        "profile": _TEXT_OR_NULL,
        "account_id": _TEXT_OR_NULL,
    }
    match form:
        case "event":
            return _event_schema(name, item, parts)
        case "list":
            parts[kind.__name__] = item
            properties |= {"items": {"type": "array", "items": root}, "page": _PAGE, "warnings": _WARNINGS}
            if kind is Conversation:
                properties["summary"] = _summary(parts)
        case "error":
            parts[kind.__name__] = item
            properties["error"] = root
        case _:
            properties |= item["properties"] | {"warnings": _WARNINGS}
    optional = {"outcome": {"enum": _OUTCOMES}} if form == "record" else {}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"qsc-bot/{name}@1",
        "type": "object",
        "properties": properties | optional,
        "required": list(properties),
        **({"$defs": parts} if parts else {}),
    }


def _event_schema(name: str, item: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """A record of a stream: flat, without the envelope, which stands in the stream's last line."""
    properties = {"type": {"const": "event"}} | item["properties"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"qsc-bot/{name}@1",
        "type": "object",
        "properties": {"schema": {"const": f"qsc-bot/{name}@1"}} | properties,
        "required": list(properties),
        **({"$defs": parts} if parts else {}),
    }


_OUTCOMES: Final = ["created", "updated", "recorded", "unchanged", "deleted"]
_WARNINGS: Final = {"type": "array", "items": {"type": "string"}}
_PAGE: Final = {
    "type": "object",
    "properties": {"returned": {"type": "integer"}, "complete": {"type": "boolean"}},
    "required": ["returned", "complete"],
}


def _summary(parts: dict[str, Any]) -> dict[str, Any]:
    (root,), more = msgspec.json.schema_components([ListSummary], ref_template="#/$defs/{name}")
    _require_all(*more.values())
    parts.update(more)
    return dict(root)


def _schema_of_any(kind: type) -> dict[str, Any]:
    """A part of a request's body may be of any kind."""
    if kind is not object:
        raise NotImplementedError
    return {"description": "any JSON value"}


def _require_all(*schemas: dict[str, Any]) -> None:
    """Unknown is null, never missing: every field is always there, so no default is told."""
    for schema in schemas:
        fields = schema.get("properties")
        if isinstance(fields, dict):
            schema["required"] = list(fields)
            for field in fields.values():
                field.pop("default", None)
