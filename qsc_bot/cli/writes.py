"""What every write on conversations takes: ids, a dry run, a confirmation."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qsc_bot.cli.options import command, parameters, session, set_signature
from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError
from qsc_bot.models.choices import Control

if TYPE_CHECKING:
    from qsc_bot.control.driver import Driver
    from qsc_bot.models.conversation import ConversationId, Move, Reading
    from qsc_bot.operations.connection import Connection
    from qsc_bot.operations.move import Order
    from qsc_bot.operations.selection import Target
    from qsc_bot.results import Report

UNASKED: Final = 20
"""Up to so many typed ids are acted on without a question."""
TYPED_NUMBER: Final = 100
"""Above so many the number itself is typed instead of yes."""

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
IfControl = Annotated[
    Control | None,
    typer.Option("--if-control", help="Only when it is held by this one; else exit 7, or skipped with several ids."),
]
NoVerify = Annotated[bool, typer.Option("--no-verify", help="Do not read the state back after the write.")]
Confirm = Annotated[
    str | None,
    typer.Option("--confirm-profile", metavar="NAME", help="The profile's name, where the profile is protected."),
]

WRITE_OPTIONS: Final[dict[str, tuple[Any, Any]]] = {
    "ids": (Ids, None),
    "ids_from": (IdsFrom, None),
    "dry_run": (
        Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would be sent, and send nothing that writes.")],
        False,
    ),
    "yes": (Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question that --ids asks.")], False),
    "confirm_profile": (Confirm, None),
}


@dataclass(frozen=True, kw_only=True)
class Write:
    """A write as typed: on which conversations, and how."""

    session: Session
    ids: Sequence[str] | None
    ids_from: str | None
    dry_run: bool
    yes: bool
    confirm_profile: str | None

    def run(
        self,
        order: "Callable[[str], Order]",
        act: "Callable[[Connection, Sequence[Target], Order], Report]",
        *,
        driver_of: "Callable[[Connection, str], Driver]",
        plan: "Callable[[Order, Driver, ConversationId, Reading | None], Move]",
    ) -> "Report":
        """Resolve the ids, then show what would be sent, or ask where it must be asked and act."""
        from qsc_bot.models.conversation import Outcome
        from qsc_bot.operations.dry_run import plan_each
        from qsc_bot.operations.selection import resolve
        from qsc_bot.operations.writes import new_operation

        connection, told = self.session.connection, list[str]()
        self.session.printer.check_fields("outcomes", Outcome)
        texts = id_texts(self.session, self.ids or (), self.ids_from, tell=told.append)
        targets = resolve(connection, texts, one_each=True, tell=told.append)
        wanted = order(new_operation(connection.clock.unix()))
        if self.dry_run:
            report = plan_each(
                connection, targets, wanted, driver_of=partial(driver_of, connection), plan=partial(plan, wanted)
            )
        else:
            self._confirm(targets, wanted.action)
            profile = connection.profile
            self.session.printer.notice(f"profile {profile.name} (account {profile.account_id})")
            with self.session.interrupts:
                report = act(connection, targets, wanted)
        report.warnings = (*told, *report.warnings)
        return report

    def _confirm(self, targets: "Sequence[Target]", action: str) -> None:
        profile, prompts = self.session.profile, self.session.prompts
        asks = self.ids_from is not None or len(targets) > UNASKED
        if profile.protected is True or (profile.protected == "bulk" and asks):
            prompts.confirm_name(profile.name, given=self.confirm_profile, from_terminal=self.ids_from == "-")
        if not asks or self.yes:
            return
        samples = ", ".join(str(target.id) for target in targets[:3]) + (", …" if len(targets) > 3 else "")
        number = f"{len(targets)} conversation{'' if len(targets) == 1 else 's'}"
        question = f"{action.replace('.', ' ').replace('_', '-')}: {number} of {profile.name} ({samples})"
        typed = str(len(targets)) if len(targets) > TYPED_NUMBER else None
        prompts.confirm(question, typed=typed, from_terminal=self.ids_from == "-")


def check_setup_write(here: Session, confirm_profile: str | None, *, asks: bool = False) -> None:
    """Before webhooks or recipes are changed: whose they are, and the name of a protected profile."""
    profile = here.profile
    if profile.protected is True or (profile.protected == "bulk" and asks):
        here.prompts.confirm_name(profile.name, given=confirm_profile)
    here.printer.notice(f"profile {profile.name} (account {profile.account_id})")


def id_texts(here: Session, ids: Sequence[str], ids_from: str | None, *, tell: Callable[[str], None]) -> Sequence[str]:
    from qsc_bot.operations.selection import clean_ids

    if ids and ids_from:
        raise QscBotError("usage.ids", "ids were given both as words and with --ids")
    if ids_from:
        return clean_ids(here.prompts.read_lines(ids_from), tell=tell)
    if not ids:
        raise QscBotError("usage.ids", "no conversation was named", hint=("give an id, or --ids FILE",))
    return list(dict.fromkeys(ids))


def write_command(app: typer.Typer, name: str, *, example: str) -> "Callable[[Callable[..., Report]], object]":
    """Register a function as a command that takes what every write takes, and is handed it as one `Write`."""

    def register(function: "Callable[..., Report]") -> object:
        own = list(inspect.signature(function).parameters.values())[1:]
        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        common = parameters(WRITE_OPTIONS)

        @wraps(function)
        def run(ctx: typer.Context, **given: Any) -> "Report":
            typed = Write(session=session(ctx), **{option: given.pop(option) for option in WRITE_OPTIONS})
            return function(typed, **given)

        keyword_only = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
        set_signature(run, [context, *common, *keyword_only])
        return command(app, name, example=example, schema="outcomes")(run)

    return register
