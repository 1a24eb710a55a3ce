"""Recipes that a person enters: the registry they are kept in, what may be shown, and the question at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from qsc_bot.cli.raw_input import ByteStream, standard_input
from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError
from qsc_bot.output.formats import Format

if TYPE_CHECKING:
    from qsc_bot.results import Record
    from qsc_bot.setup.form import Revealed

CHUNK_BYTES: Final = 1 << 18
_NOT_TEXT: Final = {
    b"\x1f\x8b": ("is compressed by gzip", "gunzip -c"),
    b"\x28\xb5\x2f\xfd": ("is compressed by zstd", "zstd -dc"),
    b"BZh": ("is compressed by bzip2", "bunzip2 -c"),
    b"\xfd7zXZ": ("is compressed by xz", "xz -dc"),
    b"PK\x03\x04": ("is a zip archive", "unzip -p"),
    b"\xff\xfe": ("is UTF-16", "iconv -f UTF-16 -t UTF-8"),
    b"\xfe\xff": ("is UTF-16", "iconv -f UTF-16 -t UTF-8"),
}


def show_form(here: Session, record: "Record", name: str, *, show_secrets: bool, authorization: str | None) -> "Record":
    """The record with the whole form; raises `config.recipes` where nobody enters the recipe by hand."""
    from qsc_bot.operations.guided import with_form

    shown = _revealed(here, show_secrets=show_secrets, authorization=authorization)
    return with_form(here.guided, record, name, whole=True, revealed=shown)


def end_with_form(
    here: Session, record: "Record", name: str, *, show_secrets: bool = False, authorization: str | None = None
) -> "Record":
    """What waits for a person, as a form; on a terminal it ends with the question whether it was entered.

    A recipe that is kept by calls stays as it is.
    """
    from qsc_bot.operations.guided import confirm_recipe, with_form
    from qsc_bot.results import Record

    if here.profile.recipes.backend != "guided":
        return record
    shown = _revealed(here, show_secrets=show_secrets, authorization=authorization)
    record = with_form(here.guided, record, name, whole=False, revealed=shown)
    if record.view is None or not (_is_read_by_a_person(here) and here.prompts.can_ask):
        return record
    here.printer.show(record)
    answer = here.prompts.ask("Entered and saved? [y/N] ", flag="qsc-bot recipe confirm")
    if answer.lower() in ("y", "yes"):
        _check_shown(here, name, record.item)
        return confirm_recipe(here.guided, name)
    return Record(schema="recipe", item=record.item, view="")


def _check_shown(here: Session, name: str, shown: object) -> None:
    """What is confirmed must be what was shown: another process may have changed the recipe meanwhile."""
    now = here.guided.recipe(name)
    keys = ("revision", "pending", "enabled")
    if any(getattr(now, key) != getattr(shown, key) for key in keys):
        raise QscBotError(
            "recipe.different",
            f"recipe {name} was changed while its form was shown, so nothing was confirmed",
            hint=(f"qsc-bot recipe show {name} --form", f"qsc-bot recipe confirm {name}"),
        )


def _revealed(here: Session, *, show_secrets: bool, authorization: str | None) -> "Revealed":
    """The secrets that the form may show: on a terminal, or where they were asked for."""
    from qsc_bot.setup.form import Revealed

    if not (show_secrets or _is_read_by_a_person(here)):
        return Revealed()
    found = here.secrets.url_secret(here.profile)
    return Revealed(url_secret=found.value if found else None, authorization=authorization)


@contextmanager
def log_chunks(here: Session, source: str) -> Iterator[Iterator[bytes]]:
    """The bytes of a log, piece by piece; raises `usage.log` where they are no text or cannot be read."""
    try:
        if source == "-":
            yield _chunks(standard_input(here), source)
        else:
            with Path(source).open("rb") as file:
                yield _chunks(cast("ByteStream", file), source)
    except OSError as error:
        raise QscBotError("usage.log", f"{source}: the log cannot be read: {error.strerror}") from error


def _chunks(stream: ByteStream, source: str) -> Iterator[bytes]:
    chunk = stream.read(CHUNK_BYTES)
    for start, (fault, command) in _NOT_TEXT.items():
        if chunk.startswith(start):
            named = source if source != "-" else "FILE"
            hint = (f"{command} {named} | qsc-bot recipe verify NAME --log -",)
            raise QscBotError("usage.log", f"{source}: the log {fault}; it is not opened", hint=hint)
    while chunk:
        yield chunk
        chunk = stream.read(CHUNK_BYTES)


def _is_read_by_a_person(here: Session) -> bool:
    wanted = here.options.output
    return here.surroundings.stdout.isatty() and wanted in (None, Format.TABLE, Format.PLAIN)
