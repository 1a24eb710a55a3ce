"""See who holds which conversation."""

import webbrowser
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qsc_bot.cli.following import watch_conversations
from qsc_bot.cli.lists import (
    AcrossReset,
    AgentForgotten,
    AgentSilent,
    BotSilent,
    Cached,
    Codes,
    Controls,
    DryRun,
    Freshness,
    Full,
    LapseWarning,
    MaxAge,
    MaxCalls,
    Services,
    StuckOnly,
    Waiting,
    at_least,
    known_codes,
    known_services,
    next_options,
    stuck_limits,
)
from qsc_bot.cli.options import command, duration, group, session, since_option
from qsc_bot.cli.reads import known_limits, named_by
from qsc_bot.cli.rescue import rescue_conversations
from qsc_bot.output.formats import Format

if TYPE_CHECKING:
    from qsc_bot.models.conversation import Conversation
    from qsc_bot.results import Listing, Record

app = group("See who holds which conversation.")

Since = Annotated[
    Any,
    since_option("How far back to look: 24h, 7d", default="24h"),
]
DAY = timedelta(hours=24)
WEEK = timedelta(days=7)


@command(app, "list", example="qsc-bot conversation list --control agent --since 7d", schema="conversation-list")
def list_conversations(
    ctx: typer.Context,
    control: Controls = None,
    service: Services = None,
    escalated: Annotated[
        bool | None,
        typer.Option("--escalated/--not-escalated", help="With or without the escalation tag only."),
    ] = None,
    stuck: StuckOnly = False,
    code: Codes = None,
    since: Annotated[
        Any,
        since_option("How far back to look: 24h, 7d", default="24h, with --stuck or --code 7d"),
    ] = None,
    waiting: Waiting = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many to show at most; default: 50.")] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Show all; in ndjson each row comes as soon as it is read.")
    ] = False,
    sort: Annotated[
        Literal["waiting", "last", "id"] | None,
        typer.Option(help="Who waits longest, the newest message, or the id first; default: waiting."),
    ] = None,
    max_age: MaxAge = None,
    full: Full = False,
    cached: Cached = False,
    max_calls: MaxCalls = None,
    across_reset: AcrossReset = False,
    dry_run: DryRun = False,
    fail_if_any: Annotated[
        bool, typer.Option("--fail-if-any", help="Exit 11 where the list is not empty, for checks.")
    ] = False,
    bot_silent: BotSilent = None,
    agent_silent: AgentSilent = None,
    agent_forgotten: AgentForgotten = None,
    lapse_warning: LapseWarning = None,
) -> "Listing[Conversation] | Record":
    """List conversations with who holds each, who waits longest first; tagged contacts are shown whatever their age.

    What was read within --max-age is not asked again, and who holds a conversation without newer messages is trusted
    for an hour (control_max_age in the profile). On WhatsApp, Viber and Twilio an id is a phone number.
    """
    from qsc_bot.operations.query import limit_of

    here = session(ctx)
    freshness = Freshness(max_age=max_age, full=full, cached=cached, dry_run=dry_run)
    query = freshness.query(
        controls=frozenset(control or ()),
        services=known_services(here, service),
        codes=known_codes(code),
        is_stuck=stuck,
        escalated=escalated,
        since=since or (WEEK if stuck or code else DAY),
        waiting=waiting,
        limit=limit_of(limit, all_=all_),
        sort=sort or "waiting",
        streams=all_ and here.options.output is Format.NDJSON and not (sort or waiting or stuck or code),
        fails_if_any=fail_if_any,
        max_calls=max_calls,
        across_reset=across_reset,
    )
    limits = stuck_limits(
        here.profile,
        bot_silent=bot_silent,
        agent_silent=agent_silent,
        agent_forgotten=agent_forgotten,
        lapse_warning=lapse_warning,
    )
    return freshness.listing(here, query, limits)


