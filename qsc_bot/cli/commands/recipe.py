"""Set up the automation recipes that trigger a webhook."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from qsc_bot.cli.guided import end_with_form, show_form
from qsc_bot.cli.options import command, duration, group, session, since_option
from qsc_bot.cli.words import identifier
from qsc_bot.cli.writes import Confirm, check_setup_write
from qsc_bot.models.choices import Active

if TYPE_CHECKING:
    from qsc_bot.models.setup import Recipe
    from qsc_bot.results import Listing, Record

app = group("Set up the automation recipes that trigger a webhook.")

WEEK: Final = timedelta(days=7)
Marker = Literal["url", "none"]
ShowSecrets = Annotated[
    bool, typer.Option("--show-secrets", help="Show secrets in the form where it is not read on a terminal too.")
]
Authorization = Annotated[
    bool, typer.Option("--authorization-stdin", help="Read the Authorization value for the form from standard input.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The recipe's name: small letters, digits and hyphens.")]


@command(app, "create", example="qsc-bot recipe create private-messages-to-bot --webhook bot-inbound", schema="recipe")
def create(
    ctx: typer.Context,
    name: Name,
    webhook: Annotated[str, typer.Option("--webhook", metavar="NAME", help="The webhook to trigger.")],
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic", metavar="ID", parser=identifier, help="A topic; may be given again; default: the profile's."
        ),
    ] = None,
    private_messages: Annotated[
        bool, typer.Option("--private-messages", help="New private messages; this is the default.")
    ] = False,
    filter_: Annotated[
        str | None,
        typer.Option("--filter", metavar="STRING", help="Messages that match this filter instead."),
    ] = None,
    saved_filter: Annotated[
        str | None,
        typer.Option("--saved-filter", metavar="NAME", help="Messages that match this saved filter instead."),
    ] = None,
    exclude_tag: Annotated[
        str | None,
        typer.Option(
            "--exclude-tag",
            metavar="TAG",
            help="Leave out contacts with this tag; default: the escalation tag.",
        ),
    ] = None,
    no_exclude_tag: Annotated[bool, typer.Option("--no-exclude-tag", help="Leave out nobody.")] = False,
    active: Annotated[Active, typer.Option("--active", help="When it works.")] = "always",
    disabled: Annotated[bool, typer.Option("--disabled", help="Make it switched off.")] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Change a recipe of this name that is there already.")
    ] = False,
    marker: Annotated[
        Marker, typer.Option("--marker", help="What the address bears; none where a gateway refuses a query.")
    ] = "url",
    show_secrets: ShowSecrets = False,
    authorization_stdin: Authorization = False,
    confirm_profile: Confirm = None,
) -> "Record":
    """Make a recipe that triggers a webhook; one that is there already, equal, stays unchanged.

    Where only a person can enter it, the form for it is printed, and `recipe confirm` says that it was entered.
    """
    from qsc_bot.operations import recipe as operations

    here = session(ctx)
    wish = operations.Wish(
        webhook=webhook,
        topic_ids=topic or here.profile.topic_ids,
        filter=operations.filter_of(private_messages=private_messages, string=filter_, saved=saved_filter),
        exclude_tag=operations.excluded(exclude_tag, here.profile.escalation_tag, nobody=no_exclude_tag),
        active=active,
        enabled=not disabled,
        marker=marker == "url",
    )
    authorization = here.prompts.read_secret() if authorization_stdin else None
    check_setup_write(here, confirm_profile)
    record = operations.create_recipe(here.setup, name, wish, update=update)
    return end_with_form(here, record, name, show_secrets=show_secrets, authorization=authorization)


@command(app, "list", example="qsc-bot recipe list", schema="recipe-list")
def list_recipes(ctx: typer.Context) -> "Listing[Recipe]":
    """List the recipes."""
    from qsc_bot.operations import recipe as operations

    return operations.list_recipes(session(ctx).setup)


@command(app, "show", example="qsc-bot recipe show private-messages-to-bot", schema="recipe")
def show_recipe(
    ctx: typer.Context,
    name: Name,
    form: Annotated[bool, typer.Option("--form", help="The whole form that a person enters.")] = False,
    show_secrets: ShowSecrets = False,
    authorization_stdin: Authorization = False,
) -> "Record":
    """Show one recipe, or the form for it."""
    from qsc_bot.cli.arrivals import timed
    from qsc_bot.operations import recipe as operations

    here = session(ctx)
    record = timed(here, operations.show_recipe(here.setup, name))
    if not form:
        return record
    authorization = here.prompts.read_secret() if authorization_stdin else None
    return show_form(here, record, name, show_secrets=show_secrets, authorization=authorization)


@command(app, "confirm", example="qsc-bot recipe confirm private-messages-to-bot", schema="recipe")
def confirm(ctx: typer.Context, name: Name, confirm_profile: Confirm = None) -> "Record":
    """Say that the form of a recipe was entered and saved, or that it was deleted there."""
    from qsc_bot.operations.guided import confirm_recipe

    here = session(ctx)
    guided = here.guided
    check_setup_write(here, confirm_profile)
    return confirm_recipe(guided, name)


@command(
    app,
    "verify",
    example="qsc-bot recipe verify private-messages-to-bot --log access.log",
    schema="recipe",
)
def verify(
    ctx: typer.Context,
    name: Name,
    log: Annotated[
        str | None,
        typer.Option("--log", metavar="FILE", help="An access log or JSON log of the bot, or - for standard input."),
    ] = None,
    listen: Annotated[
        bool, typer.Option("--listen", help="Listen on this machine until a delivery bears the recipe's marker.")
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="With --listen: where; 0 is a free one.")
    ] = 8787,
    timeout: Annotated[
        timedelta,
        typer.Option(
            "--timeout",
            parser=duration,
            metavar="DURATION",
            help="With --listen: how long, such as 90s.",
            show_default="10m",
        ),
    ] = timedelta(minutes=10),
    since: Annotated[
        Any,
        since_option("Stored deliveries since then: 3d", default="7d"),
    ] = WEEK,
    compare: Annotated[
        bool | None,
        typer.Option(
            "--compare/--no-compare",
            help="Compare stored deliveries with the inbox, in 10 calls at most; default: where there are any.",
            show_default=False,
        ),
    ] = None,
) -> "Record":
    """Find a recipe's deliveries, stored here or in a log of the bot: proof that its address was entered and fires.

    Stored are those that a listener took; they also show whether the filter leaves out what it should.
    """
    from qsc_bot.cli.proving import Search, prove

    search = Search(since=since, log=log, listen=listen, port=port, timeout=timeout, compare=compare)
    return prove(session(ctx), name, search)


@command(app, "enable", example="qsc-bot recipe enable private-messages-to-bot", schema="recipe")
def enable(ctx: typer.Context, name: Name, confirm_profile: Confirm = None) -> "Record":
    """Switch a recipe on."""
    from qsc_bot.operations import recipe as operations

    here = session(ctx)
    check_setup_write(here, confirm_profile)
    return end_with_form(here, operations.switch_recipe(here.setup, name, enabled=True), name)


@command(app, "disable", example="qsc-bot recipe disable private-messages-to-bot", schema="recipe")
def disable(ctx: typer.Context, name: Name, confirm_profile: Confirm = None) -> "Record":
    """Switch a recipe off: the bot gets no more events through it."""
    from qsc_bot.operations import recipe as operations

    here = session(ctx)
    check_setup_write(here, confirm_profile)
    return end_with_form(here, operations.switch_recipe(here.setup, name, enabled=False), name)


@command(app, "delete", example="qsc-bot recipe delete private-messages-to-bot --yes", schema="recipe")
def delete_recipe(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question.")] = False,
    confirm_profile: Confirm = None,
) -> "Record":
    """Delete a recipe."""
    from qsc_bot.operations import recipe as operations

    here = session(ctx)
    check_setup_write(here, confirm_profile, asks=True)
    here.prompts.confirm_unless(yes, f"delete recipe {name} of {here.profile.name}")
    return end_with_form(here, operations.delete_recipe(here.setup, name), name)
