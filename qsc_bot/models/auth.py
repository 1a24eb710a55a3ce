"""Who a token belongs to, what it may do, and how a login stands."""

from datetime import datetime

import msgspec

from qsc_bot.models.wire import WireId


class User(msgspec.Struct, frozen=True, kw_only=True):
    """The user that a token was made for."""

    id: WireId
    name: str | None = None


class AuthStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one profile is logged in; what is not known is null, and no secret is among it.

    `works` is null where it was not asked, `token_ends_at` is the latest moment at which the token can end.
    """

    name: str
    region: str | None
    api: str | None
    works: bool | None
    user_id: str | None
    scopes: list[str] | None
    missing_scopes: list[str] | None
    secrets: dict[str, str | None]
    shadowed: list[str]
    token_saved_at: datetime | None
    token_ends_at: datetime | None
