"""Set up the addresses of the bot that get events."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qsc_bot.cli.certifying import certify_bot
from qsc_bot.cli.deliveries import list_deliveries, replay
from qsc_bot.cli.listening import listen
from qsc_bot.cli.options import command, group, session
from qsc_bot.cli.trying import check_signature, sign_body, trigger_webhook, verify_webhook
from qsc_bot.cli.writes import Confirm, check_setup_write
from qsc_bot.errors import QscBotError

if TYPE_CHECKING:
    from qsc_bot.models.setup import Webhook
    from qsc_bot.results import Listing, Record, Report

app = group("Set up the addresses of the bot that get events.")

ViaName = Literal["social-connect", "messenger"]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", "-n", help="Of Messenger's: show what would be sent, and send nothing that writes."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The webhook's name: small letters, digits and hyphens.")]


@command(
    app,
    "register",
    example="qsc-bot webhook register bot-inbound --url https://bot.example.com/webhooks",
    schema="webhook",
)
def register(
    ctx: typer.Context,
    name: Name,
    url: Annotated[
        str,
        typer.Option(
            "--url",
            help="The bot's address; {secret} in it is filled from QSC_BOT_URL_SECRET and never shown.",
        ),
    ],
    authorization_stdin: Annotated[
        bool,
        typer.Option("--authorization-stdin", help="Read the value of an Authorization header from standard input."),
    ] = False,
    via: Annotated[ViaName, typer.Option("--via", help="Who sends the events.")] = "social-connect",
    subscribe: Annotated[
        list[str] | None,
        typer.Option(
            "--subscribe",
            metavar="FIELD",
            help="With messenger: a kind of event; may be given again; "
            "default: messages, messaging_postbacks, messaging_handovers, standby.",
        ),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Change a webhook of this name that is there already.")
    ] = False,
    dry_run: DryRun = False,
    confirm_profile: Confirm = None,
) -> "Record | Report":
    """Register an address that gets events; one that is there already, equal, stays unchanged.

    With --via messenger the bot's app and the Page are subscribed by calls; fields that are there already are kept.
    Only the Page's subscriptions, Messenger's, are made: those of Instagram are not.
    """
    from qsc_bot.cli import messenger

    if via == "messenger":
        if authorization_stdin:
            raise QscBotError(
                "usage.invalid", "--authorization-stdin is for --via social-connect: Meta sends no such header"
            )
        return messenger.register(
            session(ctx), name, url, fields=subscribe or (), update=update, dry_run=dry_run, given_name=confirm_profile
        )
    if subscribe or dry_run:
        raise QscBotError("usage.invalid", "--subscribe and --dry-run are for --via messenger")
    from qsc_bot.operations import webhook as operations

    here = session(ctx)
    messenger.check_free(here, name)
    check_setup_write(here, confirm_profile)
    secret = here.secrets.url_secret(here.profile)
    return operations.register_webhook(
        here.setup,
        name,
        url,
        url_secret=secret.value if secret else None,
        authorization=here.prompts.read_secret() if authorization_stdin else None,
        update=update,
        trouble=here.secrets.trouble(here.profile, "url_secret"),
    )


@command(app, "list", example="qsc-bot webhook list", schema="webhook-list")
def list_webhooks(ctx: typer.Context) -> "Listing[Webhook]":
    """List the webhooks; Meta is asked about the one of Messenger."""
    from qsc_bot.cli.arrivals import newest_deliveries
    from qsc_bot.cli.messenger import listed
    from qsc_bot.operations import webhook as operations

    here = session(ctx)
    others, warnings = listed(here)
    return operations.list_webhooks(here.setup, others, warnings=warnings, newest=newest_deliveries(here))


@command(app, "show", example="qsc-bot webhook show bot-inbound", schema="webhook")
def show_webhook(ctx: typer.Context, name: Name) -> "Record":
    """Show one webhook; of Messenger's, what both the app and the Page subscribe to, and where they differ."""
    from qsc_bot.cli.arrivals import timed
    from qsc_bot.cli.messenger import shown
    from qsc_bot.operations import webhook as operations

    here = session(ctx)
    return timed(here, shown(here, name) or operations.show_webhook(here.setup, name))


@command(app, "delete", example="qsc-bot webhook delete bot-inbound --yes", schema="webhook")
def delete_webhook(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question.")] = False,
    dry_run: DryRun = False,
    confirm_profile: Confirm = None,
) -> "Record | Report":
    """Delete a webhook that no recipe uses; of Messenger's, the fields that were asked for."""
    from qsc_bot.cli import messenger
    from qsc_bot.operations import webhook as operations

    here = session(ctx)
    known = messenger.known(here, name)
    if dry_run:
        return messenger.plan_deletion(known)
    check_setup_write(here, confirm_profile, asks=True)
    here.prompts.confirm_unless(yes, f"delete webhook {name} of {here.profile.name}")
    return messenger.delete(here, known) if known else operations.delete_webhook(here.setup, name)


BOT = "http://127.0.0.1:8081/example-bot"
command(
    app,
    "verify",
    example=f"qsc-bot webhook verify --url {BOT}/social-connect",
    schema="webhook-verification",
)(verify_webhook)
command(app, "trigger", example=f"qsc-bot webhook trigger mention --to {BOT}/social-connect", schema="webhook-trigger")(
    trigger_webhook
)
command(app, "sign", example="qsc-bot webhook sign --via social-connect -f event.json", schema="signature")(sign_body)
command(
    app,
    "check",
    example="qsc-bot webhook check --via social-connect -f event.json "
    "--signature BpiPoc8CuDgwQ/fyc19yP3uzUJUNkhRAnN4TSQ1qY3M=",
    schema="signature",
)(check_signature)
command(
    app,
    "certify",
    example="qsc-bot webhook certify --to http://127.0.0.1:8081/example-bot/social-connect",
    schema="certificate",
)(certify_bot)
command(
    app, "listen", example="qsc-bot webhook listen --forward-to http://127.0.0.1:8080/webhooks", schema="delivery-event"
)(listen)
command(app, "deliveries", example="qsc-bot webhook deliveries --since 7d", schema="delivery-list")(list_deliveries)
command(
    app,
    "replay",
    example="qsc-bot webhook replay --since 1h --to http://127.0.0.1:8080/webhooks --yes",
    schema="delivery-list",
)(replay)
