"""Play the whole story on a sandbox of its own."""

from typing import TYPE_CHECKING

import typer

from qsc_bot.cli.options import session, shared_options
from qsc_bot.exit_codes import ExitCode

if TYPE_CHECKING:
    from qsc_bot.results import Record

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command("demo", epilog="Example: qsc-bot demo")
@shared_options
def demo(ctx: typer.Context) -> "Record":
    """Play the whole story on a sandbox of its own.

    It needs no account, no configuration and no network. Exit 0 only if every state was as expected. With -q only the
    recap is printed.
    """
    from qsc_bot.cli.story import play, recap
    from qsc_bot.results import Record

    story = play(session(ctx).printer.narrate)
    exit_code = ExitCode.OK if story.ok else ExitCode.UNCLASSIFIED
    return Record(schema="demo", item=story, view=recap(story), views_everywhere=True, exit_code=exit_code)
