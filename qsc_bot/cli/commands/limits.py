"""See how many calls are left."""

from typing import TYPE_CHECKING, Annotated

import typer

from qsc_bot.cli.options import session, shared_options

if TYPE_CHECKING:
    from qsc_bot.results import Record

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command("limits", epilog="Example: qsc-bot limits --ask\n\nFields: qsc-bot schema limits.")
@shared_options
def show_limits(
    ctx: typer.Context,
    ask: Annotated[bool, typer.Option("--ask", help="Ask now; this takes one call.")] = False,
) -> "Record":
    """See how many calls are left.

    As counted by all processes of this tool on this machine, or as asked now; with how many are kept for the bot
    (budget_reserve in the profile), and which of these processes used them.
    Social Connect allows a user 350 calls an hour, the bot's own included.
    """
    return session(ctx).remotes.limits(ask=ask)
