"""The way to a user's own bot: this machine's at once, another host's only where that was allowed or agreed to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError

if TYPE_CHECKING:
    import httpx

    from qsc_bot.operations.endpoint import Endpoint

AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host", metavar="HOST", help="A host beyond this machine that may be called; may be given again."
    ),
]


@contextmanager
def reaching(
    here: Session, url: str, *, allowed: Sequence[str] | None, yes: bool = False, over_network: bool = False
) -> "Iterator[tuple[Endpoint, str]]":
    """The caller of an address, and the address with its secret filled in.

    The sandbox's own address is answered in memory, unless the call is to go `over_network`.

    Asks before another host than this machine is called. Raises `usage.url` for what is no address, `config.secret`
    where `{secret}` has no value, and what a question that is declined or cannot be asked raises.
    """
    from qsc_bot.operations.endpoint import LOOPBACK, Endpoint

    _check(here, url)
    host = urlsplit(url).hostname or ""
    hosts = {one.lower() for one in allowed or ()}
    whole = _filled(here, url)
    if host not in LOOPBACK | hosts:
        if not yes:
            question = f"send test events to {host}, which is not this machine"
            here.prompts.confirm(question, flag=f"--allow-host {host}")
        hosts.add(host)
    endpoint = Endpoint(allowed_hosts=frozenset(hosts), transport=_transport(here, url, over_network=over_network))
    try:
        yield endpoint, whole
    finally:
        endpoint.close()


def calling(here: Session, url: str, *, allowed: Sequence[str] | None) -> "tuple[Endpoint, str, str]":
    """A caller that never asks, the address with its secret filled in, and the address as it may be told and kept.

    Raises `usage.url` for one that cannot be called or was not allowed, `config.secret` as above.
    """
    from qsc_bot.operations.endpoint import Endpoint
    from qsc_bot.transport.spellings import hide

    _check(here, url)
    endpoint = Endpoint(allowed_hosts=frozenset(allowed or ()), transport=_transport(here, url, over_network=True))
    endpoint.check(url)
    shown = hide(url.partition("?")[0], here.surroundings.secrets())
    return endpoint, _filled(here, url), shown


def _check(here: Session, url: str) -> None:
    """Refuse what is no address (`usage.url`), and warn of one that is not encrypted."""
    from qsc_bot.operations.webhook import check_url

    for warning in check_url(url):
        here.printer.attach(warning)


def _filled(here: Session, url: str) -> str:
    """The address with its secret; raises `config.secret` where `{secret}` in it has no value."""
    from qsc_bot.operations.signature import not_set
    from qsc_bot.setup.form import SECRET_MARK, filled

    if SECRET_MARK not in url:
        return url
    secret = here.secrets.url_secret(here.profile)
    if secret is None:
        raise not_set(here.secrets, here.profile, "url_secret")
    return filled(url, secret.value)


def _transport(here: Session, url: str, *, over_network: bool) -> "httpx.BaseTransport":
    """The network; for the sandbox's own address, where its example bot is, the sandbox in memory."""
    from qsc_bot.cli.wire import SandboxTransport, network
    from qsc_bot.models.profile import SANDBOX_NAME
    from qsc_bot.operations.endpoint import ANSWER_SECONDS
    from qsc_bot.transport.log import LogTransport

    around, profile = here.surroundings, here.profile
    transport: httpx.BaseTransport
    is_own = profile.name == SANDBOX_NAME and urlsplit(url).netloc == urlsplit(profile.base_url).netloc
    if around.mount is not None and not over_network:
        transport = around.mount(url)
    elif is_own and not over_network:
        transport = SandboxTransport(here.sandbox, timeout_seconds=ANSWER_SECONDS)
    else:
        transport = network(url)
    if not here.options.debug:
        return transport
    return LogTransport(transport, log=here.printer.trace, secrets=around.secrets, shows_query=False)


def address_of(here: Session, name: str | None, url: str | None) -> tuple[str, str | None]:
    """The address of a webhook of the profile, and who sends to it; or the address that was given."""
    from qsc_bot.operations.webhook import check_name

    if name is None and url is not None:
        return url, None
    if name is None or url is not None:
        raise QscBotError("usage.invalid", "name a webhook of the profile, or give an address with --url: one of both")
    webhook = here.setup.webhook(check_name(name))
    return webhook.url, webhook.via