@command(app, "show", example="qsc-bot conversation show whatsapp:32470000000", schema="conversation")
def show_conversation(
    ctx: typer.Context,
    conversation: Annotated[
        str,
        typer.Argument(metavar="ID", help="SERVICE:SERVICE_ID, a mention id, a permalink or a contact id."),
    ],
    since: Since = DAY,
    web: Annotated[bool, typer.Option("--web", help="Open the conversation's page in the browser.")] = False,
    dry_run: DryRun = False,
) -> "Listing[Conversation] | Record":
    """Show one conversation: who holds it, its contact and its newest message; a contact's several are listed."""
    from qsc_bot.operations import conversation as operations
    from qsc_bot.operations.reading_plan import plan_show
    from qsc_bot.operations.selection import look_up
    from qsc_bot.operations.spending import Spending
    from qsc_bot.operations.status import show_status
    from qsc_bot.results import Record

    here = session(ctx)
    named = named_by(here, [conversation])
    if dry_run:
        return plan_show(here.connection, named[0], limits=known_limits(here))
    targets = look_up(here.connection, named, one_each=False)
    if len(targets) > 1:
        return show_status(here.connection, [target.id for target in targets], Spending())
    item = operations.show_conversation(here.connection, targets[0], since=since)
    if web:
        webbrowser.open(operations.page_of(here.profile, item))
    return Record(schema="conversation", item=item)


@command(app, "explain", example="qsc-bot conversation explain twitter:1002", schema="explanation")
def explain_conversation(
    ctx: typer.Context,
    conversation: Annotated[
        str,
        typer.Argument(metavar="ID", help="SERVICE:SERVICE_ID, a mention id, a permalink or a contact id."),
    ],
    since: Annotated[
        Any,
        since_option("How far back to look for messages: 24h, 7d", default="7d"),
    ] = WEEK,
    dry_run: DryRun = False,
) -> "Record":
    """Explain why a conversation is where it is: what was seen, what follows from it, and what to type next.

    Nothing is changed. Message texts are hidden unless --show-pii; they are shown and never kept.
    """
    from qsc_bot.operations.explanation import explain
    from qsc_bot.operations.reading_plan import plan_explanation
    from qsc_bot.operations.selection import look_up

    here = session(ctx)
    named = named_by(here, [conversation])
    if dry_run:
        return plan_explanation(here.connection, named[0], limits=known_limits(here))
    (target,) = look_up(here.connection, named, one_each=True)
    return explain(
        here.connection,
        target,
        setup=lambda: here.setup,
        journal=here.journal,
        since=since,
        options=next_options(here),
    )


@command(
    app,
    "wait",
    example="qsc-bot conversation wait twitter:1001 --for control=bot --timeout 2m",
    schema="conversation",
)
def wait_for_conversation(
    ctx: typer.Context,
    conversation: Annotated[
        str,
        typer.Argument(metavar="ID", help="SERVICE:SERVICE_ID, a mention id, a permalink or a contact id."),
    ],
    condition: Annotated[
        str,
        typer.Option("--for", metavar="COND", help="control=bot|agent|other|idle|unknown, or escalated=true|false."),
    ],
    timeout: Annotated[
        timedelta,
        typer.Option(parser=duration, metavar="DURATION", help="How long to wait; 0s looks once.", show_default="2m"),
    ] = timedelta(minutes=2),
    interval: Annotated[
        timedelta,
        typer.Option(
            parser=duration, metavar="DURATION", help="How long between two looks, 1s at least.", show_default="5s"
        ),
    ] = timedelta(seconds=5),
    dry_run: DryRun = False,
) -> "Record":
    """Wait until a conversation is held by someone, or is escalated or not; exit 11 when that is not so in time.

    Each look is a call, and is never answered from what is known. A temporary failure does not end the wait; a refusal
    does.
    """
    from qsc_bot.operations.reading_plan import plan_wait
    from qsc_bot.operations.selection import look_up
    from qsc_bot.operations.waiting import INTERVAL_FLOOR_SECONDS, Condition, Patience, wait_for
    from qsc_bot.results import Record

    here, wanted = session(ctx), Condition.parse(condition)
    around, named = here.surroundings, named_by(here, [conversation])
    patience = Patience(
        timeout_s=timeout.total_seconds(),
        interval_s=at_least(interval, INTERVAL_FLOOR_SECONDS, tell=here.printer.notice),
        now=around.unix_seconds,
        sleep=around.sleep,
        jitter=around.jitter,
    )
    if dry_run:
        return plan_wait(here.connection, named[0], wanted, patience, limits=known_limits(here))
    (target,) = look_up(here.connection, named, one_each=True)
    item = wait_for(
        here.connection,
        target.id,
        wanted,
        patience,
        options=next_options(here),
        progress=here.printer.progress,
        tell=here.printer.notice,
    )
    return Record(schema="conversation", item=item)


command(
    app,
    "watch",
    example='qsc-bot conversation watch --stuck --slo "bot_silent<10m"',
    schema="conversation-event",
)(watch_conversations)
command(app, "rescue", example="qsc-bot conversation rescue --dry-run", schema="rescue-plan")(rescue_conversations)
