"""What a run is given: the options of every command, and what the process stands in."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from qsc_bot.models.wrapping import unwrapped
from qsc_bot.output.formats import Format

if TYPE_CHECKING:
    import httpx

    from qsc_bot.credentials.keychain import Backend

_PUBLIC: Final = frozenset({"sandbox"})  # the token of the sandbox, which everybody knows, is a word of many texts


def _random() -> float:
    import random  # only what waits pays for it

    return random.random()  # noqa: S311  # spreads calls; nothing is kept secret by it


@dataclass
class Options:
    """The options that every command takes, gathered from before and after the verb."""

    output: Format | None = None
    fields: str | None = None
    profile: str | None = None
    config: Path | None = None
    show_pii: bool = False
    no_input: bool = False
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a process stands in: its streams, its environment, its time. Tests hand in their own.

    `met` are the secrets that came to a run otherwise than by the environment.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    unix_seconds: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = _random
    width: int | None = None
    height: int | None = None
    mount: "Callable[[str], httpx.BaseTransport] | None" = None
    keyring: "Callable[[], Backend] | None" = None
    met: set[str] = field(default_factory=set, repr=False)

    def size(self) -> tuple[int, int]:
        """The width and the height of the terminal, as they are now."""
        from shutil import get_terminal_size

        found = get_terminal_size()
        return self.width or found.columns, self.height or found.lines

    def secrets(self) -> frozenset[str]:
        """Every secret that is known by now, for taking them out of what is shown."""
        return self._named | self.met

    @cached_property
    def _named(self) -> frozenset[str]:
        """Those of the environment, read once: this is asked for with each line that is written."""
        values = {
            secret
            for name, value in self.environ.items()
            if name.startswith("QSC_BOT_") and ("TOKEN" in name or "SECRET" in name)
            for secret in (value.strip(), unwrapped(value)[0])  # as it stands there, and as it is sent
        }
        return frozenset(values - _PUBLIC)
