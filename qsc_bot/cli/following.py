"""`conversation watch`: the list, followed."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qsc_bot.cli.lists import (
    AgentForgotten,
    AgentSilent,
    BotSilent,
    Codes,
    Controls,
    DryRun,
    LapseWarning,
    Services,
    StuckOnly,
    Waiting,
    at_least,
    known_codes,
    known_services,
    known_view,
    next_options,
    stuck_limits,
)
from qsc_bot.cli.options import duration, session, since_option
from qsc_bot.cli.reads import known_limits

if TYPE_CHECKING:
    from qsc_bot.operations.query import Query
    from qsc_bot.results import Feed, Record

DAY = timedelta(hours=24)
WEEK = timedelta(days=7)


def watch_conversations(
    ctx: typer.Context,
    control: Controls = None,
    service: Services = None,
    stuck: StuckOnly = False,
    code: Codes = None,
    since: Annotated[
        Any,
        since_option("How far back to look: 24h, 7d", default="24h, with --stuck, --code or --slo 7d"),
    ] = None,
    waiting: Waiting = None,
    interval: Annotated[
        timedelta,
        typer.Option(
            parser=duration,
            metavar="DURATION",
            help="How long between two looks, 10s at least; longer where few calls are left.",
            show_default="30s",
        ),
    ] = timedelta(seconds=30),
    slo: Annotated[
        list[str] | None,
        typer.Option(
            metavar='"CODE<DURATION"',
            help='No conversation may be stuck for longer, such as "bot_silent<10m"; in quotes; may be given again.',
        ),
    ] = None,
    exit_on_breach: Annotated[
        bool, typer.Option("--exit-on-breach", help="Exit 11 as soon as an --slo is breached, for checks.")
    ] = False,
    bot_silent: BotSilent = None,
    agent_silent: AgentSilent = None,
    agent_forgotten: AgentForgotten = None,
    lapse_warning: LapseWarning = None,
    dry_run: DryRun = False,
) -> "Feed | Record":
    """Follow the list: a table that stays up to date, or a record for each change; until Ctrl-C.

    On a terminal the table is redrawn in place; elsewhere, and with -o ndjson, each conversation that is added,
    modified or removed is a record, and a heartbeat comes every 30s where nothing is. Each look reads what is new, and
    who holds a conversation without newer messages is trusted for an hour (control_max_age in the profile): the column
    SEEN tells how old that is. --dry-run tells which calls the first look would take.
    """
    from qsc_bot.operations.call_plan import FIRST_LOOK
    from qsc_bot.operations.list_plan import plan_list
    from qsc_bot.operations.slo import Slo, check_seen, limits_with
    from qsc_bot.operations.watching import INTERVAL_FLOOR_SECONDS, Tempo, Watch
    from qsc_bot.output.feed import check_format

    here = session(ctx)
    if not dry_run:
        check_format(here.options.output)
    slos = [Slo.parse(text) for text in slo or ()]
    given = {
        "bot_silent": bot_silent,
        "agent_silent": agent_silent,
        "agent_forgotten": agent_forgotten,
        "lapse_warning": lapse_warning,
    }
    typed = [name for name, text in given.items() if text is not None]
    limits = limits_with(stuck_limits(here.profile, **given), slos, given=typed)
    query = _query(
        controls=frozenset(control or ()),
        services=known_services(here, service),
        codes=known_codes(code),
        is_stuck=stuck,
        since=since or (WEEK if stuck or code or slos else DAY),
        waiting=waiting,
    )
    check_seen(slos, query, must_be=exit_on_breach)
    if dry_run:
        return plan_list(here.index, known_view(here, query), query, limits=known_limits(here), scope=FIRST_LOOK)
    tempo = Tempo(
        interval_s=at_least(interval, INTERVAL_FLOOR_SECONDS, tell=here.printer.notice),
        now=here.surroundings.unix_seconds,
        sleep=here.surroundings.sleep,
        jitter=here.surroundings.jitter,
    )
    watch = Watch(
        here.connection,
        query,
        tempo,
        limits=limits,
        slos=slos,
        exits_on_breach=exit_on_breach,
        options=next_options(here),
        tell=here.printer.progress,
    )
    return watch.feed()


def _query(**wish: Any) -> "Query":
    """All that is wanted, brought up to date each time."""
    from qsc_bot.operations.query import Query

    return Query(**wish, limit=None, max_age=timedelta(0))
