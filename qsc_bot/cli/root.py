"""The root of the command line: lazy groups, and the one boundary for results and errors."""

from collections.abc import Sequence
from functools import cache, partial
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from qsc_bot import __version__
from qsc_bot.cli.deferred import Deferred
from qsc_bot.cli.near_misses import answer_near_miss
from qsc_bot.cli.options import help_of, shared_options
from qsc_bot.cli.session import Session
from qsc_bot.cli.surroundings import Surroundings
from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.output.formats import Format

GROUPS: Final = {
    "demo": "Play the whole story on a sandbox of its own.",
    "conversation": "See who holds which conversation.",
    "handover": "Hand conversations to the bot or to the agents.",
    "escalation": "See and change the escalation tag.",
    "operation": "See, resume and undo what this tool changed.",
    "webhook": "Set up the addresses of the bot that get events.",
    "recipe": "Set up the automation recipes that trigger a webhook.",
    "auth": "Log in to an account, and see how a login stands.",
    "profile": "See and choose the accounts to act for.",
    "sandbox": "Run and play the embedded sandbox.",
    "limits": "See how many calls are left.",
    "api": "Send any call to the APIs.",
    "schema": "Print the JSON schema of a result.",
    "help": "Read about a topic.",
}
TASKS: Final = {
    "Start here": ("demo", "help"),
    "Conversations": ("conversation", "handover", "escalation", "operation"),
    "Set-up": ("auth", "profile", "webhook", "recipe"),
    "Tools": ("sandbox", "limits", "api", "schema"),
}


class RootGroup(TyperGroup):
    """Lists the groups without importing them, and imports the one that is run."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, summary in GROUPS.items():
            self.add_command(Deferred(name, help=summary, callback=partial(load, name)))

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # Typer hands both in
        """The groups by task."""
        for task, names in TASKS.items():
            with formatter.section(task):
                formatter.write_dl([(name, GROUPS[name]) for name in names])


@cache
def load(name: str) -> Any:
    """The command or group of one name, imported now."""
    return get_command(import_module(f"qsc_bot.cli.commands.{name}").app)


app = typer.Typer(
    cls=RootGroup,
    rich_markup_mode=None,
    add_completion=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback(invoke_without_command=True, epilog="Try: qsc-bot demo")
@shared_options
def root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> Any:
    """See who holds a conversation on Qualtrics Social Connect, the bot or the agents, and move it."""
    if version:
        from qsc_bot.results import Text

        return Text(text=__version__)
    return help_of(ctx) if ctx.invoked_subcommand is None else None


def execute(argv: Sequence[str], session: Session) -> Any:
    """Run one command line and give its result; failures are raised."""
    try:
        session.words = argv
        result = get_command(app).main(args=list(argv), prog_name="qsc-bot", standalone_mode=False, obj=session)
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # Typer turns a closed pipe into exit 1
            raise stop.__context__ from None
        raise
    if result == ExitCode.INTERRUPTED and isinstance(result, int):
        raise KeyboardInterrupt  # Typer turns Ctrl-C into this number
    return result


def run(argv: Sequence[str], surroundings: Surroundings) -> int:
    """Run one command line; the process's exit code. Nothing is raised but faults of ours."""
    session = Session(surroundings)
    try:
        return _run(argv, session)
    except BrokenPipeError:
        return int(ExitCode.OK)
    finally:
        session.close()


def _run(argv: Sequence[str], session: Session) -> int:
    try:
        result = execute(argv, session)
        if isinstance(result, int):
            return result
        return show(session, result)
    except QscBotError as error:
        return fail(session, argv, error)
    except typer.TyperException as error:
        return fail(session, argv, _usage_error(error, argv))
    except (typer.Abort, KeyboardInterrupt):
        return fail(session, argv, QscBotError("run.interrupted", "stopped by Ctrl-C"))


def show(session: Session, result: Any) -> int:
    """Show a result; what the process exits with."""
    return int(ExitCode.OK if result is None else session.printer.show(result))


def fail(session: Session, argv: Sequence[str], error: QscBotError) -> int:
    """Tell an error in the wanted format; where parsing failed, that is read from the words themselves."""
    if session.options.output is None and (wanted := wanted_format(argv)):
        session.options.output = wanted
        vars(session).pop("printer", None)
    report = getattr(error, "report", None)
    if report is not None:
        session.printer.show(report)
    session.printer.error(error)
    return int(error.exit_code)


def wanted_format(argv: Sequence[str]) -> Format | None:
    """The format that the words ask for, as far as they can be read."""
    for position, word in enumerate(argv):
        if word == "--json":
            return Format.JSON
        following = argv[position + 1] if position + 1 < len(argv) else ""
        value = following if word in ("-o", "--output") else ""
        for start in ("--output=", "-o"):
            value = value or (word.removeprefix(start) if word.startswith(start) else "")
        if value in list(Format):
            return Format(value)
    return None


def _usage_error(error: typer.TyperException, argv: Sequence[str]) -> QscBotError:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "qsc-bot"
    return QscBotError("usage.invalid", message, hint=(*answer_near_miss(argv), f"{path} --help"))
