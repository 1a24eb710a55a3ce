"""`webhook listen`: what webhooks send, received on this machine."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from qsc_bot.cli.endpoints import AllowHost, calling
from qsc_bot.cli.options import duration, session
from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError
from qsc_bot.models.choices import Via

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qsc_bot.cli.interrupts import Interrupts
    from qsc_bot.models.delivery import Heard
    from qsc_bot.operations.forwarding import Forwarding
    from qsc_bot.operations.listening import Listening
    from qsc_bot.results import Hearing
    from qsc_bot.webhook.receiver import Rules
    from qsc_bot.webhook.server import Server

PORT: Final = 8787
WEEK: Final = timedelta(days=7)
_PATH: Final = re.compile(r"/|(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+")
LONGEST_PATH: Final = 200


def listen(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on loopback; 0 takes a free one.")] = PORT,
    path: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VIA=/PATH",
            help="Where one kind is served; may be given again.",
            show_default="social-connect=/social-connect, messenger=/messenger",
        ),
    ] = None,
    forward_to: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Pass each new request on to this address, as it came; {secret} in it is filled."
        ),
    ] = None,
    allow_host: AllowHost = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Take requests without a right signature too; they prove nothing.")
    ] = False,
    no_store: Annotated[bool, typer.Option("--no-store", help="Keep nothing on this machine.")] = False,
    retain: Annotated[
        timedelta,
        typer.Option(parser=duration, metavar="DURATION", help="Remove what is older.", show_default="7d"),
    ] = WEEK,
) -> "Hearing":
    """Receive webhooks on this machine until Ctrl-C, check their signatures, and keep what arrived.

    Each event is told: a line on a terminal, a record elsewhere and with -o ndjson; a sign of life comes every 30s. It
    is kept before it is answered, once, for webhook deliveries and webhook replay. What is not rightly signed is
    refused and counted; a secret in the address (QSC_BOT_URL_SECRET) is taken in place of a signature on Social
    Connect. --forward-to passes the raw body and its signature on to a bot, and tells what it answers and how fast.
    """
    from qsc_bot.models.delivery import DeliveryEvent
    from qsc_bot.operations.deliveries import PLAIN
    from qsc_bot.output.feed import check_format
    from qsc_bot.results import Hearing

    here = session(ctx)
    check_format(here.options.output)
    if not retain:
        raise QscBotError("usage.invalid", "--retain 0s keeps nothing", hint=("that is --no-store",))
    rules = _rules(here, _paths(path or ()), takes_unsigned=unsigned)
    forwarding = _forwarding(here, forward_to, allow_host) if forward_to is not None else None
    heard = _hear(here, rules, forwarding, port=port, stores=not no_store, retain=retain)
    return Hearing(schema="delivery-event", event=DeliveryEvent, plain=(*PLAIN, "duplicate"), heard=heard)


def _paths(typed: Sequence[str]) -> "Mapping[str, Via]":
    """Which kind is served where; raises `usage.invalid` for what cannot be a path."""
    from qsc_bot.webhook.receiver import PATHS

    found: dict[str, Via] = {}
    for text in typed:
        name, _, path = text.partition("=")
        if name not in list(Via) or len(path) > LONGEST_PATH or not _PATH.fullmatch(path):
            expected = f"{' or '.join(Via)}, =, and a path such as /hooks/in"
            raise QscBotError("usage.invalid", f"--path {text[:80]!r} serves nothing", expected=expected)
        if found.setdefault(path, Via(name)) is not Via(name):
            raise QscBotError("usage.invalid", f"--path: two kinds cannot both be served at {path}")
    for path, via in PATHS.items():
        if via not in found.values() and found.setdefault(path, via) is not via:
            raise QscBotError("usage.invalid", f"--path: {via.value} is served at {path}", hint=("give it another",))
    return found


def _rules(here: Session, paths: "Mapping[str, Via]", *, takes_unsigned: bool) -> "Rules":
    """The profile's secrets as rules; raises `config.secret` where nothing could ever be taken."""
    from qsc_bot.operations.signature import signing_secret
    from qsc_bot.webhook.receiver import Rules

    profile, secrets = here.profile, here.secrets
    found = {via: signing_secret(secrets, profile, via) for via in Via}
    url_secret, verify_token = secrets.url_secret(profile), secrets.verify_token(profile)
    rules = Rules(
        paths=paths,
        signing={via: secret for via, secret in found.items() if secret},
        url_secret=url_secret.value if url_secret else None,
        verify_token=verify_token.value if verify_token else None,
        takes_unsigned=takes_unsigned,
    )
    if not (rules.signing or rules.url_secret or takes_unsigned):
        hint = (
            "set QSC_BOT_CLIENT_SECRET for Social Connect, QSC_BOT_APP_SECRET for Messenger",
            "or QSC_BOT_URL_SECRET for a secret in the address of Social Connect",
            "or add --unsigned",
        )
        raise QscBotError("config.secret", f"no secret of {profile.name} signs what may arrive", hint=hint)
    return rules


