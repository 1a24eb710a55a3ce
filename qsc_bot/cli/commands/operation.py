"""See and continue what this tool changed."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qsc_bot.cli.lists import AcrossReset
from qsc_bot.cli.options import command, duration, group, session, since_option
from qsc_bot.cli.session import Session
from qsc_bot.cli.writes import UNASKED, Confirm, Reason, Yes, author, interruptible, kept_reserve, notice_profile
from qsc_bot.errors import QscBotError
from qsc_bot.models.choices import State
from qsc_bot.output.formats import Format

if TYPE_CHECKING:
    from qsc_bot.models.conversation import ConversationId
    from qsc_bot.models.journal import JournalEntry
    from qsc_bot.models.operation import Operation, OperationSummary
    from qsc_bot.results import Listing, Record, Running

app = group("See, resume and undo what this tool changed.")

OperationId = Annotated[str, typer.Argument(metavar="OP", help="An operation's id, such as op_1m88qk14yewp6nh.")]
WEEK: Final = timedelta(days=7)
SAMPLES: Final = 3
"""So many of an operation's conversations are named in a question."""


@command(app, "list", example="qsc-bot operation list --conversation twitter:1001", schema="operation-list")
def list_operations(
    ctx: typer.Context,
    since: Annotated[
        Any,
        since_option("How far back to look: 24h, 90d", default="7d, with --conversation all"),
    ] = None,
    action: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND", help="Of this kind only, such as handover.to_bot, rescue or undo; may be given again."
        ),
    ] = None,
    conversation: Annotated[
        str | None,
        typer.Option(metavar="ID", help="What was done to this conversation, or was to be: SERVICE:SERVICE_ID."),
    ] = None,
    state: Annotated[list[State] | None, typer.Option(help="In this state only; may be given again.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many to show at most; default: 50.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show all.")] = False,
) -> "Listing[OperationSummary]":
    """List what this tool changed, the newest first: who did what, when, and what it came to.

    Read from this machine's journal, without a call or a token, for all profiles unless -p names one.
    """
    from qsc_bot.operations.journal import Sought, known_kinds, list_operations
    from qsc_bot.operations.query import limit_of

    here = session(ctx)
    window = since or (None if conversation else WEEK)
    sought = Sought(
        since=here.clock.now() - window if isinstance(window, timedelta) else window,
        actions=known_kinds(action or ()),
        states=frozenset(state or ()),
        conversation=_spelled(here, conversation) if conversation else None,
        profile=here.options.profile,
        limit=limit_of(limit, all_=all_),
    )
    return list_operations(here.journal, sought)


@command(app, "show", example="qsc-bot operation show op_1m88qk14yewp6nh", schema="operation")
def show_operation(ctx: typer.Context, operation: OperationId) -> "Record":
    """Show one operation with its items: what was found, what was sent, and what it came to."""
    from qsc_bot.operations.history import read_operation
    from qsc_bot.results import Record

    return Record(schema="operation", item=read_operation(session(ctx).journal, operation))


@command(app, "verify", example="qsc-bot operation verify", schema="operation-verification")
def verify_journal(
    ctx: typer.Context,
    operation: Annotated[
        str | None, typer.Argument(metavar="OP", help="Up to this operation's last entry only.", show_default=False)
    ] = None,
) -> "Record":
    """Check that the journal is what was written: each entry carries the hash of the one before; else exit 7.

    It finds every entry that was changed, removed, moved or put in, and names the first. It cannot find that entries at
    the end were cut off, nor that all were written anew: for that keep the last number and hash elsewhere, and compare.
    """
    from qsc_bot.operations.journal import verify_journal

    return verify_journal(session(ctx).journal, operation)


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
    named = here.options.profile or here.surroundings.environ.get("QSC_BOT_PROFILE")
    found = read_operation(here.journal, operation) if operation else last_operation(here.journal, named)
    _turn_to_its_profile(here, found.id)
    asks = last or found.counts.changed > UNASKED
    _confirm_name(here, confirm_profile, asks=asks)
    if asks and not yes:
        here.prompts.confirm(f"undo {_outline(found)}")
    notice_profile(here)
    reserve = kept_reserve(here, across_reset=across_reset)
    return interruptible(here, undo(here.connection, here.journal, author(here, reason), found.id, reserve))


