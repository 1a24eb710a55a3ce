"""What commands return: data for the printer, and the exit code that goes with it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import Call, Counts, Outcome
from qsc_bot.models.delivery import Heard

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True)
class Column:
    """One column of a table: the field it shows (`counts.changed` for a part of one) and how.

    `kind`: `text`, `duration` (seconds), `ago`, `left` and `time` (moments), `words` (a list). A column of a higher
    `rank` gives way first when the terminal is narrow; rank 0 is never dropped and never cut.
    """

    field: str
    title: str
    kind: str = "text"
    rank: int = 1


class ListSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How many conversations there are, by who holds them, and what it cost to find out."""

    total: int
    by_control: dict[str, int]
    stuck: int = 0
    stuck_by_code: dict[str, int] = {}
    since: datetime | None
    calls: int
    calls_left: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What is known of a list only after its last item was read; `failure` is what ended it before its time."""

    complete: bool = True
    failure: QscBotError | None = None
    summary: ListSummary | None = None
    warnings: Sequence[str] = ()
    hints: Sequence[str] = ()


@dataclass(kw_only=True)
class Listing(Generic[T]):
    """Many things of one kind. `items` may be a stream: it is read once, and `ending` is asked after it."""

    schema: str
    items: Iterable[T]
    columns: Sequence[Column]
    plain: Sequence[str]
    ending: Callable[[], Ending] = field(default=Ending)
    exit_code: ExitCode = ExitCode.OK


@dataclass(frozen=True, kw_only=True)
class Look:
    """A list that is followed at one moment: just looked at (`is_new`), or between two looks, with nothing new.

    `events` is what changed since the look before; `checked_at` when all was read last, None where it never was, and
    `failure` why the newest look did not.
    """

    rows: Sequence[msgspec.Struct]
    events: Sequence[msgspec.Struct] = ()
    is_new: bool
    at: datetime
    checked_at: datetime | None
    next_in_s: float
    calls: int
    calls_left: int | None
    failure: QscBotError | None = None
    warnings: Sequence[str] = ()
    breaches: Sequence[str] = ()


@dataclass(kw_only=True)
class Feed:
    """A list that is followed without end; `event` is the type of what changes.

    `beat` hears of signs of life during a look that takes long; who shows the feed says what becomes of them.
    """

    schema: str
    event: type[msgspec.Struct]
    columns: Sequence[Column]
    plain: Sequence[str]
    looks: Iterator[Look]
    beat: Callable[[Look], None] = lambda _look: None
    exit_code: ExitCode = ExitCode.OK


@dataclass(kw_only=True)
class Hearing:
    """What a listener hears, as much at once as came at once, without end; `event` is the type of a delivery in it."""

    schema: str
    event: type[msgspec.Struct]
    plain: Sequence[str]
    heard: Iterator[Sequence[Heard]]
    exit_code: ExitCode = ExitCode.OK


@dataclass(kw_only=True)
class Record:
    """One thing, and for a write what it came to (`created`, `updated`, `recorded`, `unchanged`, `deleted`).

    `next` holds whole command lines that are useful now; `view` is its form for people, when it has one,
    on a terminal, and with `views_everywhere` in a pipe too. `notes` are told to people; `reveals` holds the secrets
    that were asked for, and so are shown. `parts` names the list that it is, whose items then are rows, and whose
    fields are meant where some are wanted.
    """

    schema: str
    item: msgspec.Struct
    outcome: str | None = None
    fields: Sequence[str] = ()
    warnings: Sequence[str] = ()
    next: Sequence[str] = ()
    view: str | None = None
    views_everywhere: bool = False
    notes: Sequence[str] = ()
    reveals: Sequence[str] = ()
    parts: str | None = None
    exit_code: ExitCode = ExitCode.OK

    @property
    def row_type(self) -> type[msgspec.Struct]:
        """Of what it has fields to choose from."""
        found: Sequence[msgspec.Struct] = getattr(self.item, self.parts) if self.parts else ()
        return type(found[0]) if found else type(self.item)


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """What one operation came to, item by item; without an id where nothing was to be done, so that none was begun."""

    operation: str | None
    items: list[Outcome]
    counts: Counts


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent, and nothing was."""

    items: list[Outcome]
    requests: list[Call]


@dataclass(kw_only=True)
class Report:
    """Outcomes or a dry run, as shown item by item; `stop` is what ended the run before all was tried.

    `next` holds whole command lines that are useful now; where something `is_unfinished`, the one that goes on with it.
    """

    schema: str
    body: Outcomes | DryRun
    warnings: Sequence[str] = ()
    next: Sequence[str] = ()
    is_unfinished: bool = False
    stop: QscBotError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """That of what stopped it; 0 when nothing failed, the common code when all failed alike, else 9."""
        if self.stop is not None:
            return self.stop.exit_code
        bad = [item for item in self.body.items if item.error]
        codes = {item.error.exit for item in bad if item.error}
        if not bad:
            return ExitCode.OK
        if len(bad) == len(self.body.items) and len(codes) == 1:
            return ExitCode(codes.pop())
        return ExitCode.PARTIAL

    def failure(self) -> QscBotError | None:
        """The failure of the whole: what stopped it, a single item's own, else how many failed and the first.

        Its last hint is the command that goes on, where something is left to be done.
        """
        errors = [item.error for item in self.body.items if item.error]
        found = self.stop or (errors[0].as_error() if errors else None)
        if found is None:
            return None
        code, message = found.code, found.message
        if self.stop is None and len(self.body.items) > 1:
            code = code if self.exit_code is found.exit_code else "run.partial"
            message = f"{len(errors)} of {len(self.body.items)} conversations; the first: {message}"
        hint = (*found.hint, *(self.next if self.is_unfinished else ()))
        states = {"expected": found.expected, "found": found.found}
        return QscBotError(code, message, hint=hint, request_id=found.request_id, status=found.status, **states)


@dataclass(kw_only=True)
class Running:
    """Writes that go out while their outcomes are read, as they come; `report` is asked after the last of them."""

    schema: str
    outcomes: Iterator[Outcome]
    total: int
    report: Callable[[], Report]


@dataclass(kw_only=True)
class Text:
    """A text for people, the same in every format but JSON, where `data` stands in its place."""

    text: str
    data: dict[str, Any] | None = None
    exit_code: ExitCode = ExitCode.OK


Result = Listing[Any] | Feed | Hearing | Record | Report | Running | Text


def finished(running: Running) -> Report:
    """Let all writes go out, and give what they came to."""
    for _ in running.outcomes:
        pass
    return running.report()
