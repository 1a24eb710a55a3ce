"""`webhook verify|trigger|sign|check`: a bot tried with events of nobody's, and signatures offline."""

from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from qsc_bot.cli.endpoints import AllowHost, address_of, reaching
from qsc_bot.cli.options import session
from qsc_bot.cli.raw_input import read_body
from qsc_bot.errors import QscBotError

if TYPE_CHECKING:
    from qsc_bot.cli.session import Session
    from qsc_bot.models.delivery import Via
    from qsc_bot.models.trial import Check
    from qsc_bot.operations.bot_checks import Keys
    from qsc_bot.results import Listing, Record

Sender = Literal["social-connect", "messenger"]
Triggered = Literal[
    "mention",
    "messenger-message",
    "messenger-standby",
    "pass-thread-control",
    "take-thread-control",
    "request-thread-control",
]
SignedBy = Annotated[Sender, typer.Option("--via", help="Who sends it.")]
Authorization = Annotated[
    bool,
    typer.Option("--authorization-stdin", help="Read the value of an Authorization header from standard input."),
]
Body = Annotated[
    str, typer.Option("--file", "-f", metavar="FILE", help="The body's bytes as they are, or - for standard input.")
]


def verify_webhook(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A webhook of the profile.", show_default=False)
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Another address; {secret} in it is filled from QSC_BOT_URL_SECRET.")
    ] = None,
    via: Annotated[
        Sender | None,
        typer.Option("--via", help="Who sends to it.", show_default="as the webhook says, else social-connect"),
    ] = None,
    authorization_stdin: Authorization = False,
    allow_host: AllowHost = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question.")] = False,
) -> "Listing[Check]":
    """Check that the bot takes what is rightly signed, refuses what is not, and bears what comes twice.

    It is sent test events from people who cannot exist, and on Messenger the handshake with the right and with another
    token. Where nothing is signed, the secret in the address or the Authorization header is tried, right and wrong.
    Each check passes, fails with what to change, or is skipped where its secret is not set. A failed one is exit 9. A
    host beyond this machine is asked about, or needs --allow-host.
    """
    from qsc_bot.models.delivery import Via
    from qsc_bot.models.trial import Check
    from qsc_bot.operations.bot_checks import verify

    here = session(ctx)
    here.printer.check_fields("webhook-verification", Check)
    address, registered = address_of(here, name, url)
    sender = Via(via or registered or Via.SOCIAL_CONNECT)
    authorization = _authorization(here, sender) if authorization_stdin else None
    keys = _keys(here, sender, address, authorization)
    with reaching(here, address, allowed=allow_host, yes=yes) as (endpoint, whole):
        return verify(endpoint, whole, sender, keys=keys, profile=here.profile, at=here.clock.unix())


def trigger_webhook(
    ctx: typer.Context,
    kind: Annotated[
        Triggered, typer.Argument(metavar="KIND", help=f"What the event tells of: {', '.join(get_args(Triggered))}.")
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="The address; {secret} in it is filled from QSC_BOT_URL_SECRET.")
    ],
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", metavar="FILE", help="A body of your own, or - for standard input."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Another value, JSON or text, such as message.content=Hello; may be given again.",
        ),
    ] = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Send it without a signature.")] = False,
    authorization_stdin: Authorization = False,
    allow_host: AllowHost = None,
) -> "Record":
    """Send the bot one event as a test, signed with the profile's secret, and show what it answers.

    The event comes from somebody who cannot exist, unless it is your own (--file, --set). Exit 0 for an answer of 2xx,
    8 for none or 5xx, 7 for any other.
    """
    from qsc_bot.models.delivery import Kind
    from qsc_bot.models.trial import Trigger
    from qsc_bot.operations.signature import needed_secret
    from qsc_bot.operations.trigger import body_of, trigger
    from qsc_bot.webhook.samples import via_of

    here, wanted = session(ctx), Kind(kind)
    here.printer.check_fields("webhook-trigger", Trigger)
    if authorization_stdin and file == "-":
        raise QscBotError("usage.invalid", "standard input cannot be both the body and the Authorization header")
    authorization = _authorization(here, via_of(wanted)) if authorization_stdin else None
    hint = "or add --unsigned"
    secret = None if unsigned else needed_secret(here.secrets, here.profile, via_of(wanted), hint=hint)
    given = None if file is None else read_body(here, file)
    body = body_of(wanted, at=here.clock.unix(), profile=here.profile, given=given, changes=_changes(changes or []))
    shown = to.partition("?")[0]
    with reaching(here, to, allowed=allow_host) as (endpoint, whole):
        return trigger(endpoint, whole, body, kind=wanted, shown=shown, secret=secret, authorization=authorization)


def sign_body(ctx: typer.Context, via: SignedBy, file: Body) -> "Record":
    """Print the header that signs a body: a line for curl -H. Nothing is sent."""
    from qsc_bot.models.delivery import Via
    from qsc_bot.operations import signature

    here, sender = session(ctx), Via(via)
    secret = signature.needed_secret(here.secrets, here.profile, sender)
    return signature.sign_body(sender, read_body(here, file), secret)


def check_signature(
    ctx: typer.Context,
    via: SignedBy,
    file: Body,
    given: Annotated[
        str | None,
        typer.Option("--signature", metavar="VALUE", help="The signature header's value.", show_default=False),
    ] = None,
) -> "Record":
    """Tell whether a signature fits a body, and if not why; exit 7 then. Nothing is sent.

    The verdict is valid, wrong-signature, re-encoded-body (it fits the same body as it was before a program or an
    editor wrote it again), missing or malformed.
    """
    from qsc_bot.models.delivery import Via
    from qsc_bot.operations import signature

    here, sender = session(ctx), Via(via)
    secret = signature.needed_secret(here.secrets, here.profile, sender)
    return signature.check_signature(sender, read_body(here, file), given, secret)


def _authorization(here: "Session", via: "Via") -> str:
    """The header's value from standard input; raises `usage.invalid` for Messenger, and what a missing one raises."""
    from qsc_bot.models.delivery import Via

    if via is Via.MESSENGER:
        raise QscBotError("usage.invalid", "--authorization-stdin is for Social Connect: Meta sends no such header")
    return here.prompts.read_secret()


def _keys(here: "Session", via: "Via", url: str, authorization: str | None) -> "Keys":
    """The secrets that the checks need; raises `config.secret` naming them where none of them is set."""
    from qsc_bot.models.delivery import Via
    from qsc_bot.operations.bot_checks import Keys
    from qsc_bot.operations.signature import SIGNS, not_set, signing_secret
    from qsc_bot.setup.form import SECRET_MARK, filled
    from qsc_bot.webhook.samples import ANOTHER

    is_messenger = via is Via.MESSENGER
    token = here.secrets.verify_token(here.profile) if is_messenger else None
    keys = Keys(
        signing=signing_secret(here.secrets, here.profile, via),
        verify_token=token.value if token else None,
        wrong_url=filled(url, ANOTHER) if SECRET_MARK in url and not is_messenger else None,
        authorization=authorization,
    )
    if keys.signing is None and keys.verify_token is None and not keys.is_open:
        raise not_set(here.secrets, here.profile, SIGNS[via], *(["verify_token"] if is_messenger else []))
    return keys


def _changes(given: list[str]) -> dict[str, str]:
    """Paths and values as typed; raises `usage.invalid`."""
    pairs = [text.partition("=") for text in given]
    for path, sign, _ in pairs:
        if not (path and sign):
            raise QscBotError("usage.invalid", f"--set {path[:80]!r}", expected="PATH=VALUE, such as status=done")
    return {path: value for path, _, value in pairs}
