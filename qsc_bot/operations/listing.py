"""Who holds which conversation: the list."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from qsc_bot.control.survey import read_each
from qsc_bot.errors import QscBotError
from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import Control, Conversation, ConversationId, Method, Reading
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.sweep import Sweep
from qsc_bot.results import Column, Ending, Listing, ListSummary

Sort = Literal["waiting", "last", "id"]
LIMIT: Final = 50
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
    since: timedelta | datetime = timedelta(hours=24)
    waiting: timedelta | None = None
    limit: int | None = LIMIT
    sort: Sort = "waiting"
    streams: bool = False

    def start(self, now: datetime) -> datetime:
        """Where the window begins."""
        return self.since if isinstance(self.since, datetime) else now - self.since


def limit_of(limit: int | None, *, all_: bool) -> int | None:
    """How many to show, None for all; raises `usage.invalid` for a limit on all."""
    if all_ and limit is not None:
        raise QscBotError("usage.invalid", "--all and --limit contradict each other")
    return None if all_ else limit or LIMIT


def list_conversations(connection: Connection, query: Query, *, tell: Callable[[str], None]) -> Listing[Conversation]:
    """Conversations of the window, and tagged contacts whatever their age, with who holds each.

    Cost: a call for each 50 tagged contacts and each 100 mentions, then what the drivers need for the rows shown.
    """
    survey = Survey(connection, query, tell)
    return survey.listing(survey.streamed() if query.streams else survey.sorted())


def list_escalated(connection: Connection, query: Query) -> Listing[Conversation]:
    """Every conversation of the contacts that bear the escalation tag, with who holds each.

    Raises `api.refused` where the API refuses to list them.
    """
    survey = Survey(connection, query, lambda _: None)
    return survey.listing(survey.tagged())


class Survey:
    """One run of a list: what it reads, and what it has shown and left out so far."""

    def __init__(self, connection: Connection, query: Query, tell: Callable[[str], None]) -> None:
        self._connection = connection
        self._query = query
        self._tell = tell
        self._sweep = Sweep(is_filtered=connection.mentions.is_filtered, method_of=connection.drivers.method_of)
        self._since: datetime | None = None
        self._total = self._returned = self._undecided = self._unclear = 0
        self._by_control: Counter[str] = Counter()
        self._is_cut = False

    def listing(self, rows: Iterator[Conversation]) -> Listing[Conversation]:
        """The rows with their columns, and the ending that is known after the last of them."""
        return Listing(schema="conversation-list", items=rows, columns=COLUMNS, plain=PLAIN, ending=self._ending)

    def streamed(self) -> Iterator[Conversation]:
        """Rows page by page: older messages of a person may still come, so who waits since when is not known yet."""
        tagged = self._connection.escalations.load()
        now = self._connection.clock.now()
        for fresh in self._swept(now):
            yield from self._kept(self._sweep.conversation(person, now=now, is_whole=False) for person in fresh)
        yield from self._kept(self._bare(tagged))

    def sorted(self) -> Iterator[Conversation]:
        """Rows in the order asked for; control is read only for the rows that will be shown."""
        tagged = self._connection.escalations.load()
        now = self._connection.clock.now()
        for _ in self._swept(now):
            pass
        seen = (self._sweep.conversation(person, now=now) for person in self._sweep.people())
        rows = sorted(self._wanted([*seen, *self._bare(tagged)]), key=lambda row: _order(row, self._query.sort))
        yield from self._shown(rows)

    def tagged(self) -> Iterator[Conversation]:
        """The conversations of tagged contacts."""
        escalations = self._connection.escalations
        tagged = escalations.load()
        if escalations.refusal:
            raise escalations.refusal
        yield from self._kept(self._bare(tagged))

    def _swept(self, now: datetime) -> Iterator[list[ConversationId]]:
        """The people that each page of mentions shows first; the time comes from a remote that was already asked."""
        self._since = since = self._query.start(now)
        for page in self._connection.mentions.newest_first(since):
            fresh = self._sweep.take(page)
            self._tell(f"{self._sweep.seen} messages read, {len(self._sweep)} conversations")
            yield fresh

    def _bare(self, tagged: Mapping[ConversationId, Contact]) -> Iterator[Conversation]:
        """The conversations of tagged contacts of which no message was seen."""
        for person, contact in tagged.items():
            if person not in self._sweep:
                yield msgspec.structs.replace(empty(self._connection, person), name=contact.name)

    def _kept(self, rows: Iterable[Conversation]) -> Iterator[Conversation]:
        return self._shown(self._wanted(rows))

    def _wanted(self, rows: Iterable[Conversation]) -> Iterator[Conversation]:
        """The rows that pass what can be said without knowing who holds them."""
        query = self._query
        passed: Iterator[Conversation] = (
            self._with_tag(row) for row in rows if not query.services or row.service in query.services
        )
        if query.escalated is not None:
            passed = self._with_escalation(list(passed), wanted=query.escalated)
        for row in passed:
            self._unclear += bool(query.waiting) and row.waiting_s is None and row.last_message_at is not None
            if not query.waiting or (row.waiting_s or 0) >= query.waiting.total_seconds():
                yield row

    def _with_tag(self, row: Conversation) -> Conversation:
        person = ConversationId(row.service, row.service_id)
        contact = self._connection.escalations.load().get(person)
        return msgspec.structs.replace(
            row,
            escalated=self._connection.escalations.of(person),
            contact_id=str(contact.id) if contact else None,
            tags=contact.tags if contact else None,
        )

    def _with_escalation(self, rows: Sequence[Conversation], *, wanted: bool) -> Iterator[Conversation]:
        """The rows with or without the tag; of whom the list proves nothing, the contact is read."""
        open_ids = [ConversationId(row.service, row.service_id) for row in rows if row.escalated is None]
        clock, tag = self._connection.clock, self._connection.tag
        readings = read_each(open_ids, tag.read, method=Method.TAG, now=clock.now)
        for row in rows:
            escalated = row.escalated if row.escalated is not None else next(readings).escalated
            self._undecided += escalated is None
            if escalated is wanted:
                yield msgspec.structs.replace(row, escalated=escalated)

    def _shown(self, rows: Iterable[Conversation]) -> Iterator[Conversation]:
        """Rows with their control, filtered by it, up to the limit; what is left is counted, and not read."""
        query, rest = self._query, iter(rows)
        while self._returned != query.limit and (chunk := list(islice(rest, self._ahead()))):
            for row in read_control(self._connection, chunk):
                if query.controls and row.control not in query.controls:
                    continue
                self._total += 1
                if self._returned == query.limit:
                    self._is_cut = True
                    break
                self._returned += 1
                self._by_control[row.control.value] += 1
                yield row
        left = sum(1 for _ in rest)
        self._total += left
        self._is_cut = self._is_cut or left > 0

    def _ahead(self) -> int:
        if self._query.limit is None or self._query.controls:
            return CHUNK
        return min(CHUNK, self._query.limit - self._returned)

    def _ending(self) -> Ending:
        meter, warnings = self._connection.meter, list(self._warnings())
        return Ending(
            complete=not self._is_cut and not warnings,
            summary=ListSummary(
                total=self._total,
                by_control=dict(self._by_control),
                since=self._since,
                calls=meter.calls,
                calls_left=meter.left,
            ),
            warnings=warnings,
            hints=[f"{self._returned} of {self._total} shown; add --all"] if self._is_cut else [],
        )

    def _warnings(self) -> Iterator[str]:
        """What the list may have missed."""
        yield from self._connection.escalations.warnings
        if self._undecided:
            yield f"{self._undecided} conversations were left out: whether the escalation tag is on could not be read"
        if self._unclear:
            yield f"{self._unclear} conversations were left out: since when their customer waits is not known"
        if self._sweep.seen and not self._sweep.private:
            types = ", ".join(sorted(self._sweep.other_types))
            yield (
                f"none of {self._sweep.seen} messages is marked as private (message.type: {types}); "
                "private_message_filter in the profile can name this account's own filter"
            )


def empty(connection: Connection, person: ConversationId) -> Conversation:
    """A conversation of which nothing was read yet."""
    return Conversation(
        id=str(person),
        service=person.service,
        service_id=person.service_id,
        method=connection.drivers.method_of(person.service),
    )


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


def _order(row: Conversation, sort: Sort) -> tuple[object, ...]:
    newest = -row.last_message_at.timestamp() if row.last_message_at else 0.0
    match sort:
        case "id":
            return (row.service, row.service_id)
        case "last":
            return (newest, row.id)
    return (-(row.waiting_s or 0), newest, row.id)
