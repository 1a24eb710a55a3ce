"""The one company that lives in the sandbox: its ids, channels, users, apps and secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ACCOUNT_ID: Final = "1000"
ACCOUNT_NAME: Final = "Sandbox Company"
PROJECT_ID: Final = 1
PROJECT_NAME: Final = "Care"
TOPIC_ID: Final = "2001"
TOPIC_NAME: Final = "Service"
PAGE_ID: Final = "1029384756"
PAGE_NAME: Final = "Sandbox Company"

BOT_APP: Final = "111"
AGENT_APP: Final = "222"
PAGE_INBOX_APP: Final = "263902037430900"
APP_NAMES: Final[Mapping[str, str]] = {
    BOT_APP: "Example bot",
    AGENT_APP: "Social Connect",
    PAGE_INBOX_APP: "Page Inbox",
}

ESCALATION_TAG: Final = "escalated to agent"
SIGNING_KEYS: Final[Mapping[str, str]] = {
    "client": "sandbox-client-secret",
    "app": "sandbox-app-secret",
    "verify": "sandbox-verify-token",
}

PRIVATE_MESSAGE: Final = "privatemessage"
HANDOVER_SERVICES: Final = frozenset({"web", "whatsapp", "viber", "twilio"})
TOPIC_BOUND_SERVICES: Final = HANDOVER_SERVICES | {"wechat"}
MESSENGER_SERVICES: Final = frozenset({"facebook", "instagram"})
NUMERIC_AUTHOR_SERVICES: Final = frozenset({"twitter", "facebook"})

SCOPES: Final = (
    "identify",
    "email",
    "accounts_read",
    "accounts_write",
    "accounts_handover",
    "socialprofiles",
)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One social profile of the company that the topic monitors."""

    id: str
    name: str
    domain: str


PROFILES: Final[Mapping[str, Profile]] = {
    "twitter": Profile(id="900100", name="Sandbox Care", domain="twitter.com"),
    "facebook": Profile(id=PAGE_ID, name=PAGE_NAME, domain="facebook.com"),
    "whatsapp": Profile(id="32400000000", name="Sandbox WhatsApp", domain="whatsapp.com"),
    "web": Profile(id="livechat-1", name="Sandbox Live Chat", domain="sandbox.example"),
    "viber": Profile(id="sandbox-viber", name="Sandbox Viber", domain="viber.com"),
    "twilio": Profile(id="32400000001", name="Sandbox SMS", domain="twilio.com"),
    "instagram": Profile(id="17841400000000001", name="sandbox.company", domain="instagram.com"),
}


@dataclass(frozen=True, kw_only=True)
class User:
    """A user of Social Connect, known by the token."""

    id: int
    name: str
    email: str


EVERYONE: Final = User(id=1, name="Sandbox User", email="user@sandbox.example")
EXAMPLE_BOT: Final = User(id=2, name="Example bot", email="bot@sandbox.example")
USERS: Final[Mapping[str, User]] = {"sandbox": EVERYONE, "sandbox-bot": EXAMPLE_BOT}
GRAPH_TOKENS: Final[Mapping[str, str]] = {"sandbox": BOT_APP, "sandbox-agents": AGENT_APP}
