"""Webhooks: the addresses of the bot that get events."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final
from urllib.parse import unquote, urlsplit

from qsc_bot.errors import QscBotError
from qsc_bot.models.address import is_loopback
from qsc_bot.models.setup import Webhook
from qsc_bot.operations.arrivals import Newest, timed_webhook
from qsc_bot.results import Column, Ending, Listing, Record
from qsc_bot.setup.back_end import SetupBackEnd
from qsc_bot.setup.form import SECRET_MARK, has_stray_braces

NAME: Final = re.compile(r"[a-z0-9-]{1,60}")

COLUMNS: Final = (
    Column("name", "NAME", "text", 0),
    Column("via", "VIA", "text", 1),
    Column("state", "STATE", "text", 0),
    Column("last_delivery_at", "LAST DELIVERY", "ago", 1),
    Column("url", "URL", "text", 2),
)
PLAIN: Final = ("name", "via", "state", "last_delivery_at", "url")


def list_webhooks(
    setup: SetupBackEnd, others: Sequence[Webhook] = (), *, warnings: Sequence[str] = (), newest: Newest
) -> Listing[Webhook]:
    """Every webhook, `others` among them, each with its last delivery; the secret in an address stays `{secret}`."""
    recipes = cache(setup.recipes)
    found = [timed_webhook(one, newest, recipes) for one in (*setup.webhooks(), *others)]
    items = sorted(found, key=lambda one: one.name)
    ending = Ending(warnings=warnings)
    return Listing(schema="webhook-list", items=items, columns=COLUMNS, plain=PLAIN, ending=lambda: ending)


def show_webhook(setup: SetupBackEnd, name: str) -> Record:
    """One webhook; raises `webhook.not_found`."""
    return Record(schema="webhook", item=setup.webhook(check_name(name)))


def register_webhook(
    setup: SetupBackEnd,
    name: str,
    url: str,
    *,
    url_secret: str | None,
    authorization: str | None,
    update: bool,
    trouble: str | None = None,
) -> Record:
    """Register an address; what is there already, equal, stays `unchanged`.

    Raises `usage.url` for an address with fragment, user, password or other braces than those of `{secret}`, and
    `config.secret` where `{secret}` has no value; `trouble` is why a stored one could not be read.
    """
    warnings = check_url(url)
    check_secret(name, url, url_secret, trouble=trouble)
    hidden = {
        "url_secret": url_secret if SECRET_MARK in url else None,
        "authorization": authorization,
    }
    known = {key: value for key, value in hidden.items() if value}
    if known and not update and setup.backend == "api":
        warnings.append("a secret that is there already cannot be compared; --update sends it again")
    done = setup.put_webhook(check_name(name), url, hidden=known, update=update)
    guided = setup.backend == "guided"
    waiting = [one.name for one in setup.recipes() if one.webhook == name] if guided and done == "updated" else []
    create = f"qsc-bot recipe create private-messages-to-bot --webhook {name}"
    return Record(
        schema="webhook",
        item=setup.webhook(name),
        outcome=done,
        warnings=warnings,
        notes=("recorded here; live once a recipe uses it",) if guided else (),
        next=tuple(f"qsc-bot recipe show {one} --form" for one in waiting) or (create,),
    )


def delete_webhook(setup: SetupBackEnd, name: str) -> Record:
    """Delete a webhook; raises `webhook.not_found`, and `webhook.in_use` while a recipe triggers it."""
    webhook = setup.webhook(check_name(name))
    return Record(schema="webhook", item=webhook, outcome=setup.delete("webhook", name))


def check_name(name: str) -> str:
    """A name that fits into an address and a file; raises `usage.invalid`."""
    if not NAME.fullmatch(name):
        raise QscBotError(
            "usage.invalid", f"{name[:80]!r} cannot be a name", expected="1 to 60 small letters, digits and hyphens"
        )
    return name


def check_url(url: str) -> list[str]:
    """Refuse an address that cannot be a webhook's; warn of one that is not encrypted."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise QscBotError("usage.url", f"{_shown(url)} is no address") from error
    if parts.scheme not in ("http", "https") or not host or port == 0 or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise QscBotError("usage.url", f"{_shown(url)} is no http or https address")
    if "#" in url:
        raise QscBotError("usage.url", "a webhook's address has no fragment: what follows # is never sent")
    if parts.username is not None or parts.password is not None:
        raise QscBotError(
            "usage.url",
            "a webhook's address has no user or password",
            hint=("give them with --authorization-stdin",),
        )
    if has_stray_braces(url):
        raise QscBotError(
            "usage.url",
            f"the address holds braces that are not those of {SECRET_MARK}, and would be called as it stands",
            hint=(f"write {SECRET_MARK} where the secret stands, and %7B and %7D for braces of the address",),
        )
    if parts.scheme == "http" and not is_loopback(host):
        return [f"{host} is called without encryption: customers' messages can be read on the way"]
    return []


def check_secret(name: str, url: str, secret: str | None, *, trouble: str | None = None) -> None:
    """Refuse an address that holds the secret itself, or its place without a secret; see `register_webhook`."""
    if secret and _holds(url, secret):
        hint = (f"write {SECRET_MARK} where the secret stands",)
        raise QscBotError("usage.url", f"the address of {name} holds the secret itself, and would be kept", hint=hint)
    if SECRET_MARK in url and secret is None:
        fault = f"the address of {name} holds {SECRET_MARK}, and QSC_BOT_URL_SECRET is not set"
        raise QscBotError("config.secret", f"{fault}; {trouble}" if trouble else fault)


def _holds(url: str, secret: str) -> bool:
    from qsc_bot.transport.spellings import hide  # loaded where an address is given; help loads this module too

    return secret in unquote(url) or hide(url, [secret]) != url


def _shown(url: str) -> str:
    from qsc_bot.transport.redact import redact

    return repr(redact(url)[:200])
