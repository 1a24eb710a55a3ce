"""Logs of a bot that a recipe's deliveries are looked for in, and what is done with them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tests.cli.terminal import Result, Terminal

CONFIG: Final = 'version: 1\ndefault_profile: prod\nprofiles:\n  prod: {account_id: "1417", topic_ids: ["46283"]}\n'
CREATE: Final = ("recipe", "create", "to-bot", "--webhook", "bot")
VERIFY: Final = ("recipe", "verify", "to-bot", "--log", "-")
HOUR: Final = 3600.0


def make(run: Terminal) -> Terminal:
    """A machine with one recipe that waits to be entered."""
    run.configure(CONFIG)
    run("webhook", "register", "bot", "--url", "https://bot.example.com/in")
    run(*CREATE)
    return run


def show(run: Terminal) -> Any:
    """The recipe."""
    return run("recipe", "show", "to-bot", "-o", "json").document


def at(run: Terminal, hours: float) -> str:
    """A moment so many hours from now."""
    return f"{datetime.fromtimestamp(run.now + hours * HOUR, UTC):%Y-%m-%dT%H:%M:%SZ}"


def log(run: Terminal, *deliveries: tuple[str, float]) -> str:
    """One line for each revision at so many hours from now."""
    return "".join(
        f"{at(run, hours)} POST /in?qsc_recipe=to-bot&qsc_rev={revision} 200\n" for revision, hours in deliveries
    )


def undated(*revisions: str) -> str:
    """One line without a time for each revision."""
    return "".join(f"POST /in?qsc_recipe=to-bot&qsc_rev={revision} 200\n" for revision in revisions)


def verify(run: Terminal, text: str, words: Sequence[str] = ("-o", "json"), *, hours: float = 4) -> Result:
    """Look into a log so many hours from now, when all that stands in it is past."""
    run.now += hours * HOUR
    try:
        return run(*VERIFY, *words, stdin=text)
    finally:
        run.now -= hours * HOUR


def update(run: Terminal) -> tuple[str, str]:
    """Confirm, then change the recipe an hour later: the old and the new revision."""
    old = show(run)["revision"]
    run("recipe", "confirm", "to-bot")
    run.now += HOUR
    return old, run(*CREATE, "--no-exclude-tag", "--update", "-o", "json").document["revision"]
