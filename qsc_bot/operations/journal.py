"""The journal as people and auditors see it: which operations there were, whether nothing was changed, what may go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.journal import BrokenEntry, JournalEntry, Pruning, Verification
from qsc_bot.models.operation import OperationSummary, State
from qsc_bot.models.wording import counted
from qsc_bot.operations.history import read_operation, summaries
from qsc_bot.results import Column, Ending, Listing, Record
from qsc_bot.storage.chain import Checked
from qsc_bot.storage.journal import Journal
from qsc_bot.storage.pruning import Cut

KINDS: Final = (
    "handover.to_bot",
    "handover.to_agent",
    "handover.extend",
    "handover.renew",
    "escalation.add",
    "escalation.remove",
    "rescue",
    "undo",
)
"""What an operation can be: one of the actions, or a plan of several."""
COLUMNS: Final = (
    Column("started_at", "STARTED", "ago", 0),
    Column("state", "STATE", rank=0),
    Column("id", "OPERATION", rank=0),
    Column("action", "ACTION", rank=1),
    Column("total", "ITEMS", rank=3),
    Column("counts.changed", "CHANGED", rank=1),
    Column("counts.failed", "FAILED", rank=2),
    Column("by", "BY", rank=4),
    Column("profile", "PROFILE", rank=5),
    Column("reason", "REASON", rank=6),
)
PLAIN: Final = (
    "id",
    "started_at",
    "state",
    "action",
    "profile",
    "by",
    "total",
    "counts.changed",
    "counts.failed",
    "counts.in_doubt",
    "reason",
)


def known_kinds(names: Sequence[str]) -> frozenset[str]:
    """Kinds of operations as typed, with dashes or without; raises `usage.invalid` for one that does not exist."""
    kinds = [name.replace("-", "_") for name in names]
    unknown = [name for name, kind in zip(names, kinds, strict=True) if kind not in KINDS]
    if unknown:
        raise QscBotError("usage.invalid", f"{unknown[0][:40]!r} is no kind of operation", expected=", ".join(KINDS))
    return frozenset(kinds)


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Which operations to list. Where nothing is named, all that began since then; `limit` is None for all."""

    since: datetime | None = None
    actions: frozenset[str] = frozenset()
    states: frozenset[State] = frozenset()
    conversation: ConversationId | None = None
    profile: str | None = None
    limit: int | None = None

    def accepts(self, found: OperationSummary) -> bool:
        """Whether an operation is wanted, as far as what it is and where decide."""
        return (
            (not self.actions or found.action in self.actions)
            and (not self.states or found.state in self.states)
            and self.profile in (None, found.profile)
        )

    @property
    def judges(self) -> bool:
        """Whether it takes reading an operation to know whether it is wanted."""
        return bool(self.actions or self.states or self.profile)


class JournalBroken(QscBotError):
    """The chain does not hold; `report` is how far it does."""

    def __init__(self, message: str, *, report: Record) -> None:
        super().__init__("journal.broken", message)
        self.report = report


def list_operations(journal: Journal, sought: Sought) -> Listing[OperationSummary]:
    """Operations, the newest first; those that cannot be read are told at the end, and fail the list."""
    return _OperationList(journal, sought).listing()


class _OperationList:
    def __init__(self, journal: Journal, sought: Sought) -> None:
        self._journal = journal
        self._sought = sought
        self._found: Sequence[str] = ()
        self._shown = 0
        self._is_cut = False
        self._broken: list[QscBotError] = []

    def listing(self) -> Listing[OperationSummary]:
        return Listing(schema="operation-list", items=self._items(), columns=COLUMNS, plain=PLAIN, ending=self._ending)

    def _items(self) -> Iterator[OperationSummary]:
        item = str(self._sought.conversation) if self._sought.conversation else None
        self._found = self._journal.operations(item=item, since=self._sought.since)
        for one in summaries(self._journal, self._found):
            if isinstance(one, QscBotError):
                self._broken.append(one)
            elif self._sought.accepts(one):
                self._is_cut = self._shown == self._sought.limit
                if self._is_cut:
                    return
                self._shown += 1
                yield one

    def _ending(self) -> Ending:
        how_many = "more than that" if self._sought.judges else f"{len(self._found)}"
        hints = [f"{self._shown} of {how_many} shown; add --all"] if self._is_cut else []
        return Ending(complete=not (self._is_cut or self._broken), failure=self._failure(), hints=hints)

    def _failure(self) -> QscBotError | None:
        if not self._broken:
            return None
        message = f"{counted(len(self._broken), 'operation')} left out: {self._broken[0].message}"
        return QscBotError("journal.broken", message, hint=["qsc-bot operation verify"])


