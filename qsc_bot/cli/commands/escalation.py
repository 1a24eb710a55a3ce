"""See and change the escalation tag."""

from typing import TYPE_CHECKING, Annotated

import typer

from qsc_bot.cli.lists import AcrossReset, DryRun, Services, known_services, known_view
from qsc_bot.cli.options import command, group, session
from qsc_bot.cli.reads import known_limits
from qsc_bot.cli.writes import NoVerify, Write, write_command

if TYPE_CHECKING:
    from qsc_bot.models.conversation import Conversation
    from qsc_bot.results import Listing, Record, Report, Running

app = group("See and change the escalation tag.")


@command(app, "list", example="qsc-bot escalation list", schema="conversation-list")
def list_escalated(
    ctx: typer.Context,
    service: Services = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many to show at most; default: 50.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show all.")] = False,
    across_reset: AcrossReset = False,
    dry_run: DryRun = False,
) -> "Listing[Conversation] | Record":
    """List the conversations whose contact bears the escalation tag, with who holds each."""
    from qsc_bot.operations.list_plan import plan_escalated
    from qsc_bot.operations.listing import list_escalated
    from qsc_bot.operations.query import Query, limit_of

    here = session(ctx)
    services = known_services(here, service)
    query = Query(services=services, limit=limit_of(limit, all_=all_), across_reset=across_reset)
    if dry_run:
        return plan_escalated(here.index, known_view(here, query), query, limits=known_limits(here))
    return list_escalated(here.connection, query, say=here.printer.notice)


@write_command(app, "add", example="qsc-bot escalation add twitter:1001")
def add(typed: Write, no_verify: NoVerify = False) -> "Report | Running":
    """Put the escalation tag on the contacts of these conversations. The customer is sent nothing."""
    return typed.run("escalation.add", verify=not no_verify)


@write_command(app, "remove", example="qsc-bot escalation remove twitter:1001")
def remove(typed: Write, no_verify: NoVerify = False) -> "Report | Running":
    """Take the escalation tag off the contacts of these conversations. The customer is sent nothing."""
    return typed.run("escalation.remove", verify=not no_verify)
