"""The journal as it is checked, shortened and handed on."""

from datetime import datetime

import msgspec


class BrokenEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The first entry that is not what was written."""

    number: int
    at: str
    operation: str
    reason: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the journal's chain is whole, up to one operation's last entry where that was asked.

    `entries` were checked. The last of them and its hash, kept elsewhere, prove later that nothing before it was
    changed. `removed` entries, of so many operations, were pruned before the first.
    """

    operation: str | None
    whole: bool
    entries: int
    last_number: int | None
    last_at: datetime | None
    last_hash: str | None
    removed: int
    removed_operations: int
    removed_at: datetime | None
    removed_by: str | None
    broken: BrokenEntry | None


class Pruning(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed from the start of the journal, or would be.

    `unfinished` is the oldest operation that is not finished: it stays, and so does all that was written since.
    """

    ended_before: datetime
    dry_run: bool
    operations: int
    entries: int
    unfinished: str | None


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal as it stands there.

    `hash` is the SHA-256, in hexadecimal, of the JSON list of the hash before and the six other fields in this order.
    """

    number: int
    at: str
    operation: str
    item: str | None
    kind: str
    body: str
    hash: str
