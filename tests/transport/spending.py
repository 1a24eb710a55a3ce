"""Processes that spend one budget: each with its own ledger on the same file, and time that only the test moves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import httpx

from qsc_bot.storage.account import Look, Process
from qsc_bot.storage.budget import Ledger
from qsc_bot.storage.window import Window
from qsc_bot.transport.allowance import Allowance, RemoteName
from qsc_bot.transport.budget import Budget
from qsc_bot.transport.clock import Clock
from qsc_bot.transport.pace import PacedTransport
from tests.transport.bench import NOW, Script, Step, Time, request

HOSTS: Final[dict[RemoteName, str]] = {"social-connect": "api.engagor.com", "graph": "graph.facebook.com"}


@dataclass
class Spender:
    """One process, by name, with a token of its own choice."""

    path: Path
    name: str = "1-1"
    command: str = "conversation list"
    token: str = "token-1"
    time: Time = field(default_factory=Time)
    told: list[str] = field(default_factory=list)
    sleep: Callable[[float], None] | None = None

    @cached_property
    def clock(self) -> Clock:
        """This process's clock."""
        return Clock(self.time.now)

    @cached_property
    def ledger(self) -> Ledger:
        """This process's way to the file."""
        process = Process(name=self.name, command=lambda: self.command)
        return Ledger(self.path, process=process, tell=self.told.append)

    @cached_property
    def budget(self) -> Budget:
        """This process's budget."""
        return Budget(self.ledger, clock=self.clock, sleep=lambda seconds: (self.sleep or self.time.sleep)(seconds))

    def beside(self, name: str, *, token: str = "token-1") -> "Spender":
        """Another process on the same machine at the same time."""
        return Spender(self.path, name, token=token, time=self.time)

    def allowance(self, remote: RemoteName = "social-connect") -> Allowance:
        """What one remote allows."""
        return self.budget.allowance(remote, HOSTS[remote], lambda: self.token)

    def transport(self, *steps: Step, remote: RemoteName = "social-connect") -> PacedTransport:
        """A transport that plays these answers."""
        return PacedTransport(Script(list(steps)), allowance=self.allowance(remote), clock=self.clock)

    def call(self, step: Step) -> httpx.Response:
        """One call with this answer."""
        return self.transport(step).handle_request(request())

    def look(self) -> Look:
        """What the ledger knows now."""
        return self.allowance().look()

    @property
    def left(self) -> int | None:
        """What is left, as the ledger knows now."""
        found = self.look().window
        return found.left if found else None

    @property
    def window(self) -> Window:
        """The window as of the last answer."""
        found = self.allowance().window
        assert found is not None
        return found


def limits(
    remaining: int | None, *, reset: float | None = NOW + 3600, limit: int | None = 350, status: int = 200
) -> httpx.Response:
    """An answer with the headers of a limit, any of which may be left out."""
    told = {
        "x-ratelimit-limit": limit,
        "x-ratelimit-time": 3600 if limit is not None else None,
        "x-ratelimit-remaining": remaining,
        "x-ratelimit-reset": None if reset is None else int(reset),
    }
    return httpx.Response(status, headers={name: str(value) for name, value in told.items() if value is not None})
