"""What every part of the sandbox is handed: the state, the settings, the clock and the ways out."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qsc_bot.sandbox.settings import Settings
from qsc_bot.sandbox.state import State, read_meta

Deliver = Callable[[str, Mapping[str, str], bytes], int | None]
Fetch = Callable[[str], tuple[int, bytes]]
"""Gets an address: the status, 0 where nobody answers, and the body."""
Call = Callable[[str, str, Mapping[str, str], bytes], tuple[int, bytes]]


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One webhook request that is due once the state is committed."""

    webhook: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class World:
    """The sandbox as its parts see it."""

    state: State
    settings: Settings
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    deliver: Deliver
    fetch: Fetch
    call: Call

    def now(self, db: sqlite3.Connection) -> float:
        """The sandbox's time in unix seconds, its offset included."""
        return self.clock() + float(read_meta(db, "clock_offset_s", "0"))


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One transaction: the state as it may be changed, the time, and the webhooks that become due."""

    db: sqlite3.Connection
    settings: Settings
    now: float
    outbox: list[Delivery]
