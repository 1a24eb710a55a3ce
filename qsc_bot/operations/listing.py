"""Who holds which conversation: the list."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import Control, Conversation, ConversationId, Reading
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.sweep import Sweep
from qsc_bot.results import Column, Ending, Listing, ListSummary

Sort = Literal["waiting", "last", "id"]
CHUNK: Final = 100
"""So many conversations are read ahead at once when only some of them will be shown."""

COLUMNS: Final = (
    Column("waiting_s", "WAIT", "duration", 0),
    Column("control", "CONTROL", "text", 0),
    Column("id", "CONVERSATION", "text", 0),
    Column("name", "NAME", "text", 1),
    Column("assigned_to", "ASSIGNED", "words", 2),
    Column("last_message_at", "LAST", "ago", 2),
    Column("tags", "TAG", "words", 2),
    Column("control_until", "UNTIL", "left", 2),
    Column("observed_at", "SEEN", "ago", 2),
)
PLAIN: Final = (
    "id",
    "control",
    "waiting_s",
    "method",
    "escalated",
    "last_message_at",
    "last_message_from",
    "name",
    "note",
)


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to list. `limit` is None for all; `streams` asks for rows as soon as they are read, in the order read."""

    controls: frozenset[Control] = frozenset()
    services: frozenset[str] = frozenset()
    escalated: bool | None = None
    since: timedelta = timedelta(hours=24)
    waiting: timedelta | None = None
    limit: int | None = 50
    sort: Sort = "waiting"
    streams: bool = False


@dataclass
class Tally:
    """What a list has shown and left out so far; asked for its ending when the last row was taken."""

    total: int = 0
    returned: int = 0
    by_control: Counter[str] = field(default_factory=Counter)
    is_cut: bool = False

    def add(self, row: Conversation) -> Conversation:
        """Count a row that is shown."""
        self.returned += 1
        self.by_control[row.control.value] += 1
        return row


def list_conversations(connection: Connection, query: Query, *, tell: Callable[[str], None]) -> Listing[Conversation]:
    """Conversations of the window, and tagged contacts whatever their age, with who holds each.

    Cost: a call for each 50 tagged contacts and each 100 mentions, then what the drivers need for the rows shown.
    """
    started = connection.clock.now()
    sweep = Sweep(is_filtered=connection.mentions.is_filtered, method_of=connection.drivers.method_of)
    tally = Tally()
    source = _streamed if query.streams else _sorted
    rows = source(connection, query, sweep, tally, started, tell)
    return Listing(
        schema="conversation-list",
        items=rows,
        columns=COLUMNS,
        plain=PLAIN,
        ending=lambda: _ending(connection, sweep, tally, started - query.since),
    )


def list_escalated(connection: Connection, query: Query) -> Listing[Conversation]:
    """Every conversation of the contacts that bear the escalation tag, with who holds each."""
    started = connection.clock.now()
    sweep = Sweep(is_filtered=connection.mentions.is_filtered, method_of=connection.drivers.method_of)
    tally = Tally()
    rows = (_bare(connection, person, contact) for person, contact in connection.escalations.load().items())
    return Listing(
        schema="conversation-list",
        items=_kept(connection, _wanted(connection, rows, query), query, tally),
        columns=COLUMNS,
        plain=PLAIN,
        ending=lambda: _ending(connection, sweep, tally, started),
    )


def _streamed(
    connection: Connection,
    query: Query,
    sweep: Sweep,
    tally: Tally,
    started: datetime,
    tell: Callable[[str], None],
) -> Iterator[Conversation]:
    """Rows page by page: older messages of a person may still come, so who waits since when is not known yet."""
    tagged = connection.escalations.load()
    for page in connection.mentions.newest_first(started - query.since):
        fresh = sweep.take(page)
        tell(f"{sweep.seen} messages read, {len(sweep)} conversations")
        rows = (sweep.conversation(person, now=started, is_whole=False) for person in fresh)
        yield from _kept(connection, _wanted(connection, rows, query), query, tally)
    rest = (_bare(connection, person, contact) for person, contact in tagged.items() if person not in sweep)
    yield from _kept(connection, _wanted(connection, rest, query), query, tally)


