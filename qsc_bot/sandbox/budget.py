"""The calls a user has left in the present hour."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

PERIOD_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What one call left of the limit; `allowed` is false for a call too many, which is not counted."""

    limit: int
    remaining: int
    reset: int
    allowed: bool

    def as_headers(self) -> Mapping[str, str]:
        """The documented headers."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-time": str(PERIOD_SECONDS),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset),
        }


def spend_call(db: sqlite3.Connection, *, user: int, limit: int, now: float) -> Budget:
    """Count one call of this user; an hour begins with its first call."""
    row = db.execute("SELECT started, used FROM budgets WHERE user = ?", (user,)).fetchone()
    started, used = (row["started"], row["used"]) if row else (now, 0)
    if not started <= now < started + PERIOD_SECONDS:
        started, used = now, 0
    allowed = used < limit
    used += int(allowed)
    db.execute("INSERT OR REPLACE INTO budgets (user, started, used) VALUES (?, ?, ?)", (user, started, used))
    return Budget(limit=limit, remaining=max(limit - used, 0), reset=int(started + PERIOD_SECONDS), allowed=allowed)