def _forwarding(here: Session, url: str, allow_host: list[str] | None) -> "Forwarding":
    from qsc_bot.operations.forwarding import Forwarding

    endpoint, whole, shown = calling(here, url, allowed=allow_host)
    return Forwarding(endpoint, whole, shown=shown)


def _hear(
    here: Session, rules: "Rules", forwarding: "Forwarding | None", *, port: int, stores: bool, retain: timedelta
) -> "Iterator[Sequence[Heard]]":
    """Serve while it is read; ends with what stopped it."""
    from qsc_bot.cli.interrupts import Interrupts
    from qsc_bot.cli.sockets import address_of, bound
    from qsc_bot.operations.listening import Listening
    from qsc_bot.webhook.receiver import Receiver
    from qsc_bot.webhook.server import Server

    store = here.deliveries if stores else None
    interrupts = Interrupts(here.printer.notice, finishing="what has arrived")
    with interrupts, bound(port) as listener, ExitStack() as stack:
        address = address_of(listener)
        if forwarding:
            forwarding.check_elsewhere(listener.getsockname()[1])
        listening = Listening(
            address=address,
            store=store,
            retain=retain,
            forwarding=forwarding,
            now=here.clock.now,
            sleep=here.surroundings.sleep,
        )
        stack.callback(listening.close)
        listening.forget_old()
        receiver = Receiver(
            rules, keep=listening.keep, tell=listening.tell, refuse=listening.refuse, shake=listening.shake
        )
        server = Server(receiver, listener=listener, refuse=listening.refuse)
        for line in served_lines(address, rules, forwarding):
            here.printer.notice(line)
        server.start()
        try:
            yield from _until_stopped(listening, server, interrupts)
        finally:
            server.stop()


def _until_stopped(listening: "Listening", server: "Server", interrupts: "Interrupts") -> "Iterator[Sequence[Heard]]":
    """What is heard; then what is still passed on, unless it is stopped a second time."""
    yield from listening.heard(goes_on=lambda: server.is_alive and not interrupts.asked())
    server.stop()
    try:
        yield from listening.rest(check=interrupts.check)
    except KeyboardInterrupt:
        yield from listening.leave()
        raise
    raise interrupts.asked() or QscBotError("listen.ended", "the socket died: nothing more can be received here")


def served_lines(address: str, rules: "Rules", forwarding: "Forwarding | None") -> Iterator[str]:
    """What is served where and why, and what is refused."""
    for path, via in rules.paths.items():
        yield f"{address}{path}: {via.value}, {_taken(rules, via)}"
    if forwarding:
        yield f"passing on to {forwarding.shown}"
    yield "stop with Ctrl-C"


def _taken(rules: "Rules", via: Via) -> str:
    from qsc_bot.credentials.secrets import variable_of
    from qsc_bot.operations.signature import SIGNS

    ways = ["signed"] if via in rules.signing else []
    ways += ["with the secret in its address"] if rules.url_secret and via is Via.SOCIAL_CONNECT else []
    taken = "also unsigned" if rules.takes_unsigned else " or ".join(ways)
    is_shaken = via is Via.SOCIAL_CONNECT or rules.verify_token
    shaken = "" if is_shaken else "; its handshake is refused, because QSC_BOT_VERIFY_TOKEN is not set"
    return (taken or f"refused, because {variable_of(SIGNS[via])} is not set") + shaken
