"""The Messenger webhook of the bot's app: registered, compared on both layers, and taken off."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Outcome, Status
from qsc_bot.models.registry import MessengerEntry
from qsc_bot.models.setup import Webhook
from qsc_bot.models.subscription import Layers
from qsc_bot.operations.webhook import check_name, check_secret, check_url
from qsc_bot.results import DryRun, Record, Report
from qsc_bot.setup.messenger import MessengerSetup

DEFAULT_FIELDS: Final = ("messages", "messaging_postbacks", "messaging_handovers", "standby")
UNREAD: Final = frozenset({"config.secret", "auth.no_token"})
"""A dry run works without these, and then does not know what is there."""


def register_messenger(
    setup: MessengerSetup,
    name: str,
    url: str,
    *,
    fields: Sequence[str],
    url_secret: str | None,
    verify_token: str,
    update: bool,
) -> Record:
    """Subscribe the app and the Page to the fields, those that are there already kept; equal stays `unchanged`.

    Raises `webhook.different` where Meta calls another address, unless `update`, `access.app` for a Page token of
    another app, and `webhook.no_handshake`.
    """
    wanted, warnings = _wanted(setup, name, url, fields, url_secret)
    before = setup.layers()
    setup.check(wanted, before, update=update)
    warnings += setup.check_token()
    done, after = setup.put(wanted, before, verify_token=verify_token)
    return Record(
        schema="webhook",
        item=setup.webhook(wanted, after),
        outcome=done,
        warnings=[*warnings, *_blind(after.both)],
        notes=_kept(wanted, after),
        next=(f"qsc-bot webhook show {name}",),
    )


def plan_messenger(
    setup: MessengerSetup, name: str, url: str, *, fields: Sequence[str], url_secret: str | None, update: bool
) -> Report:
    """What registering would send; without the app's secret or the Page's token, as if nothing were there."""
    wanted, warnings = _wanted(setup, name, url, fields, url_secret)
    before = _read(setup, warnings)
    warnings += _blind([*wanted.subscribe, *(before.both if before else ())])
    setup.check(wanted, before or Layers(), update=update)
    warnings += setup.check_token() if before else []
    calls = setup.calls(wanted, before or Layers())
    note = "; ".join(_kept(wanted, before)) if before else None
    item = Outcome(
        id=name, action="webhook.register", status=Status.PLANNED if calls else Status.UNCHANGED, note=note or None
    )
    return Report(schema="dry-run", body=DryRun(items=[item], requests=calls), warnings=warnings)


def show_messenger(setup: MessengerSetup, entry: MessengerEntry) -> Record:
    """The webhook, what is missing on either layer, and which fields of others stand on one layer only."""
    layers = setup.layers()
    faults = setup.faults(entry, layers)
    warnings = [*faults, *setup.one_sided(entry, layers)]
    fields = (
        "" if tuple(entry.subscribe) == DEFAULT_FIELDS else "".join(f" --subscribe {one}" for one in entry.subscribe)
    )
    cure = f"qsc-bot webhook register {entry.name} --via messenger --url '{entry.url}'{fields} --update"
    return Record(
        schema="webhook", item=setup.webhook(entry, layers), warnings=warnings, next=(cure,) if faults else ()
    )


def list_messenger(setup: MessengerSetup) -> tuple[list[Webhook], list[str]]:
    """The recorded webhook, if any, and what is to be said of it; one that Meta cannot be asked about is `unknown`."""
    entry = setup.entry()
    if entry is None:
        return [], []
    try:
        layers = setup.layers()
    except QscBotError as error:
        return [setup.webhook(entry, None)], [f"webhook {entry.name}: Meta could not be asked: {error.message}"]
    told = [f"webhook {entry.name}: {fault}" for fault in setup.faults(entry, layers)]
    return [setup.webhook(entry, layers)], told


def delete_messenger(setup: MessengerSetup, entry: MessengerEntry, *, verify_token: Callable[[], str]) -> Record:
    """Take off the fields that were asked for; where Meta calls another address, only what is recorded is forgotten.

    Raises `access.app` for a Page token of another app.
    """
    before = setup.layers()
    warnings = setup.check_token() if setup.delete_calls(entry, before) else []
    setup.delete(entry, before, verify_token=verify_token)
    shown = replace(setup.webhook(entry, before), subscribe=entry.subscribe)
    return Record(
        schema="webhook",
        item=shown,
        outcome="deleted",
        warnings=[*warnings, *_foreign(setup, entry, before)],
        notes=_kept(entry, before),
    )


def plan_deletion(setup: MessengerSetup, entry: MessengerEntry) -> Report:
    """What deleting would send."""
    warnings: list[str] = []
    before = _read(setup, warnings)
    if before:
        warnings += _foreign(setup, entry, before)
    fields = tuple(entry.subscribe)
    calls = setup.delete_calls(entry, before or Layers(callback=entry.url, app=fields, page=fields))
    warnings += setup.check_token() if before and calls else []
    item = Outcome(id=entry.name, action="webhook.delete", status=Status.PLANNED)
    return Report(schema="dry-run", body=DryRun(items=[item], requests=calls), warnings=warnings)


def _wanted(
    setup: MessengerSetup, name: str, url: str, fields: Sequence[str], url_secret: str | None
) -> tuple[MessengerEntry, list[str]]:
    warnings = check_url(url)
    check_secret(name, url, url_secret)
    return setup.entry_of(check_name(name), url, fields or DEFAULT_FIELDS), warnings


def _blind(fields: Sequence[str]) -> list[str]:
    missing = [field for field in DEFAULT_FIELDS if field not in fields]
    return [f"without {', '.join(missing)} the bot does not hear all that a shared thread needs"] if missing else []


def _foreign(setup: MessengerSetup, entry: MessengerEntry, layers: Layers) -> list[str]:
    if setup.is_ours(entry, layers):
        return []
    return [f"{'; '.join(setup.faults(entry, layers))}: what is there is not ours, and stays"]


def _read(setup: MessengerSetup, warnings: list[str]) -> Layers | None:
    try:
        return setup.layers()
    except QscBotError as error:
        if error.code not in UNREAD:
            raise
        warnings.append(f"what is there is not known, and fields that are there would be kept: {error.message}")
        return None


def _kept(wanted: MessengerEntry, layers: Layers) -> tuple[str, ...]:
    told = []
    for layer, names in (("app", layers.app), ("Page", layers.page)):
        others = [name for name in names if name not in wanted.subscribe]
        if others:
            told.append(f"kept on the {layer}, as they were there before: {', '.join(others)}")
    return tuple(told)
