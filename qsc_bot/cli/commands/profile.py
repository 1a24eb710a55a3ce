"""See and choose the accounts to act for."""

from typing import Annotated

import typer

from qsc_bot.cli.options import command, group, session
from qsc_bot.operations import profile as operations
from qsc_bot.results import Listing, Record

app = group("See and choose the accounts to act for.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The profile's name.")]


@command(app, "list", example="qsc-bot profile list", schema="profile-list")
def list_profiles(ctx: typer.Context) -> Listing[operations.ProfileRow]:
    """List the profiles, the built-in sandbox among them."""
    here = session(ctx)
    return operations.list_profiles(here.config, here.chosen_name)


@command(app, "show", example="qsc-bot profile show sandbox", schema="profile")
def show_profile(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Default: the one in use.")] = None,
) -> Record:
    """Show one profile with every setting, and which secrets it has; never a secret itself."""
    here = session(ctx)
    return operations.show_profile(here.choose(name), here.secrets)


@command(app, "use", example="qsc-bot profile use sandbox", schema="profile")
def use_profile(ctx: typer.Context, name: Name) -> Record:
    """Make a profile the default, in the user file; every other line of the file stays as it is."""
    here = session(ctx)
    profile = here.choose(name)
    here.set_default(name)
    return operations.show_profile(profile, here.secrets, outcome="updated")
