"""Webhooks and recipes: as they are set up, as the API back-end holds them, and as they are shown."""

from datetime import datetime
from typing import Literal

import msgspec

from qsc_bot.models.choices import Active
from qsc_bot.models.wire import WireId

Noun = Literal["webhook", "recipe"]


class FormEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the settings screen; `before` is what stands there now, where that is known to be different."""

    number: int
    label: str
    value: str
    note: str | None = None
    before: str | None = None


class SetupForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a person enters, in the order of the screen: where, and each value; `note` says what it stands on."""

    host: str
    path: list[str]
    entries: list[FormEntry]
    note: str | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries that bore the recipe's marker: of which revision, how many, and when."""

    revision: str
    count: int
    first: datetime | None
    last: datetime | None
    by: str
    at: datetime


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """An address of the bot that gets events."""

    name: str
    via: str
    url: str
    method: str
    body: str
    subscribe: list[str] = []
    state: str
    last_delivery_at: datetime | None = None


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """The automation recipe that triggers a webhook for each new private message."""

    name: str
    webhook: str
    topic_ids: list[str]
    filter: str
    exclude_tag: str | None
    active: Active
    enabled: bool
    backend: str
    state: str
    revision: str
    live_revision: str | None = None
    url: str | None = None
    pending: str | None = None
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    evidence: Evidence | None = None
    last_delivery_at: datetime | None = None
    form: SetupForm | None = None


class RemoteWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as the API back-end holds it; secrets are never sent back."""

    name: str
    url: str
    method: str = "POST"
    body: str = "[mention]"
    state: str = "active"
    last_delivery_at: float | None = None


class RemoteRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """A recipe as the API back-end holds it."""

    name: str
    webhook: str
    topic_ids: list[WireId]
    filter: str
    exclude_tag: str | None = None
    active: Active = "always"
    enabled: bool = True
    revision: str | None = None
