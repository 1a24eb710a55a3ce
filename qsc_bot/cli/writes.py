"""What every write on conversations takes: ids, a dry run, a confirmation."""

import inspect
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qsc_bot.cli.ids import Ids, IdsFrom, id_texts
from qsc_bot.cli.lists import AcrossReset, next_options
from qsc_bot.cli.options import command, parameters, session, set_signature
from qsc_bot.cli.selectors import SELECTING, SELECTOR_OPTIONS, Selectors
from qsc_bot.cli.session import Session
from qsc_bot.models.choices import Control

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qsc_bot.models.conversation import Outcome
    from qsc_bot.models.operation import Step
    from qsc_bot.operations.operation import Author
    from qsc_bot.operations.reserve import Reserve
    from qsc_bot.results import Report, Running

UNASKED: Final = 20
"""Up to so many typed ids are acted on without a question."""
TYPED_NUMBER: Final = 100
"""Above so many the number itself is typed instead of yes."""

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
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question that is asked before many.")]

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
    "across_reset": (AcrossReset, False),
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
    across_reset: bool
    selectors: Selectors
    told: list[str] = field(default_factory=list)

    def run(
        self,
        action: str,
        *,
        prepare: "Callable[[Sequence[Step]], Sequence[Step]]" = lambda steps: steps,
        **wish: Any,
    ) -> "Report | Running":
        """Turn ids or selectors into a list, then show what would be sent, or ask where it must be asked and act.

        `wish` is what each step wants besides, see `models.operation.Step`; `prepare` decides the rest for all of them.
        """
        from qsc_bot.models.conversation import Outcome
        from qsc_bot.operations.dry_run import plan_each
        from qsc_bot.operations.operation import start

        here, connection = self.session, self.session.connection
        here.printer.check_fields("outcomes", Outcome)
        reserve = kept_reserve(here, across_reset=self.across_reset, is_kept=self.asks)
        with reserve.holding(connection):
            found, doubt = self._chosen(action, wish) if self._selects(wish) else (self._named(action, wish), None)
            steps = prepare(found)
            if not steps:
                return self._nothing_to_do()
            if self.asks:
                tell_cost(here, steps, reserve, told=self.told.append)
            if self.dry_run:
                return plan_each(connection, steps, warnings=self.told)
        self._confirm(steps, action, doubt=doubt)
        notice_profile(here)
        running = start(
            connection,
            here.journal,
            author(here, self.reason),
            steps,
            action=action,
            is_single=len(steps) == 1 and not self.selectors.are_given,
            fails_fast=self.fail_fast,
            reserve=reserve,
            warnings=self.told,
        )
        return interruptible(here, running)

    @property
    def asks(self) -> bool:
        """Whether so many are meant, or such as nobody typed, that a question is asked."""
        return self.selectors.are_given or self.ids_from is not None or len(set(self.ids or ())) > UNASKED

    def _selects(self, wish: dict[str, Any]) -> bool:
        self.selectors.check(ids_are_given=bool(self.ids or self.ids_from), is_guarded=wish.get("expected") is not None)
        return self.selectors.are_given

    def _named(self, action: str, wish: dict[str, Any]) -> "list[Step]":
        """What is to be done to the conversations that ids name."""
        from qsc_bot.models.operation import Step
        from qsc_bot.operations.selection import resolve

        texts = id_texts(self.session, self.ids or (), self.ids_from, tell=self.told.append)
        targets = resolve(self.session.connection, texts, one_each=True, tell=self.told.append)
        return [Step(id=str(target.id), action=action, **wish) for target in targets]

    def _chosen(self, action: str, wish: dict[str, Any]) -> "tuple[list[Step], str | None]":
        """What is to be done to the conversations that selectors choose, which are shown, and what they may miss."""
        here = self.session
        if not self.yes and not self.dry_run:
            here.prompts.check_can_ask("conversations that selectors choose are changed after a yes", flag="--yes")
        found = self.selectors.choose(
            here, action, across_reset=self.across_reset, is_dry=self.dry_run, tell=self._warn
        )
        if not self.dry_run:
            here.printer.preview_list(found.listing())
        return found.steps(action, **wish), next(iter(found.gaps), None)

    def _warn(self, text: str) -> None:
        """Say something before anything is asked; to programs, with the result."""
        if self.session.printer.is_for_programs:
            self.told.append(text)
        else:
            self.session.printer.warning(text)

    def _nothing_to_do(self) -> "Report":
        from qsc_bot.models.conversation import Counts
        from qsc_bot.results import DryRun, Outcomes, Report

        self.session.printer.notice("nothing to do")
        if self.dry_run:
            return Report(schema="dry-run", body=DryRun(items=[], requests=[]), warnings=self.told)
        return Report(schema="outcomes", body=Outcomes(operation=None, items=[], counts=Counts()), warnings=self.told)

    def _confirm(self, steps: "Sequence[Step]", action: str, *, doubt: str | None) -> None:
        profile, prompts = self.session.profile, self.session.prompts
        if profile.protected is True or (profile.protected == "bulk" and self.asks):
            prompts.confirm_name(profile.name, given=self.confirm_profile, from_terminal=self.ids_from == "-")
        if not self.asks or self.yes:
            return
        samples = ", ".join(step.id for step in steps[:3]) + (", …" if len(steps) > 3 else "")
        number = f"{len(steps)} conversation{'' if len(steps) == 1 else 's'}"
        partly = f", though not all could be looked at ({doubt})" if doubt else ""
        question = f"{action.replace('.', ' ').replace('_', '-')}: {number} of {profile.name} ({samples}){partly}"
        typed = str(len(steps)) if len(steps) > TYPED_NUMBER else None
        prompts.confirm(question, typed=typed, from_terminal=self.ids_from == "-")