def _sorted(
    connection: Connection,
    query: Query,
    sweep: Sweep,
    tally: Tally,
    started: datetime,
    tell: Callable[[str], None],
) -> Iterator[Conversation]:
    """Rows in the order asked for; control is read only for the rows that will be shown."""
    tagged = connection.escalations.load()
    for page in connection.mentions.newest_first(started - query.since):
        sweep.take(page)
        tell(f"{sweep.seen} messages read, {len(sweep)} conversations")
    seen = (sweep.conversation(person, now=started) for person in sweep.people())
    rest = (_bare(connection, person, contact) for person, contact in tagged.items() if person not in sweep)
    rows = list(_wanted(connection, [*seen, *rest], query))
    rows.sort(key=lambda row: _order(row, query.sort))
    yield from _kept(connection, rows, query, tally)


def _wanted(connection: Connection, rows: Iterable[Conversation], query: Query) -> Iterator[Conversation]:
    """The rows that pass what can be said without knowing who holds them."""
    for row in rows:
        escalated = connection.escalations.of(ConversationId(row.service, row.service_id))
        too_new = query.waiting and (row.waiting_s is None or row.waiting_s < query.waiting.total_seconds())
        if (query.services and row.service not in query.services) or too_new:
            continue
        if query.escalated is not None and escalated is not query.escalated:
            continue
        contact = connection.escalations.load().get(ConversationId(row.service, row.service_id))
        yield msgspec.structs.replace(
            row,
            escalated=escalated,
            contact_id=str(contact.id) if contact else None,
            tags=contact.tags if contact else None,
        )


def _kept(connection: Connection, rows: Iterable[Conversation], query: Query, tally: Tally) -> Iterator[Conversation]:
    """Rows with their control, filtered by it, up to the limit; what is left is counted, and not read."""
    rest = iter(rows)
    while tally.returned != query.limit and (chunk := list(islice(rest, _ahead(query, tally)))):
        tally.total += len(chunk)
        for row in read_control(connection, chunk):
            if query.controls and row.control not in query.controls:
                continue
            if tally.returned == query.limit:
                tally.is_cut = True
                break
            yield tally.add(row)
    left = sum(1 for _ in rest)
    tally.total += left
    tally.is_cut = tally.is_cut or left > 0


def _ahead(query: Query, tally: Tally) -> int:
    if query.limit is None or query.controls:
        return CHUNK
    return min(CHUNK, query.limit - tally.returned)


def read_control(connection: Connection, rows: Sequence[Conversation]) -> Iterator[Conversation]:
    """The same rows with who holds them; each service is surveyed on its own, the order stays."""
    by_service: dict[str, list[Conversation]] = {}
    for row in rows:
        by_service.setdefault(row.service, []).append(row)
    readings = {service: connection.drivers.of(service).survey(members) for service, members in by_service.items()}
    for row in rows:
        yield merge(row, next(readings[row.service]))


def merge(row: Conversation, reading: Reading) -> Conversation:
    """A row with what a reading adds to it."""
    known: dict[str, Any] = {
        "escalated": reading.escalated,
        "tags": reading.tags,
        "contact_id": reading.contact_id,
        "name": reading.name,
    }
    notes = [note for note in (row.note, reading.note) if note]
    return msgspec.structs.replace(
        row,
        control=reading.control,
        holder=reading.holder,
        control_until=reading.control_until,
        observed_at=reading.observed_at,
        note="; ".join(notes) or None,
        **{key: value for key, value in known.items() if value is not None},
    )


def _bare(connection: Connection, person: ConversationId, contact: Contact | None) -> Conversation:
    """A conversation of which no message is known."""
    return Conversation(
        id=str(person),
        service=person.service,
        service_id=person.service_id,
        name=contact.name if contact else None,
        method=connection.drivers.method_of(person.service),
    )


def _order(row: Conversation, sort: Sort) -> tuple[object, ...]:
    newest = -row.last_message_at.timestamp() if row.last_message_at else 0.0
    match sort:
        case "id":
            return (row.service, row.service_id)
        case "last":
            return (newest, row.id)
    return (-(row.waiting_s or 0), newest, row.id)


def _ending(connection: Connection, sweep: Sweep, tally: Tally, since: datetime) -> Ending:
    warnings = [connection.escalations.problem] if connection.escalations.problem else []
    if sweep.seen and not sweep.private:
        types = ", ".join(sorted(sweep.other_types))
        warnings.append(
            f"none of {sweep.seen} messages is marked as private (message.type: {types}); "
            "private_message_filter in the profile can name this account's own filter"
        )
    hints = [f"{tally.returned} of {tally.total} shown; add --all"] if tally.is_cut else []
    return Ending(
        complete=not tally.is_cut,
        summary=ListSummary(
            total=tally.total,
            by_control=dict(tally.by_control),
            since=since,
            calls=connection.meter.calls,
            calls_left=connection.meter.left,
        ),
        warnings=warnings,
        hints=hints,
    )
