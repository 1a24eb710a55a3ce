"""The fields of each document, spelled out: they are an interface."""

from typing import Final

HEAD: Final = ["schema", "profile", "account_id"]
CONVERSATION: Final = [
    "id",
    "service",
    "service_id",
    "contact_id",
    "name",
    "control",
    "holder",
    "control_until",
    "method",
    "escalated",
    "tags",
    "topic_ids",
    "last_message_at",
    "last_message_from",
    "waiting_s",
    "stuck",
    "status",
    "assigned_to",
    "mention",
    "permalink",
    "observed_at",
    "stale",
    "note",
]
EXPLANATION: Final = ["id", "conversation", "verdicts", "timeline", "next"]
OUTCOME: Final = ["id", "action", "status", "from", "to", "method", "verified", "note", "error"]
CERTIFICATE: Final = ["items", "via", "run", "sandbox", "timeout_s", "silence_s", "complete"]
RESCUE_PLAN: Final = ["made_at", "remote", "since", "limits", "complete", "steps"]
FAILURE: Final = ["code", "exit", "message", "hint", "request_id", "retryable"]
WEBHOOK: Final = ["name", "via", "url", "method", "body", "subscribe", "state", "last_delivery_at"]
RECIPE: Final = [
    "name",
    "webhook",
    "topic_ids",
    "filter",
    "exclude_tag",
    "active",
    "enabled",
    "backend",
    "state",
    "revision",
    "live_revision",
    "url",
    "pending",
    "confirmed_by",
    "confirmed_at",
    "evidence",
    "last_delivery_at",
    "form",
]
PROFILE: Final = [
    "name",
    "region",
    "api",
    "web",
    "topic_ids",
    "protected",
    "escalation_tag",
    "contact_tag_filter",
    "align_tag",
    "channels",
    "private_message_filter",
    "budget_reserve",
    "control_max_age",
    "timeout",
    "messenger",
    "recipes",
    "stuck",
    "secrets",
]
AUTH: Final = [
    "name",
    "region",
    "api",
    "works",
    "user_id",
    "scopes",
    "missing_scopes",
    "secrets",
    "shadowed",
    "token_saved_at",
    "token_ends_at",
]
STATUS: Final = ["address", "seed", "clock_offset_s", "contacts", "requests", "conversations", "faults", "deliveries"]
FAULT: Final = ["pattern", "status", "delay_seconds", "cut", "body", "rate_limit", "rate_percent", "seed", "left"]
OPERATION: Final = [
    "id",
    "action",
    "state",
    "profile",
    "account_id",
    "remote",
    "by",
    "host",
    "reason",
    "command",
    "undoes",
    "started_at",
    "ended_at",
    "total",
    "counts",
]
VERIFICATION: Final = [
    "operation",
    "whole",
    "entries",
    "last_number",
    "last_at",
    "last_hash",
    "removed",
    "removed_operations",
    "removed_at",
    "removed_by",
    "broken",
]
LIMITS: Final = [
    "host",
    "limit",
    "left",
    "period_s",
    "reset_at",
    "seen_at",
    "asked",
    "note",
    "reserve",
    "used_by",
    "graph",
]
PLAN: Final = ["items", "total", "at_least", "looks", "calls_left", "reserve", "resets_at"]
DELIVERY: Final = [
    "id",
    "kind",
    "via",
    "conversation",
    "recipe",
    "revision",
    "received_at",
    "verified",
    "dedupe_key",
    "answer",
    "forwarded",
]
SETUP: Final = [
    ["webhook", "register", "bot", "--url", "https://bot.example.com/"],
    ["recipe", "create", "r", "--webhook", "bot"],
]
TRIGGER: Final = ["kind", "via", "url", "signed", "status", "milliseconds", "text"]
SIGNATURE: Final = ["via", "header", "value", "verdict", "note"]