def kept_reserve(here: Session, *, across_reset: bool, is_kept: bool = True) -> "Reserve":
    """Which of this hour's calls may be used: not those kept for the bot, but for a few typed conversations."""
    from qsc_bot.operations.reserve import Reserve

    return Reserve(is_kept=is_kept, across_reset=across_reset, tell=here.printer.notice)


def tell_cost(here: Session, steps: "Sequence[Step]", reserve: "Reserve", *, told: Callable[[str], None]) -> None:
    """Say first what writes will cost; to programs, with the result, only where the calls of this hour will not do."""
    from qsc_bot.operations.forecast import coming_words, foresee

    coming = foresee(here.connection, steps, reserve)
    words = coming_words(coming, across_reset=reserve.across_reset)
    here.printer.notice(words)
    if coming.exceeds and here.printer.is_for_programs:
        told(words)


def notice_profile(here: Session) -> None:
    """Say whose conversations are changed."""
    here.printer.notice(f"profile {here.profile.name} (account {here.profile.account_id})")


def author(here: Session, reason: str | None) -> "Author":
    """Who typed this, and what, without secrets."""
    import getpass
    import socket

    from qsc_bot.operations.operation import Author
    from qsc_bot.transport.redact import redact

    secrets = here.surroundings.secrets()

    def kept(text: str) -> str:
        return redact(text.encode("utf-8", "replace").decode(), secrets)

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return Author(
        by=user,
        host=socket.gethostname(),
        command=kept(shlex.join(["qsc-bot", *here.words]))[:LONGEST_COMMAND],
        reason=kept(reason) if reason else None,
    )


def interruptible(here: Session, running: "Running") -> "Running":
    """The same writes, with the first Ctrl-C held back until what is in flight is finished.

    The command lines that their report names are for the same profile.
    """

    def outcomes() -> "Iterator[Outcome]":
        with here.interrupts:
            yield from running.outcomes

    def report() -> "Report":
        found = running.report()
        return replace(found, next=[f"{line}{next_options(here)}" for line in found.next])

    return replace(running, outcomes=outcomes(), report=report)


def check_setup_write(here: Session, confirm_profile: str | None, *, asks: bool = False) -> None:
    """Before webhooks or recipes are changed: whose they are, and the name of a protected profile."""
    profile = here.profile
    if profile.protected is True or (profile.protected == "bulk" and asks):
        here.prompts.confirm_name(profile.name, given=confirm_profile)
    notice_profile(here)


def write_command(
    app: typer.Typer, name: str, *, example: str
) -> "Callable[[Callable[..., Report | Running]], object]":
    """Register a function as a command that takes what every write takes, and is handed it as one `Write`."""

    def register(function: "Callable[..., Report | Running]") -> object:
        own = list(inspect.signature(function).parameters.values())[1:]
        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        common = parameters(WRITE_OPTIONS | SELECTOR_OPTIONS)

        @wraps(function)
        def run(ctx: typer.Context, **given: Any) -> "Report | Running":
            selectors = Selectors(**{option: given.pop(option) for option in SELECTOR_OPTIONS})
            options = {option: given.pop(option) for option in WRITE_OPTIONS}
            typed = Write(session=session(ctx), selectors=selectors, **options)
            return function(typed, **given)

        keyword_only = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
        set_signature(run, [context, *common, *keyword_only])
        run.__doc__ = f"{function.__doc__}\n\n{SELECTING}"
        return command(app, name, example=example, schema="outcomes")(run)

    return register
