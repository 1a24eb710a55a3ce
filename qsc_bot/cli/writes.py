"""What every write on conversations takes: ids, a dry run, a confirmation."""

import inspect
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qsc_bot.cli.options import command, parameters, session, set_signature
from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Control, Outcome
from qsc_bot.results import Report, Running

if TYPE_CHECKING:
    from qsc_bot.models.operation import Step
    from qsc_bot.operations.operation import Author
    from qsc_bot.operations.selection import Target

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
WithTag = Annotated[
    bool | None,
    typer.Option(
        "--with-tag/--no-tag",
        help="Let the escalation tag follow, or not; default: align_tag of the profile.",
        show_default=False,
    ),
]
NoVerify = Annotated[bool, typer.Option("--no-verify", help="Do not read the state back after the write.")]
Confirm = Annotated[
    str | None,
    typer.Option("--confirm-profile", metavar="NAME", help="The profile's name, where the profile is protected."),
]

Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept with the operation.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question that --ids asks.")]

WRITE_OPTIONS: Final[dict[str, tuple[Any, Any]]] = {
    "ids": (Ids, None),
    "ids_from": (IdsFrom, None),
    "dry_run": (
        Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would be sent, and send nothing that writes.")],
        False,
    ),
    "yes": (Yes, False),
    "confirm_profile": (Confirm, None),
    "reason": (Reason, None),
    "fail_fast": (Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failure.")], False),
}
LONGEST_COMMAND: Final = 4_000
"""So much of a command line is kept with its operation; longer ones name thousands of ids."""


@dataclass(frozen=True, kw_only=True)
class Write:
    """A write as typed: on which conversations, and how."""

    session: Session
    ids: Sequence[str] | None
    ids_from: str | None
    dry_run: bool
    yes: bool
    confirm_profile: str | None
    reason: str | None
    fail_fast: bool
    told: list[str] = field(default_factory=list)

    def run(
        self,
        action: str,
        *,
        prepare: "Callable[[Sequence[Step]], Sequence[Step]]" = lambda steps: steps,
        **wish: Any,
    ) -> Report | Running:
        """Resolve the ids, then show what would be sent, or ask where it must be asked and act.

        `wish` is what each step wants besides, see `models.operation.Step`; `prepare` decides the rest for all of them.
        """
        from qsc_bot.models.operation import Step
        from qsc_bot.operations.dry_run import plan_each
        from qsc_bot.operations.operation import start
        from qsc_bot.operations.selection import resolve

        connection, told = self.session.connection, self.told
        self.session.printer.check_fields("outcomes", Outcome)
        texts = _texts(self.session, self.ids or (), self.ids_from, tell=told.append)
        targets = resolve(connection, texts, one_each=True, tell=told.append)
        steps = prepare([Step(id=str(target.id), action=action, **wish) for target in targets])
        if self.dry_run:
            return plan_each(connection, steps, warnings=told)
        self._confirm(targets, action)
        notice_profile(self.session)
        running = start(
            connection,
            self.session.journal,
            author(self.session, self.reason),
            steps,
            action=action,
            is_single=len(steps) == 1,
            fails_fast=self.fail_fast,
            warnings=told,
        )
        return interruptible(self.session, running)

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


def notice_profile(here: Session) -> None:
    """Say whose conversations are changed."""
    here.printer.notice(f"profile {here.profile.name} (account {here.profile.account_id})")


def author(here: Session, reason: str | None) -> "Author":
    """Who typed this, and what, without secrets."""
    import getpass
    import socket

    from qsc_bot.operations.operation import Author
    from qsc_bot.transport.redact import redact

    words = shlex.join(["qsc-bot", *here.words]).encode("utf-8", "replace").decode()
    secrets = here.surroundings.secrets()
    command = redact(words[:LONGEST_COMMAND], secrets)
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    kept = redact(reason, secrets) if reason else None
    return Author(by=user, host=socket.gethostname(), command=command, reason=kept)


def interruptible(here: Session, running: Running) -> Running:
    """The same writes, with the first Ctrl-C held back until what is in flight is finished."""

    def outcomes() -> Iterator[Outcome]:
        with here.interrupts:
            yield from running.outcomes

    return replace(running, outcomes=outcomes())


def check_setup_write(here: Session, confirm_profile: str | None, *, asks: bool = False) -> None:
    """Before webhooks or recipes are changed: whose they are, and the name of a protected profile."""
    profile = here.profile
    if profile.protected is True or (profile.protected == "bulk" and asks):
        here.prompts.confirm_name(profile.name, given=confirm_profile)
    notice_profile(here)


def read_targets(here: Session, ids: list[str] | None, ids_from: str | None) -> "Sequence[Target]":
    """The conversations that a reading command was given."""
    from qsc_bot.operations.selection import resolve

    texts = _texts(here, ids or (), ids_from, tell=here.printer.notice)
    return resolve(here.connection, texts, one_each=False, tell=here.printer.notice)


def _texts(here: Session, ids: Sequence[str], ids_from: str | None, *, tell: Callable[[str], None]) -> Sequence[str]:
    from qsc_bot.operations.selection import clean_ids

    if ids and ids_from:
        raise QscBotError("usage.ids", "ids were given both as words and with --ids")
    if ids_from:
        return clean_ids(here.prompts.read_lines(ids_from), tell=tell)
    if not ids:
        raise QscBotError("usage.ids", "no conversation was named", hint=("give an id, or --ids FILE",))
    return list(dict.fromkeys(ids))


def write_command(app: typer.Typer, name: str, *, example: str) -> Callable[[Callable[..., Report | Running]], object]:
    """Register a function as a command that takes what every write takes, and is handed it as one `Write`."""

    def register(function: Callable[..., Report | Running]) -> object:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        common = parameters(WRITE_OPTIONS)

        @wraps(function)
        def run(ctx: typer.Context, **given: Any) -> Report | Running:
            typed = Write(session=session(ctx), **{option: given.pop(option) for option in WRITE_OPTIONS})
            return function(typed, **given)

        keyword_only = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
        set_signature(run, [context, *common, *keyword_only])
        return command(app, name, example=example, schema="outcomes")(run)

    return register
