"""What arrived at this machine's listeners, opened for a run."""

from collections.abc import Iterator
from contextlib import contextmanager

from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError
from qsc_bot.models.setup import Recipe, Webhook
from qsc_bot.operations.arrivals import Newest, timed_recipe, timed_webhook
from qsc_bot.results import Record
from qsc_bot.storage.deliveries import FILE, Deliveries


@contextmanager
def stored_deliveries(here: Session, *, make: bool = False) -> Iterator[Deliveries | None]:
    """What arrived on this machine; None where nothing ever did, unless a store is to be made."""
    yield here.deliveries if make or (here.folders.state / FILE).exists() else None


def timed(here: Session, record: Record) -> Record:
    """The record of a webhook or recipe, with the moment of its last delivery."""
    newest = newest_deliveries(here)
    match record.item:
        case Recipe() as recipe:
            record.item = timed_recipe(recipe, newest)
        case Webhook() as webhook:
            record.item = timed_webhook(webhook, newest, here.setup.recipes)
    return record


def newest_deliveries(here: Session) -> Newest:
    """When the account's last delivery of each kind came; nothing where none ever did."""
    with stored_deliveries(here) as store:
        try:
            return store.newest() if store else {}
        except QscBotError as error:
            here.printer.attach(f"{error.message}; when a delivery came last is not known")
            return {}
