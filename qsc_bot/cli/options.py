"""Options that several commands share, and the decorators that add them."""

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any, Final, ParamSpec, TypeVar

import typer
from typer.main import get_command

from qsc_bot.cli.deferred import Deferred
from qsc_bot.cli.session import Session
from qsc_bot.models.duration import parse_duration
from qsc_bot.output.formats import Format

P = ParamSpec("P")
R = TypeVar("R")

_app: Final = partial(typer.Typer, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
SHARED: Final[dict[str, tuple[Any, Any]]] = {
    "output": (
        Annotated[
            Format | None,
            typer.Option("--output", "-o", help="Output format; default: table on a terminal, else plain."),
        ],
        None,
    ),
    "json": (Annotated[bool, typer.Option("--json", help="The same as -o json.")], False),
    "fields": (
        Annotated[str | None, typer.Option("--fields", help="Show these fields only, separated by commas.")],
        None,
    ),
    "profile": (Annotated[str | None, typer.Option("--profile", "-p", help="The account to act for.")], None),
    "config": (
        Annotated[Path | None, typer.Option("--config", help="A project file to read over the user file.")],
        None,
    ),
    "show_pii": (
        Annotated[bool, typer.Option("--show-pii", help="Show customers' names instead of initials.")],
        False,
    ),
    "no_input": (
        Annotated[bool, typer.Option("--no-input", help="Never ask; fail where a question would be needed.")],
        False,
    ),
    "no_color": (Annotated[bool, typer.Option("--no-color", help="No colour.")], False),
    "quiet": (
        Annotated[bool, typer.Option("--quiet", "-q", help="No notices on stderr, warnings and errors only.")],
        False,
    ),
    "verbose": (Annotated[bool, typer.Option("--verbose", "-v", help="More about errors.")], False),
    "debug": (
        Annotated[bool, typer.Option("--debug", help="Tell every call on stderr, without secrets.")],
        False,
    ),
}


def session(ctx: typer.Context) -> Session:
    """The session of this run."""
    found = ctx.find_object(Session)
    assert found is not None
    return found


def help_of(ctx: typer.Context) -> Any:
    """The help of a group that was called bare, as a result."""
    from qsc_bot.results import Text

    return Text(text=ctx.get_help())


def group(summary: str) -> typer.Typer:
    """A group of commands; the shared options may stand before the verb too, and bare it shows its help."""
    app = _app(help=summary)

    @app.callback(invoke_without_command=True)
    @shared_options
    def bare(ctx: typer.Context) -> Any:
        return help_of(ctx) if ctx.invoked_subcommand is None else None

    bare.__doc__ = summary
    return app


def command(
    app: typer.Typer, name: str, *, example: str, schema: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Register a function as a command that takes the shared options; `schema` names what it answers with.

    Its group lists it by its docstring; its options, which take longest, are made only when it is the one that runs.
    """
    fields = f"\n\nFields: qsc-bot schema {schema}. Exit codes: qsc-bot help exit-codes." if schema else ""

    def register(function: Callable[P, R]) -> Callable[P, R]:
        @app.command(name, cls=Deferred, help=inspect.getdoc(function))
        def made() -> Any:
            alone = _app()
            alone.command(name, epilog=f"Example: {example}{fields}")(shared_options(function))
            return get_command(alone)

        return function

    return register


def shared_options(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command function the shared options; they go to the session, the function does not see them.

    Typer reads its parameters' annotations; what it returns may be named in quotes, so that help need not load it.
    """
    own = inspect.signature(function).parameters.values()

    @wraps(function)
    def run(ctx: typer.Context, **given: Any) -> R:
        here = session(ctx)
        here.command = ctx.command_path.partition(" ")[2]
        adopt(here, {name: given.pop(name) for name in SHARED})
        return function(ctx, **given)

    set_signature(run, [*own, *parameters(SHARED)])
    return run


def parameters(options: Mapping[str, tuple[Any, Any]]) -> list[inspect.Parameter]:
    """Options as parameters of a function."""
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in options.items()
    ]


def set_signature(function: Callable[..., Any], wanted: list[inspect.Parameter]) -> None:
    """Let Typer see these parameters; it reads the signature and the annotations."""
    vars(function)["__signature__"] = inspect.Signature(wanted)
    function.__annotations__ = {one.name: one.annotation for one in wanted}


def adopt(target: Session, given: dict[str, Any]) -> None:
    """Hand shared options to the session; `--json` is `-o json`."""
    if given.pop("json"):
        given["output"] = given["output"] or Format.JSON
    target.adopt(**given)


def since(text: str | timedelta | datetime) -> timedelta | datetime:
    """A time to look back to: a duration, a date, or RFC 3339; Typer hands in defaults too."""
    if not isinstance(text, str):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return duration(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def since_option(what: str, *, default: str | bool) -> Any:
    """The option that says how far back, with the beginning of its help and what it is when left out."""
    return typer.Option(
        "--since",
        parser=since,
        metavar="DURATION|TIME",
        help=f"{what}, a date or RFC 3339 (UTC without a zone).",
        show_default=default,
    )


def duration(text: str | timedelta) -> timedelta:
    """A length of time as typed: `90s`, `5m`, `2h`, `3d`, `2w`; Typer hands in defaults too."""
    if isinstance(text, timedelta):
        return text
    try:
        return timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error)) from error
