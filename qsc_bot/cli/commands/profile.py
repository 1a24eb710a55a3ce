"""See and choose the accounts to act for."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from qsc_bot.cli.options import command, group, session
from qsc_bot.cli.protection import confirm_change
from qsc_bot.cli.writes import Confirm

if TYPE_CHECKING:
    from qsc_bot.operations.profile import ProfileRow
    from qsc_bot.results import Listing, Record

app = group("See and choose the accounts to act for.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The profile's name.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question, and lose comments of the file.")]


@command(app, "list", example="qsc-bot profile list", schema="profile-list")
def list_profiles(ctx: typer.Context) -> "Listing[ProfileRow]":
    """List the profiles, the built-in sandbox among them."""
    from qsc_bot.operations import profile as operations

    here = session(ctx)
    return operations.list_profiles(here.config, here.chosen_name)


@command(app, "show", example="qsc-bot profile show sandbox", schema="profile")
def show_profile(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Default: the one in use.")] = None,
) -> "Record":
    """Show one profile with every setting, and which secrets it has; never a secret itself."""
    from qsc_bot.operations import profile as operations

    here = session(ctx)
    return operations.show_profile(here.choose(name), here.secrets)


@command(app, "use", example="qsc-bot profile use sandbox", schema="profile")
def use_profile(ctx: typer.Context, name: Name) -> "Record":
    """Make a profile the default, in the user file; every other line of the file stays as it is."""
    from qsc_bot.operations import profile as operations

    here = session(ctx)
    profile = here.choose(name)
    here.set_default(name)
    return operations.show_profile(profile, here.secrets, outcome="updated")


@command(app, "set", example='qsc-bot profile set prod account_id=1417 topic_ids="[46283]"', schema="profile")
def set_profile(
    ctx: typer.Context,
    name: Name,
    assignments: Annotated[
        list[str],
        typer.Argument(metavar="KEY=VALUE...", help="Keys of the profile, dotted where nested; KEY= removes one."),
    ],
    yes: Yes = False,
    confirm_profile: Confirm = None,
) -> "Record":
    """Set keys of a profile in the user file, or make a profile; the file is checked as a whole before it is written.

    A file with comments is not rewritten without --yes, since its comments would be lost.
    """
    from qsc_bot.operations import profile_keys as keys

    here = session(ctx)
    file = here.user_file
    confirm = partial(confirm_change, here, file, name, confirm_profile)
    return keys.set_profile(file, name, assignments, here.secrets, yes=yes, confirm=confirm)


@command(app, "delete", example="qsc-bot profile delete prod --yes", schema="profile")
def delete_profile(ctx: typer.Context, name: Name, yes: Yes = False, confirm_profile: Confirm = None) -> "Record":
    """Take a profile out of the user file; its stored secrets stay until qsc-bot auth logout."""
    from qsc_bot.operations import profile_keys as keys

    here = session(ctx)
    file = here.user_file
    keys.check_deletable(file, name, yes=yes)
    confirm_change(here, file, name, confirm_profile, asks=True)
    here.prompts.confirm_unless(yes, f"delete profile {name} from {file.path}")
    return keys.delete_profile(file, name, here.secrets)
