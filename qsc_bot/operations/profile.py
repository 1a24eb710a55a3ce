"""Profiles as they are shown: every setting, and where each secret comes from."""

from typing import Any, Final

import msgspec

from qsc_bot.config import Config
from qsc_bot.credentials.secrets import Secrets
from qsc_bot.models.profile import Profile, sandbox_profile
from qsc_bot.operations.auth import foreign_warnings
from qsc_bot.results import Column, Listing, Record

COLUMNS: Final = (
    Column("name", "NAME", "text", 0),
    Column("account_id", "ACCOUNT", "text", 0),
    Column("default", "DEFAULT", "text", 1),
    Column("protected", "PROTECTED", "text", 1),
    Column("api", "API", "text", 2),
)
PLAIN: Final = ("name", "account_id", "default", "protected", "api")


class ProfileRow(msgspec.Struct, frozen=True, kw_only=True):
    """One profile in a list; `default` is true for the one that is used when none is named."""

    name: str
    account_id: str
    region: str
    api: str
    default: bool
    protected: bool | str


class ProfileItem(msgspec.Struct, frozen=True, kw_only=True):
    """One profile in full; `secrets` tells where each comes from, or null."""

    name: str
    account_id: str
    region: str
    api: str
    web: str
    topic_ids: list[str]
    protected: bool | str
    escalation_tag: str
    contact_tag_filter: str | None
    align_tag: str
    channels: dict[str, str]
    private_message_filter: str | None
    budget_reserve: int
    control_max_age: str
    timeout: str
    messenger: dict[str, Any] | None
    recipes: dict[str, Any]
    stuck: dict[str, Any]
    secrets: dict[str, str | None]


def list_profiles(config: Config, default: str | None) -> Listing[ProfileRow]:
    """Every profile of the configuration, and the sandbox, which is built in."""
    rows = [
        ProfileRow(
            name=one.name,
            account_id=one.account_id,
            region=one.region,
            api=one.base_url,
            default=one.name == default,
            protected=one.protected,
        )
        for one in (*config.profiles.values(), sandbox_profile())
    ]
    return Listing(schema="profile-list", items=rows, columns=COLUMNS, plain=PLAIN)


def show_profile(profile: Profile, secrets: Secrets, *, outcome: str | None = None) -> Record:
    """One profile with all its settings, and a warning of stored secrets that were made for other ones."""
    kept = {name: getattr(profile, name) for name in ProfileItem.__struct_fields__ if hasattr(profile, name)}
    settings = msgspec.to_builtins({name: kept[name] for name in ("messenger", "recipes", "stuck")})
    item = ProfileItem(
        **kept
        | settings
        | {
            "api": profile.base_url,
            "web": profile.web_host,
            "secrets": secrets.sources(profile),
        }
    )
    return Record(schema="profile", item=item, outcome=outcome, warnings=foreign_warnings(profile, secrets))
