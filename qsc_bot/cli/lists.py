"""What lists of conversations take: how fresh they must be, and when a conversation counts as stuck."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qsc_bot.cli.options import duration
from qsc_bot.cli.reads import known_limits
from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError
from qsc_bot.models.choices import Control
from qsc_bot.models.duration import parse_duration

if TYPE_CHECKING:
    from qsc_bot.models.conversation import Conversation
    from qsc_bot.models.profile import Profile, Stuck
    from qsc_bot.operations.known_rows import View
    from qsc_bot.operations.query import Query
    from qsc_bot.results import Listing, Record

Controls = Annotated[list[Control] | None, typer.Option("--control", help="Held by this one only; may be given again.")]
Services = Annotated[
    list[str] | None, typer.Option("--service", metavar="SERVICE", help="On this service only; may be given again.")
]
StuckOnly = Annotated[bool, typer.Option("--stuck", help="Stuck ones only, of the last 7d.")]
Codes = Annotated[
    list[str] | None,
    typer.Option("--code", metavar="CODE", help="Stuck for this reason only, such as bot_silent; may be given again."),
]
Waiting = Annotated[
    timedelta | None,
    typer.Option(
        "--waiting",
        parser=duration,
        metavar="DURATION",
        help="Customers who have been waiting at least so long.",
    ),
]
MaxAge = Annotated[
    timedelta | None,
    typer.Option(
        parser=duration,
        metavar="DURATION",
        help="How old a known fact may be; 0s reads everything that is new. Default: 2m.",
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Trust nothing that is known: read and ask everything again.")]
Cached = Annotated[bool, typer.Option("--cached", help="Show what is known on this machine, without a call.")]

MaxCalls = Annotated[int | None, typer.Option(min=1, help="Make so many calls at most, and show what is known then.")]
AcrossReset = Annotated[
    bool, typer.Option("--across-reset", help="Where this hour's calls are used up, wait for the next hour's.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show which calls it would take, and make none.")]


def duration_text(text: str) -> str:
    """A length of time as the configuration writes it."""
    try:
        parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return text


BotSilent = Annotated[
    str | None,
    typer.Option(parser=duration_text, metavar="DURATION", help="Stuck when the bot lets a customer wait longer."),
]
AgentSilent = Annotated[
    str | None,
    typer.Option(parser=duration_text, metavar="DURATION", help="Stuck when agents let a customer wait longer."),
]
AgentForgotten = Annotated[
    str | None,
    typer.Option(parser=duration_text, metavar="DURATION", help="Stuck when agents hold it idle for longer."),
]
LapseWarning = Annotated[
    str | None,
    typer.Option(parser=duration_text, metavar="DURATION", help="Stuck when agents' control ends within this time."),
]


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How fresh a list must be, as typed."""

    max_age: timedelta | None
    full: bool
    cached: bool
    dry_run: bool

    def query(self, **wish: Any) -> "Query":
        """The query; raises `usage.invalid` where two wishes contradict each other."""
        from qsc_bot.operations.query import MAX_AGE, Query

        if self.cached and (wish.get("max_calls") or wish.get("across_reset")):
            raise QscBotError("usage.invalid", "--cached makes no call: leave out --max-calls and --across-reset")
        if self.full and (self.cached or self.max_age is not None):
            raise QscBotError("usage.invalid", "--full reads everything again: leave out --cached and --max-age")
        return Query(max_age=MAX_AGE if self.max_age is None else self.max_age, full=self.full, **wish)

    def listing(self, here: Session, query: "Query", limits: "Stuck") -> "Listing[Conversation] | Record":
        """The list from this machine alone, or brought up to date; or which calls the latter would take."""
        if self.dry_run:
            from qsc_bot.operations.anew import anew
            from qsc_bot.operations.list_plan import plan_list

            def plan() -> "Record":
                return plan_list(here.index, known_view(here, query), query, limits=known_limits(here))

            return anew(here.index, plan)
        if self.cached:
            from qsc_bot.operations.cached import list_known

            return list_known(here.index, here.profile, query, limits=limits, now=here.clock.now())
        from qsc_bot.operations.listing import list_conversations

        tell, say = here.printer.progress, here.printer.notice
        return list_conversations(here.connection, query, tell=tell, say=say, limits=limits)


def known_view(here: Session, query: "Query") -> "View":
    """How known facts are looked at without a call."""
    from qsc_bot.operations.known_rows import offline_view

    return offline_view(here.index, here.profile, query, here.clock.now())


def known_services(here: Session, names: list[str] | None) -> frozenset[str]:
    """Services as typed; raises `usage.service` for one that is not known."""
    if not names:
        return frozenset()
    from qsc_bot.operations.selection import check_service

    return frozenset(check_service(here.profile, one) for one in names)


def known_codes(names: list[str] | None) -> frozenset[str]:
    """Codes of stuck conversations as typed; raises `usage.invalid` for one that does not exist."""
    if not names:
        return frozenset()
    from qsc_bot.operations.stuck import CODES

    unknown = [name for name in names if name not in CODES]
    if unknown:
        raise QscBotError("usage.invalid", f"{unknown[0][:40]!r} is no code", expected=", ".join(CODES))
    return frozenset(names)


def stuck_limits(profile: "Profile", **given: str | None) -> "Stuck":
    """The profile's limits with those that were given on the command line."""
    from msgspec.structs import replace

    return replace(profile.stuck, **{name: text for name, text in given.items() if text is not None})


def at_least(interval: timedelta, floor_seconds: float, *, tell: Callable[[str], None]) -> float:
    """Seconds between two looks; a shorter interval than can be is made longer, and that is told."""
    if interval.total_seconds() < floor_seconds:
        tell(f"--interval is {floor_seconds:.0f}s at least, so that is taken")
    return max(interval.total_seconds(), floor_seconds)


def next_options(here: Session) -> str:
    """The options that a next command line needs too."""
    given = {"-p": here.options.profile, "--config": here.options.config}
    return "".join(f" {name} {shlex.quote(str(value))}" for name, value in given.items() if value)