@command(app, "prune", example="qsc-bot operation prune --older-than 90d --yes", schema="operation-pruning")
def prune_journal(
    ctx: typer.Context,
    older_than: Annotated[
        timedelta, typer.Option(parser=duration, metavar="DURATION", help="Operations that ended longer ago than this.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Show how many would be removed, and remove none.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question.")] = False,
) -> "Record":
    """Remove old operations from the journal, from its start on; what stays can still be verified.

    Whole operations that are done are removed. One that is not finished stays, and so does all that was written since
    it began. The journal keeps how many entries were removed, when and by whom.
    """
    from qsc_bot.models.wording import counted
    from qsc_bot.operations import journal as operations

    here = session(ctx)
    before = here.clock.now() - older_than
    found = operations.check_pruning(here.journal, before)
    if dry_run or not found.operations:
        return operations.pruning_record(found)
    if not yes:
        number = f"{counted(found.operations, 'operation')} ({counted(found.entries, 'entry')})"
        question = f"remove {number} that ended before {before:%Y-%m-%d %H:%M} UTC from the journal"
        here.prompts.confirm(question, undone="nothing was removed")
    writer = author(here, None)
    return operations.pruning_record(operations.prune_journal(here.journal, before, by=writer.by, host=writer.host))


@command(app, "export", example="qsc-bot operation export --since 30d", schema="journal-entry-list")
def export_journal(
    ctx: typer.Context,
    operations: Annotated[
        list[str] | None, typer.Argument(metavar="OP...", help="Of these operations only.", show_default=False)
    ] = None,
    since: Annotated[
        Any,
        since_option("Entries written since then: 30d", default="all"),
    ] = None,
) -> "Listing[JournalEntry]":
    """Write the journal's entries as they stand there, one a line (ndjson), the oldest first, each with its hash."""
    from qsc_bot.operations.journal import export_journal

    here = session(ctx)
    if here.options.output not in (None, Format.NDJSON):
        raise QscBotError("usage.invalid", f"the journal is exported as ndjson, not as {here.options.output.value}")
    here.adopt(output=Format.NDJSON)
    start = here.clock.now() - since if isinstance(since, timedelta) else since
    return export_journal(here.journal, operations or (), start)


def _outline(operation: "Operation") -> str:
    """An operation in one line: what it was, whose it was, and some of what it changed."""
    from qsc_bot.models.conversation import Status

    changed = [item.id for item in operation.items if item.status is Status.CHANGED]
    samples = ", ".join(changed[:SAMPLES]) + (", …" if len(changed) > SAMPLES else "")
    what = f"{operation.action.replace('_', '-')} of {operation.started_at:%Y-%m-%d %H:%M} UTC by {operation.by}"
    return f"{operation.id}, {what}: {len(changed)} changed of {operation.profile} ({samples})"


def _spelled(here: Session, conversation: str) -> "ConversationId":
    from qsc_bot.operations.selection import without_call  # what looks ids up loads all that connects

    return without_call(conversation, here.printer.notice)


def _turn_to_its_profile(here: Session, operation: str) -> "Operation":
    """Act for the operation's profile; raises `usage.invalid` where another one was named."""
    from qsc_bot.operations.history import read_operation

    found = read_operation(here.journal, operation)
    if here.options.profile not in (None, found.profile):
        hint = (f"leave out -p {here.options.profile}",)
        raise QscBotError("usage.invalid", f"{operation} belongs to profile {found.profile}", hint=hint)
    if found.profile != here.chosen_name:
        here.turn_to(found.profile)
    return found


def _confirm_name(here: Session, given: str | None, *, asks: bool) -> None:
    """Make sure that a protected profile is meant; `bulk` protects where a question is asked anyway."""
    if here.profile.protected is True or (here.profile.protected == "bulk" and asks):
        here.prompts.confirm_name(here.profile.name, given=given)
