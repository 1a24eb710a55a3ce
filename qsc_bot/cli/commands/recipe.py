"""Set up the automation recipes that trigger a webhook."""

from typing import Annotated

import typer

from qsc_bot.cli.options import command, group, session
from qsc_bot.cli.writes import Confirm, check_setup_write
from qsc_bot.models.setup import Active, Recipe
from qsc_bot.operations import recipe as operations
from qsc_bot.results import Listing, Record

app = group("Set up the automation recipes that trigger a webhook.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The recipe's name: small letters, digits and hyphens.")]


@command(app, "create", example="qsc-bot recipe create private-messages-to-bot --webhook bot-inbound", schema="recipe")
def create(
    ctx: typer.Context,
    name: Name,
    webhook: Annotated[str, typer.Option("--webhook", metavar="NAME", help="The webhook to trigger.")],
    topic: Annotated[
        list[str] | None,
        typer.Option("--topic", metavar="ID", help="A topic; may be given again; default: the profile's."),
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
    confirm_profile: Confirm = None,
) -> Record:
    """Make a recipe that triggers a webhook; one that is there already, equal, stays unchanged."""
    here = session(ctx)
    wish = operations.Wish(
        webhook=webhook,
        topic_ids=topic or here.profile.topic_ids,
        filter=operations.filter_of(private_messages=private_messages, string=filter_, saved=saved_filter),
        exclude_tag=operations.excluded(exclude_tag, here.profile.escalation_tag, nobody=no_exclude_tag),
        active=active,
        enabled=not disabled,
    )
    check_setup_write(here, confirm_profile)
    return operations.create_recipe(here.setup, name, wish, update=update)


@command(app, "list", example="qsc-bot recipe list", schema="recipe-list")
def list_recipes(ctx: typer.Context) -> Listing[Recipe]:
    """List the recipes."""
    return operations.list_recipes(session(ctx).setup)


@command(app, "show", example="qsc-bot recipe show private-messages-to-bot", schema="recipe")
def show_recipe(ctx: typer.Context, name: Name) -> Record:
    """Show one recipe."""
    return operations.show_recipe(session(ctx).setup, name)


@command(app, "enable", example="qsc-bot recipe enable private-messages-to-bot", schema="recipe")
def enable(ctx: typer.Context, name: Name, confirm_profile: Confirm = None) -> Record:
    """Switch a recipe on."""
    here = session(ctx)
    check_setup_write(here, confirm_profile)
    return operations.switch_recipe(here.setup, name, enabled=True)


@command(app, "disable", example="qsc-bot recipe disable private-messages-to-bot", schema="recipe")
def disable(ctx: typer.Context, name: Name, confirm_profile: Confirm = None) -> Record:
    """Switch a recipe off: the bot gets no more events through it."""
    here = session(ctx)
    check_setup_write(here, confirm_profile)
    return operations.switch_recipe(here.setup, name, enabled=False)


@command(app, "delete", example="qsc-bot recipe delete private-messages-to-bot --yes", schema="recipe")
def delete_recipe(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question.")] = False,
    confirm_profile: Confirm = None,
) -> Record:
    """Delete a recipe."""
    here = session(ctx)
    check_setup_write(here, confirm_profile, asks=True)
    here.prompts.confirm_unless(yes, f"delete recipe {name} of {here.profile.name}")
    return operations.delete_recipe(here.setup, name)
