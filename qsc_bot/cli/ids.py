"""Ids of conversations as typed, or as a list in a file or on standard input."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID...",
        help="SERVICE:SERVICE_ID, a mention id, a permalink or a contact id.",
        show_default=False,
    ),
]
IdsFrom = Annotated[
    str | None,
    typer.Option("--ids", metavar="FILE", help="A file with one id a line, or - for standard input."),
]


def id_texts(here: Session, ids: Sequence[str], ids_from: str | None, *, tell: Callable[[str], None]) -> Sequence[str]:
    """The ids that were given in either way; raises `usage.ids` for none, and for both."""
    from qsc_bot.operations.selection import clean_ids

    if ids and ids_from:
        raise QscBotError("usage.ids", "ids were given both as words and with --ids")
    if ids_from:
        return clean_ids(here.prompts.read_lines(ids_from), tell=tell)
    if not ids:
        raise QscBotError("usage.ids", "no conversation was named", hint=("give an id, or --ids FILE",))
    return list(dict.fromkeys(ids))
