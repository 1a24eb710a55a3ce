"""How many calls are left, as the remotes told, and who used them."""

from datetime import datetime

import msgspec


class CallsOfProcess(msgspec.Struct, frozen=True, kw_only=True):
    """What one process of this tool has used of the present hour; `process` is its number in the system."""

    process: str
    command: str
    calls: int
    since: datetime | None = None


class GraphLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of Meta's limits is used, in percent, and in how many seconds calls go again where none may go."""

    host: str
    usage_percent: int | None = None
    regain_s: int | None = None
    seen_at: datetime | None = None
    used_by: list[CallsOfProcess] = []


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limit of one user's calls on one host; what the remote did not tell is null.

    `reserve` calls of it are kept for the bot. `used_by` knows this tool's own processes on this machine, no others.
    """

    host: str
    limit: int | None = None
    left: int | None = None
    period_s: int | None = None
    reset_at: datetime | None = None
    seen_at: datetime | None = None
    asked: bool = False
    note: str | None = None
    reserve: int | None = None
    used_by: list[CallsOfProcess] = []
    graph: GraphLimits | None = None
