"""The Messenger webhook of a profile: Meta is asked for what it holds, the registry for our name of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsc_bot.cli.registry import open_registry
from qsc_bot.cli.session import Session
from qsc_bot.cli.writes import check_setup_write
from qsc_bot.credentials.secrets import variable_of
from qsc_bot.errors import QscBotError
from qsc_bot.models.registry import MessengerEntry
from qsc_bot.operations import messenger_webhook as operations
from qsc_bot.setup.messenger import MessengerSetup

if TYPE_CHECKING:
    from qsc_bot.models.setup import Webhook
    from qsc_bot.results import Record, Report


@dataclass(frozen=True, kw_only=True)
class Known:
    """A Messenger webhook that is recorded, and where it is kept."""

    setup: MessengerSetup
    entry: MessengerEntry


def known(here: Session, name: str) -> Known | None:
    """The recorded Messenger webhook of this name; no call is made."""
    if here.profile.messenger is None:
        return None
    setup = _open(here)
    entry = setup.entry()
    return Known(setup=setup, entry=entry) if entry and entry.name == name else None


def register(
    here: Session,
    name: str,
    url: str,
    *,
    fields: Sequence[str],
    update: bool,
    dry_run: bool,
    given_name: str | None,
) -> "Record | Report":
    """Subscribe app and Page, or show what would be sent; raises `config.secret` naming what is missing."""
    setup, url_secret = _open(here), _url_secret(here)
    if dry_run:
        return operations.plan_messenger(setup, name, url, fields=fields, url_secret=url_secret, update=update)
    token = _verify_token(here)
    if any(one.name == name for one in here.setup.webhooks()):
        raise QscBotError("webhook.different", f"{name} is a webhook of Social Connect", hint=("choose another name",))
    check_setup_write(here, given_name)
    return operations.register_messenger(
        setup, name, url, fields=fields, url_secret=url_secret, verify_token=token, update=update
    )


def check_free(here: Session, name: str) -> None:
    """Refuse a name that the Messenger webhook has."""
    if known(here, name):
        raise QscBotError("webhook.different", f"{name} is the webhook of Messenger", hint=("choose another name",))


def listed(here: Session) -> "tuple[list[Webhook], list[str]]":
    """The recorded Messenger webhook, if any, and what is to be said of it."""
    return operations.list_messenger(_open(here)) if here.profile.messenger else ([], [])


def shown(here: Session, name: str) -> "Record | None":
    """The Messenger webhook of this name, if there is one."""
    found = known(here, name)
    return operations.show_messenger(found.setup, found.entry) if found else None


def delete(here: Session, found: Known) -> "Record":
    """Take off what was asked for."""
    return operations.delete_messenger(found.setup, found.entry, verify_token=lambda: _verify_token(here))


def plan_deletion(found: Known | None) -> "Report":
    """What would be sent; raises `usage.invalid` where no call to Meta would be made."""
    if found is None:
        raise QscBotError("usage.invalid", "--dry-run is for the webhook of Messenger")
    return operations.plan_deletion(found.setup, found.entry)


def _open(here: Session) -> MessengerSetup:
    section = here.profile.messenger
    if section is None:
        raise QscBotError("config.messenger", f"profile {here.profile.name} has no messenger section")
    return MessengerSetup(
        open_registry(here.profile, project=here.config.project_path, state=here.folders.state),
        lambda: here.remotes.subscriptions,
        section,
        url_secret=_url_secret(here),
    )


def _url_secret(here: Session) -> str | None:
    found = here.secrets.url_secret(here.profile)
    return found.value if found else None


def _verify_token(here: Session) -> str:
    found = here.secrets.verify_token(here.profile)
    if found is None:
        trouble = here.secrets.trouble(here.profile, "verify_token")
        text = f"profile {here.profile.name}: {variable_of('verify_token')} is not set"
        raise QscBotError("config.secret", f"{text}; {trouble}" if trouble else text)
    return found.value
