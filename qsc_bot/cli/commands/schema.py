"""Print the JSON schema of a result."""

from typing import TYPE_CHECKING, Annotated

import typer

from qsc_bot.cli.options import shared_options

if TYPE_CHECKING:
    from qsc_bot.results import Text

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command("schema", epilog="Example: qsc-bot schema conversation-list")
@shared_options
def print_schema(
    ctx: typer.Context,  # noqa: ARG001  # Typer hands it in; the shared options need it
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The result's name; without one the names are listed."),
    ] = None,
) -> "Text":
    """Print the JSON schema of a result.

    The names are those that stand in `schema` of each document.
    """
    from qsc_bot.output.schemas import NAMES, schema_of
    from qsc_bot.results import Text

    if name is None:
        return Text(text="\n".join(NAMES), data={"schemas": list(NAMES)})
    return schema_of(name)
