"""What the configuration says about an account, and the built-in sandbox profile."""

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from qsc_bot.errors import QscBotError
from qsc_bot.models.duration import (
    DURATION_PATTERN,
    DURATION_WORDS,
    POSITIVE_DURATION_PATTERN,
    parse_duration,
)

SANDBOX_NAME: Final = "sandbox"
SANDBOX_ADDRESS: Final = "http://127.0.0.1:8081"
PROFILE_NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
PROFILE_NAME_WORDS: Final = "a profile's name: letters, digits, '.', '_' and '-', at most 64"
IDENTIFIER_PATTERN: Final = r"^[A-Za-z0-9_-]+$"
IDENTIFIER_WORDS: Final = "an id of letters, digits, '_' and '-'"

_API_URLS: Final = {"eu": "https://api.engagor.com", "us": "https://api-us.engagor.com"}
_WEB_HOSTS: Final = {"eu": "app.engagor.com", "us": "us.engagor.com"}
_GRAPH_URL: Final = "https://graph.facebook.com"

Duration = Annotated[str, Meta(pattern=DURATION_PATTERN, description=DURATION_WORDS)]
PositiveDuration = Annotated[
    str, Meta(pattern=POSITIVE_DURATION_PATTERN, description=f"{DURATION_WORDS}, longer than zero")
]
ProfileName = Annotated[str, Meta(pattern=PROFILE_NAME_PATTERN, description=PROFILE_NAME_WORDS)]
HostName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9._-]+$", description="a bare host name, without scheme, port or path")
]
Identifier = Annotated[str, Meta(pattern=IDENTIFIER_PATTERN, description=IDENTIFIER_WORDS)]
ServiceName = Annotated[str, Meta(pattern=r"^[a-z0-9_-]+$", description="a service's name in small letters")]
ObjectName = Annotated[str, Meta(pattern=r"^[a-z0-9-]+$", description="a name of small letters, digits and '-'")]
Tag = Annotated[
    str,
    Meta(
        pattern=r"^(?=.*\S)[^,\x00-\x1f\x7f-\x9f]{1,100}$",
        description="a tag without comma or control characters, of at most 100 characters",
    ),
]
RecipePath = Annotated[
    str,
    Meta(
        pattern=r"^/([^\s{}?#\\]|\{account_id\})*$",
        description="a path that begins with / and holds no placeholder but {account_id}",
    ),
]
GraphVersion = Annotated[str, Meta(pattern=r"^v[0-9]+\.[0-9]+$", description="a version such as v25.0")]
NotNegative = Annotated[int, Meta(ge=0, description="a whole number, 0 or more")]


class Messenger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The Facebook Page and the two apps that hand its threads to each other."""

    page_id: Identifier
    bot_app_id: Identifier
    agent_app_id: Identifier
    default_app: Literal["bot", "other", "unknown"] = "unknown"
    graph_version: GraphVersion = "v25.0"
    graph_url: str | None = None


class Recipes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How automation recipes are changed: by a person with a form, or by calls to `path`."""

    backend: Literal["guided", "api"] = "guided"
    path: RecipePath | None = None


class Stuck(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a conversation counts as stuck."""

    bot_silent: Duration = "10m"
    agent_silent: Duration = "30m"
    agent_forgotten: Duration = "12h"
    lapse_warning: Duration = "2h"


class ProfileKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys that one profile may have in a configuration file."""

    account_id: Identifier
    region: Literal["eu", "us"] = "eu"
    api_url: str | None = None
    topic_ids: list[Identifier] = []
    protected: bool | Literal["bulk"] = False
    escalation_tag: Tag = "escalated to agent"
    contact_tag_filter: str | None = None
    align_tag: Literal["auto", "always", "never"] = "auto"
    channels: dict[ServiceName, Literal["messenger", "handover", "tag"]] = {}
    private_message_filter: str | None = None
    budget_reserve: NotNegative = 50
    control_max_age: Duration = "1h"
    timeout: PositiveDuration = "10s"
    messenger: Messenger | None = None
    recipes: Recipes = Recipes()
    stuck: Stuck = Stuck()


class Profile(ProfileKeys, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account as a command sees it: its keys, its name and whether names may be shown."""

    name: str = ""
    show_names: bool = False

    @property
    def base_url(self) -> str:
        """Where the Social Connect API is, without a slash at the end."""
        return (self.api_url or _API_URLS[self.region]).rstrip("/")

    @property
    def account_key(self) -> str:
        """What tells the account from every other: its host and its id there."""
        return f"{urlsplit(self.base_url).netloc}/{self.account_id}"

    @property
    def graph_base(self) -> str:
        """Where Meta's Graph API is, without version and without a slash at the end."""
        return ((self.messenger and self.messenger.graph_url) or _GRAPH_URL).rstrip("/")

    @property
    def web_host(self) -> str:
        """The host of the pages that people open."""
        return _WEB_HOSTS[self.region]

    @property
    def timeout_seconds(self) -> float:
        """How long one call may take."""
        return parse_duration(self.timeout)


class WebhookSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A webhook as the set-up wants it."""

    name: ObjectName
    via: Literal["social-connect", "messenger"] = "social-connect"
    url: str
    subscribe: list[str] = []


class RecipeSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An automation recipe as the set-up wants it."""

    name: ObjectName
    webhook: ObjectName
    topic_ids: list[Identifier] = []
    filter: str = "private-messages"
    exclude_tag: Tag | None = None
    active: Literal["always", "business-hours"] = "always"
    enabled: bool = True


class Setup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The webhooks and recipes that the configuration asks for."""

    webhooks: list[WebhookSpec] = []
    recipes: list[RecipeSpec] = []


class ConfigFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a configuration file; `allowed_hosts` and `show_names` are the user file's alone."""

    version: Literal[1] = 1
    default_profile: ProfileName | None = None
    allowed_hosts: list[HostName] = []
    show_names: bool = False
    profiles: dict[ProfileName, ProfileKeys] = {}
    setup: Setup = Setup()


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a profile in the user file; raises `config.invalid`."""
    hint = ("name another profile",)
    if not re.fullmatch(PROFILE_NAME_PATTERN, name):
        raise QscBotError(
            "config.invalid", f"{name[:80]!r} cannot name a profile: expected {PROFILE_NAME_WORDS}", hint=hint
        )
    if name == SANDBOX_NAME:
        fault = "the profile sandbox is built in and never changed"
        raise QscBotError("config.invalid", fault, hint=hint)


def sandbox_profile(address: str = SANDBOX_ADDRESS) -> Profile:
    """The built-in profile of the sandbox at `address`."""
    address = address.rstrip("/")
    return Profile(
        name=SANDBOX_NAME,
        account_id="1000",
        api_url=address,
        topic_ids=["2001"],
        messenger=Messenger(
            page_id="1029384756",
            bot_app_id="111",
            agent_app_id="222",
            default_app="bot",
            graph_url=f"{address}/graph",
        ),
        recipes=Recipes(backend="api", path="/{account_id}/sandbox/automation"),
    )
