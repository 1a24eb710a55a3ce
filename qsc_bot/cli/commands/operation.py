"""See and continue what this tool changed."""

from typing import TYPE_CHECKING, Annotated

import typer

from qsc_bot.cli.lists import AcrossReset
from qsc_bot.cli.options import command, group, session
from qsc_bot.cli.session import Session
from qsc_bot.cli.writes import UNASKED, Confirm, Reason, Yes, author, interruptible, kept_reserve, notice_profile
from qsc_bot.errors import QscBotError

if TYPE_CHECKING:
    from qsc_bot.models.operation import Operation
    from qsc_bot.results import Record, Running

app = group("See, resume and undo what this tool changed.")

OperationId = Annotated[str, typer.Argument(metavar="OP", help="An operation's id, such as op_1m88qk14yewp6nh.")]


@command(app, "show", example="qsc-bot operation show op_1m88qk14yewp6nh", schema="operation")
def show_operation(ctx: typer.Context, operation: OperationId) -> "Record":
    """Show one operation with its items: what was found, what was sent, and what it came to."""
    from qsc_bot.operations.history import read_operation
    from qsc_bot.results import Record

    return Record(schema="operation", item=read_operation(session(ctx).journal, operation))


@command(app, "resume", example="qsc-bot operation resume op_1m88qk14yewp6nh", schema="outcomes")
def resume_operation(
    ctx: typer.Context, operation: OperationId, confirm_profile: Confirm = None, across_reset: AcrossReset = False
) -> "Running":
    """Go on with an operation that was stopped; what is in doubt is read again before it is sent again."""
    from qsc_bot.operations.operation import resume

    here = session(ctx)
    found = _turn_to_its_profile(here, operation)
    _confirm_name(here, confirm_profile, asks=found.total > UNASKED)
    notice_profile(here)
    reserve = kept_reserve(here, across_reset=across_reset)
    return interruptible(here, resume(here.connection, here.journal, author(here, None), operation, reserve))


@command(app, "undo", example="qsc-bot operation undo --last", schema="outcomes")
def undo_operation(
    ctx: typer.Context,
    operation: Annotated[
        str | None, typer.Argument(metavar="OP", help="An operation's id.", show_default=False)
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="The newest operation that changed something.")] = False,
    reason: Reason = None,
    yes: Yes = False,
    confirm_profile: Confirm = None,
    across_reset: AcrossReset = False,
) -> "Running":
    """Take back what an operation changed, where nothing has happened since. The customer is sent nothing."""
    from qsc_bot.operations.history import read_operation
    from qsc_bot.operations.undo import last_operation, undo

    here = session(ctx)
    if (operation is None) is not last:
        raise QscBotError("usage.invalid", "name one operation, or add --last")
    found = last_operation(here.journal) if operation is None else read_operation(here.journal, operation)
    _turn_to_its_profile(here, found.id)
    asks = last or found.counts.changed > UNASKED
    _confirm_name(here, confirm_profile, asks=asks)
    if asks and not yes:
        when = f"{found.started_at:%Y-%m-%d %H:%M} UTC"
        what = f"{found.id}, {found.action.replace('_', '-')} of {when} by {found.by}: {found.counts.changed} changed"
        here.prompts.confirm(f"undo {what}")
    notice_profile(here)
    reserve = kept_reserve(here, across_reset=across_reset)
    return interruptible(here, undo(here.connection, here.journal, author(here, reason), found.id, reserve))


def _turn_to_its_profile(here: Session, operation: str) -> "Operation":
    """Act for the operation's profile; raises `usage.invalid` where another one was named."""
    from qsc_bot.operations.history import read_operation

    found = read_operation(here.journal, operation)
    if here.options.profile not in (None, found.profile):
        hint = (f"leave out -p {here.options.profile}",)
        raise QscBotError("usage.invalid", f"{operation} belongs to profile {found.profile}", hint=hint)
    here.turn_to(found.profile)
    return found


def _confirm_name(here: Session, given: str | None, *, asks: bool) -> None:
    """Make sure that a protected profile is meant; `bulk` protects where a question is asked anyway."""
    if here.profile.protected is True or (here.profile.protected == "bulk" and asks):
        here.prompts.confirm_name(here.profile.name, given=given)
