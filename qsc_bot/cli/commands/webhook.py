"""Set up the addresses of the bot that get events."""

from typing import TYPE_CHECKING, Annotated

import typer

from qsc_bot.cli.deliveries import list_deliveries, replay
from qsc_bot.cli.listening import listen
from qsc_bot.cli.options import command, group, session
from qsc_bot.cli.writes import Confirm, check_setup_write

if TYPE_CHECKING:
    from qsc_bot.models.setup import Webhook
    from qsc_bot.results import Listing, Record

app = group("Set up the addresses of the bot that get events.")

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
    update: Annotated[
        bool, typer.Option("--update", help="Change a webhook of this name that is there already.")
    ] = False,
    confirm_profile: Confirm = None,
) -> "Record":
    """Register an address that gets events; one that is there already, equal, stays unchanged."""
    from qsc_bot.operations import webhook as operations

    here = session(ctx)
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
    """List the webhooks."""
    from qsc_bot.operations import webhook as operations

    return operations.list_webhooks(session(ctx).setup)


@command(app, "show", example="qsc-bot webhook show bot-inbound", schema="webhook")
def show_webhook(ctx: typer.Context, name: Name) -> "Record":
    """Show one webhook."""
    from qsc_bot.operations import webhook as operations

    return operations.show_webhook(session(ctx).setup, name)


@command(app, "delete", example="qsc-bot webhook delete bot-inbound --yes", schema="webhook")
def delete_webhook(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question.")] = False,
    confirm_profile: Confirm = None,
) -> "Record":
    """Delete a webhook that no recipe uses."""
    from qsc_bot.operations import webhook as operations

    here = session(ctx)
    check_setup_write(here, confirm_profile, asks=True)
    here.prompts.confirm_unless(yes, f"delete webhook {name} of {here.profile.name}")
    return operations.delete_webhook(here.setup, name)


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
