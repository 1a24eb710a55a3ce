"""Hand conversations to the bot or to the agents."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from qsc_bot.cli.lists import AcrossReset, DryRun, MaxCalls
from qsc_bot.cli.options import command, duration, group, session
from qsc_bot.cli.reads import known_limits, named_by, typed_ids
from qsc_bot.cli.writes import Ids, IdsFrom, IfControl, NoVerify, Write, write_command
from qsc_bot.models.choices import Control

if TYPE_CHECKING:
    from qsc_bot.models.conversation import Conversation
    from qsc_bot.results import Listing, Record, Report

app = group("Hand conversations to the bot or to the agents.")


@command(
    app, "status", example="qsc-bot handover status whatsapp:32470000000 facebook:5550001", schema="conversation-list"
)
def status(
    ctx: typer.Context,
    ids: Ids = None,
    ids_from: IdsFrom = None,
    max_calls: MaxCalls = None,
    across_reset: AcrossReset = False,
    dry_run: DryRun = False,
) -> "Listing[Conversation] | Record":
    """Show who holds these conversations now, with a fresh reading of each.

    Several leave the calls that are kept for the bot (budget_reserve in the profile); a single one may use them.
    """
    from qsc_bot.operations.reading_plan import plan_status
    from qsc_bot.operations.spending import Spending
    from qsc_bot.operations.status import show_status

    here = session(ctx)
    named = named_by(here, typed_ids(here, ids, ids_from))
    if dry_run:
        return plan_status(here.connection, named, limits=known_limits(here))
    spending = Spending(max_calls=max_calls, across_reset=across_reset, say=here.printer.notice)
    return show_status(here.connection, named, spending)


@write_command(app, "to-bot", example="qsc-bot handover to-bot whatsapp:32470000001 --if-control agent")
def to_bot(typed: Write, if_control: IfControl = None, no_verify: NoVerify = False) -> "Report":
    """Hand conversations to the bot. The customer is sent nothing."""
    return _hand_over(typed, Control.BOT, if_control=if_control, verify=not no_verify)


@write_command(app, "to-agent", example="qsc-bot handover to-agent twitter:1001 --dry-run")
def to_agent(typed: Write, if_control: IfControl = None, no_verify: NoVerify = False) -> "Report":
    """Hand conversations to the agents. The customer is sent nothing."""
    return _hand_over(typed, Control.AGENT, if_control=if_control, verify=not no_verify)


@write_command(app, "extend", example="qsc-bot handover extend facebook:5550001 --by 48h")
def extend(
    typed: Write,
    by: Annotated[
        timedelta,
        typer.Option(
            "--by",
            parser=duration,
            metavar="DURATION",
            help="How long the bot keeps control from now, at most 7d.",
            show_default="24h",
        ),
    ] = timedelta(hours=24),
    if_control: IfControl = None,
) -> "Report":
    """Prolong the bot's control, where it would lapse (Messenger). The customer is sent nothing."""
    from qsc_bot.operations import handover
    from qsc_bot.operations.move import Order

    seconds = handover.extension_seconds(by)
    return typed.run(
        partial(Order, "handover.extend", None, if_control=if_control),
        partial(handover.extend, seconds=seconds),
        driver_of=handover.driver_of,
        plan=partial(handover.plan_extension, seconds),
    )


def _hand_over(typed: Write, to: Control, *, if_control: Control | None, verify: bool) -> "Report":
    from qsc_bot.operations import handover
    from qsc_bot.operations.move import Order, plan_move

    action = "handover.to_bot" if to is Control.BOT else "handover.to_agent"
    return typed.run(
        partial(Order, action, to, if_control=if_control, verify=verify),
        handover.hand_over,
        driver_of=handover.driver_of,
        plan=plan_move,
    )
