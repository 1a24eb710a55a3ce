"""Read about a topic."""

from typing import TYPE_CHECKING, Annotated

import typer

from qsc_bot.cli.options import shared_options
from qsc_bot.cli.topics import TOPICS, list_topics, read_topic

if TYPE_CHECKING:
    from qsc_bot.results import Text

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command("help", epilog="Example: qsc-bot help exit-codes")
@shared_options
def read_help(
    ctx: typer.Context,  # noqa: ARG001  # Typer hands it in; the shared options need it
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help=f"One of: {', '.join(TOPICS)}.")] = None,
) -> "Text":
    """Read about a topic."""
    return read_topic(topic) if topic else list_topics()