def verify_journal(journal: Journal, operation: str | None = None) -> Record:
    """Check every entry against its hash and the entry before, up to an operation's last one where it is named.

    Raises `journal.broken` naming the first that does not hold, and `operation.not_found`.
    """
    checked = journal.check(operation)
    if operation is not None and not checked.entries and checked.broken is None:
        read_operation(journal, operation)
    record = Record(
        schema="operation-verification", item=_verification(operation, checked), view="\n".join(_told(checked))
    )
    if broken := checked.broken:
        whose = f" ({broken.operation})" if broken.operation else ""
        raise JournalBroken(f"entry {broken.number} of {broken.at}{whose}: {broken.reason}", report=record)
    return record


def _verification(operation: str | None, checked: Checked) -> Verification:
    last, broken, removal = checked.last, checked.broken, checked.removal
    return Verification(
        operation=operation,
        whole=broken is None,
        entries=checked.entries,
        last_number=last["number"] if last else None,
        last_at=datetime.fromisoformat(last["at"]) if last else None,
        last_hash=last["hash"] if last else None,
        removed=removal.number if removal else 0,
        removed_operations=removal.operations if removal else 0,
        removed_at=removal.at if removal else None,
        removed_by=f"{removal.by} on {removal.host}" if removal else None,
        broken=BrokenEntry(number=broken.number, at=broken.at, operation=broken.operation, reason=broken.reason)
        if broken
        else None,
    )


def _told(checked: Checked) -> Iterator[str]:
    """The same for people."""
    yield f"{'whole' if checked.broken is None else 'broken after'}: {counted(checked.entries, 'entry')}"
    if removal := checked.removal:
        removed = f"{counted(removal.number, 'entry')} of {counted(removal.operations, 'operation')}"
        yield f"{removed} were removed before them on {_moment(removal.at)}, by {removal.by} on {removal.host}"
    if last := checked.last:
        yield f"last entry: {last['number']} of {_moment(datetime.fromisoformat(last['at']))}"
        yield f"its hash: {last['hash']}"
        yield "Kept elsewhere, number and hash show later whether entries were cut off or all were written anew."


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def check_pruning(journal: Journal, before: datetime) -> Pruning:
    """What of operations that were done before a moment could be removed; raises `journal.broken` for a chain that
    does not hold, which stays as it is."""
    verify_journal(journal)
    return _pruning(journal.prunable(before), before, dry_run=True)


def prune_journal(journal: Journal, before: datetime, *, by: str, host: str) -> Pruning:
    """Remove whole operations that were done before a moment, from the start of the chain on.

    One that is unfinished stays, and so does all that came after its first entry.
    """
    return _pruning(journal.prune(before, by=by, host=host), before, dry_run=False)


def pruning_record(pruning: Pruning) -> Record:
    """What was removed, or would be, and what keeps the rest."""
    kept = f"{pruning.unfinished} is not finished, so it stays, and so does all that was written since it began"
    next_ = [f"qsc-bot operation resume {pruning.unfinished}"] if pruning.unfinished else []
    return Record(schema="operation-pruning", item=pruning, notes=[kept] if pruning.unfinished else [], next=next_)


def _pruning(found: Cut, before: datetime, *, dry_run: bool) -> Pruning:
    return Pruning(
        ended_before=before,
        dry_run=dry_run,
        operations=found.operations,
        entries=found.entries,
        unfinished=found.unfinished,
    )


def export_journal(journal: Journal, operations: Sequence[str], since: datetime | None) -> Listing[JournalEntry]:
    """Every line as it stands in the journal, the oldest first; raises `operation.not_found`."""
    for operation in operations:
        if not journal.outlines([operation])[operation]:
            read_operation(journal, operation)
    wanted = frozenset(operations)
    rows = (row for row in journal.lines(since=since) if not wanted or row["operation"] in wanted)
    items = (JournalEntry(**{name: row[name] for name in JournalEntry.__struct_fields__}) for row in rows)
    return Listing(schema="journal-entry-list", items=items, columns=(), plain=())
