"""A recipe that waits to be entered, and deliveries of it."""

from typing import Any, Final

from qsc_bot.models.delivery import Event, Kind, Via
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.storage.delivery_rows import Arrived
from tests.cli.recipe_log import CREATE, HOUR
from tests.cli.terminal import PROD, PROD_ACCOUNT, Prod, Result, Terminal
from tests.conftest import MakeProd

VERIFY: Final = ("recipe", "verify", "to-bot")


def guided_prod(make_prod: MakeProd) -> Prod:
    """A real account with one recipe that waits to be entered."""
    prod = make_prod()
    prod.run.configure("".join(line for line in PROD.splitlines(keepends=True) if "recipes:" not in line))
    prod.run("webhook", "register", "bot", "--url", "https://bot.example.com/in")
    prod.run(*CREATE)
    return prod


def show(run: Terminal) -> Any:
    """The recipe as it is shown."""
    return run("recipe", "show", "to-bot", "-o", "json").document


def deliver(
    run: Terminal,
    *,
    key: str = "2001_1",
    hours: float = 0,
    revision: str | None = None,
    verified: bool = True,
    account: str = PROD_ACCOUNT,
    person: str | None = "twitter:1001",
    is_private: bool | None = True,
) -> None:
    """One stored delivery, so many hours from now."""
    arrived = Arrived(
        via=Via.SOCIAL_CONNECT,
        target="/in",
        headers={},
        body=b"{}",
        verified=verified,
        recipe="to-bot",
        revision=revision or show(run)["revision"],
    )
    event = Event(kind=Kind.MENTION, dedupe_key=key, conversation=person, is_private=is_private)
    store = Deliveries(
        run.state / "deliveries.db", account=account, now=lambda: run.now + hours * HOUR, tell=lambda _: None
    )
    assert store.store(arrived, [event], answer=200)
    store.close()


def verify(run: Terminal, *words: str, hours: float = 1, stdin: str = "") -> Result:
    """Verify an hour later, when what was delivered is past."""
    run.now += hours * HOUR
    try:
        return run(*VERIFY, *words, "-o", "json", stdin=stdin)
    finally:
        run.now -= hours * HOUR
