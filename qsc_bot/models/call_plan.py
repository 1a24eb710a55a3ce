"""Which calls a reading command would make, as far as that can be known without making one."""

from datetime import datetime

import msgspec


class PlannedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The calls to one endpoint; `at_least` where only an answer can tell how many more there are."""

    endpoint: str
    remote: str
    calls: int
    at_least: bool
    reason: str


class CallPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All calls, and what is left of the hour on Social Connect as this machine knows it, or null.

    Of a command that looks again and again it is the first look; `looks` is how many there are at most, null where
    there is one, or no end.
    """

    items: list[PlannedCalls]
    total: int
    at_least: bool
    looks: int | None = None
    calls_left: int | None = None
    reserve: int | None = None
    resets_at: datetime | None = None
