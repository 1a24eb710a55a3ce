"""Words of the command line that the configuration may hold too; Typer names the option whose word cannot be."""

import re

import typer


def identifier(text: str) -> str:
    """An id of an account or a topic."""
    from qsc_bot.models.profile import IDENTIFIER_PATTERN, IDENTIFIER_WORDS

    if not re.fullmatch(IDENTIFIER_PATTERN, text):
        raise typer.BadParameter(f"{text[:80]!r} is not {IDENTIFIER_WORDS}")
    return text


def address(text: str) -> str:
    """The address of an API."""
    from qsc_bot.models.address import host_of

    try:
        host_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return text
