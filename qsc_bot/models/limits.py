"""How many calls are left, as the remote told."""

from datetime import datetime

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limit of one user's calls on one host; what the remote did not tell is null."""

    host: str
    limit: int | None = None
    left: int | None = None
    period_s: int | None = None
    reset_at: datetime | None = None
    seen_at: datetime | None = None
    asked: bool = False
    note: str | None = None
