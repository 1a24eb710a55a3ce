"""Every client of one profile, built as the command line builds them, on a wire of the test's choice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from qsc_bot.cli.interrupts import Interrupts
from qsc_bot.cli.remotes import Remotes
from qsc_bot.credentials.secrets import Secrets
from qsc_bot.models.profile import Messenger, Profile
from qsc_bot.storage.account import Process
from qsc_bot.storage.budget import Ledger
from qsc_bot.storage.index import index_key, open_index
from qsc_bot.transport.clock import Clock
from tests.api.wire import NOW, Wire

TOKEN: Final = "qsc-token-3f9a"
PAGE_TOKEN: Final = "page-token-77c1"
MESSENGER: Final = Messenger(page_id="1029384756", bot_app_id="111", agent_app_id="222", default_app="bot")
PROD: Final = Profile(name="prod", account_id="1417", topic_ids=["46283"], messenger=MESSENGER)


@dataclass
class Machine:
    """The clients, the wires by address, and what was slept."""

    remotes: Remotes
    wire: Wire
    mounted: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def machine(cache: Path, *, profile: Profile = PROD, unix_seconds: Callable[[], float] = lambda: NOW) -> Machine:
    """A machine with both tokens, in debug, on an empty wire."""
    wire = Wire()
    made: dict[str, list[Any]] = {"mounted": [], "slept": [], "lines": []}

    def mount(base_url: str) -> httpx.BaseTransport:
        made["mounted"].append(base_url)
        return httpx.MockTransport(wire)

    clock = Clock(unix_seconds)
    remotes = Remotes(
        profile=profile,
        secrets=Secrets({"QSC_BOT_TOKEN": TOKEN, "QSC_BOT_PAGE_TOKEN": PAGE_TOKEN}),
        known=lambda: {TOKEN, PAGE_TOKEN},
        clock=clock,
        cache=cache,
        index=lambda: open_index(cache / "index.db", index_key(profile), now=clock.unix, tell=made["lines"].append),
        ledger=Ledger(cache / "budget.db", process=Process(name="1-1", command=lambda: ""), tell=made["lines"].append),
        sleep=made["slept"].append,
        log=made["lines"].append,
        mount=mount,
        interrupts=Interrupts(lambda _text: None),
    )
    return Machine(remotes, wire, made["mounted"], made["slept"], made["lines"])
