"""Hand conversations to the bot or to the agents."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qsc_bot.cli.ids import Ids, IdsFrom
from qsc_bot.cli.lists import AcrossReset, DryRun, MaxCalls
from qsc_bot.cli.options import command, duration, group, session
from qsc_bot.cli.reads import known_limits, named_by, typed_ids
from qsc_bot.cli.writes import IfControl, NoVerify, WithTag, Write, write_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsc_bot.models.conversation import Conversation
    from qsc_bot.models.operation import Step
    from qsc_bot.results import Listing, Record, Report, Running

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
def to_bot(
    typed: Write, if_control: IfControl = None, no_verify: NoVerify = False, with_tag: WithTag = None
) -> "Report | Running":
    """Hand conversations to the bot. The customer is sent nothing."""
    return _hand_over(typed, "handover.to_bot", with_tag, expected=if_control, verify=not no_verify)


@write_command(app, "to-agent", example="qsc-bot handover to-agent twitter:1001 --dry-run")
def to_agent(
    typed: Write, if_control: IfControl = None, no_verify: NoVerify = False, with_tag: WithTag = None
) -> "Report | Running":
    """Hand conversations to the agents. The customer is sent nothing."""
    return _hand_over(typed, "handover.to_agent", with_tag, expected=if_control, verify=not no_verify)


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
) -> "Report | Running":
    """Prolong the bot's control, where it would lapse (Messenger). The customer is sent nothing."""
    from qsc_bot.operations.handover import extension_seconds

    return typed.run("handover.extend", expected=if_control, seconds=extension_seconds(by))


def _hand_over(typed: Write, action: str, with_tag: bool | None, **wish: Any) -> "Report | Running":
    from qsc_bot.operations.tag_along import as_wished

    here = typed.session

    def prepare(steps: "Sequence[Step]") -> "Sequence[Step]":
        return as_wished(here.connection, steps, lambda: here.setup, given=with_tag, tell=typed.told.append)

    return typed.run(action, prepare=prepare, **wish)
