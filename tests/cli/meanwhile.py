"""What happens while a command sleeps: time passes, and at chosen moments something is done."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.cli.terminal import Terminal

LONG_SECONDS: Final = 2.5
"""Shorter sleeps may be those between the attempts of one call."""


@dataclass
class Meanwhile:
    """Stands in for sleeping on one machine; with `ends_at`, Ctrl-C is pressed after so many seconds."""

    run: Terminal
    acts: dict[float, Callable[[], object]] = field(default_factory=dict)
    ends_at: float | None = None
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.started = self.run.now
        self.run.play = self

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return self.run.now - self.started

    def __call__(self, seconds: float) -> None:
        """Let so much time pass."""
        if seconds >= LONG_SECONDS:
            self.slept.append(seconds)
            self.run.now += seconds
        for at in [at for at in self.acts if at <= self.passed]:
            self.acts.pop(at)()
        if self.ends_at is not None and self.passed >= self.ends_at:
            raise KeyboardInterrupt
