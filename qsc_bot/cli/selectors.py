"""Selectors in the place of ids: which conversations a write takes, turned into a list before anything is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qsc_bot.cli.lists import Controls, Services, StuckOnly, Waiting, known_services
from qsc_bot.cli.options import since_option
from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError
from qsc_bot.models.choices import Control

if TYPE_CHECKING:
    from qsc_bot.operations.choice import Choice

Since = Annotated[
    Any,
    since_option("How far back to look for them: 24h, 7d", default="24h, with --stuck 7d"),
]
IncludeActive = Annotated[
    bool,
    typer.Option("--include-active", help="Those too where an agent wrote within 30m, or a customer waits for one."),
]
AllowPartial = Annotated[
    bool, typer.Option("--allow-partial", help="Go on where not all conversations could be looked at.")
]
SELECTING: Final = (
    "In the place of ids, --stuck, --control, --service, --since and --waiting choose conversations: all that are"
    " found, shown before anything is sent, without those that an agent and a customer are in just now."
)
"""What every help of a write says of selectors."""
SELECTOR_OPTIONS: Final[dict[str, tuple[Any, Any]]] = {
    "stuck": (StuckOnly, False),
    "control": (Controls, None),
    "service": (Services, None),
    "since": (Since, None),
    "waiting": (Waiting, None),
    "include_active": (IncludeActive, False),
    "allow_partial": (AllowPartial, False),
}


@dataclass(frozen=True, kw_only=True)
class Selectors:
    """Selectors as typed."""

    stuck: bool
    control: Sequence[Control] | None
    service: list[str] | None
    since: Any
    waiting: timedelta | None
    include_active: bool
    allow_partial: bool

    @property
    def are_given(self) -> bool:
        """Whether conversations are chosen by selectors."""
        return bool(self.stuck or self.control or self.service or self.since or self.waiting)

    def check(self, *, ids_are_given: bool, is_guarded: bool) -> None:
        """Refuse what contradicts itself, before anything is asked; raises `usage.ids` and `usage.invalid`."""
        if self.are_given and ids_are_given:
            raise QscBotError("usage.ids", "conversations were named by ids and by selectors", hint=("choose one",))
        if self.are_given and is_guarded:
            raise QscBotError("usage.invalid", "--if-control is for ids; with selectors, --control says the same")
        if not self.are_given and (self.include_active or self.allow_partial):
            raise QscBotError("usage.invalid", "--include-active and --allow-partial are for selectors")

    def choose(
        self, here: Session, action: str, *, across_reset: bool, is_dry: bool, tell: Callable[[str], None]
    ) -> "Choice":
        """The conversations, with what was left out told to `tell`; raises before any write where it may be short."""
        from qsc_bot.operations.choice import choose
        from qsc_bot.operations.query import DAY, WEEK, Query

        query = Query(
            controls=frozenset(self.control or ()),
            services=known_services(here, self.service),
            is_stuck=self.stuck,
            since=self.since or (WEEK if self.stuck else DAY),
            waiting=self.waiting,
            limit=None,
            max_age=timedelta(0),
            across_reset=across_reset,
        )
        progress, say = here.printer.progress, here.printer.notice
        found = choose(here.connection, query, action, include_active=self.include_active, tell=progress, say=say)
        if found.gaps and not self.allow_partial and not is_dry:
            raise _incomplete(found)
        for gap in found.gaps:
            tell(f"not all conversations could be looked at: {gap}")
        _tell_left_out(found.impossible, tell)
        _tell_left_out(found.in_use, tell, more="; --include-active takes them too")
        return found


def _tell_left_out(ids: Mapping[str, Sequence[str]], tell: Callable[[str], None], *, more: str = "") -> None:
    for reason, names in ids.items():
        number = f"{len(names)} conversation{'' if len(names) == 1 else 's'}"
        tell(f"left out {number}, {reason}: {', '.join(names)}{more}")


def _incomplete(found: "Choice") -> QscBotError:
    """What ended the look for conversations, or that it has gaps."""
    code, hints = (found.failure.code, found.failure.hint) if found.failure else ("usage.partial", ())
    text = f"not all conversations could be looked at, so nothing was sent: {found.gaps[0]}"
    return QscBotError(code, text, hint=(*hints, "add --allow-partial to act on those that were"))
