"""Shows results and errors: the data on stdout, everything said about it on stderr."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TextIO

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.output import structured
from qsc_bot.output.failure import failure_document, failure_text
from qsc_bot.output.feed import beat_line, feed_lines, feed_stream, heartbeat
from qsc_bot.output.fields import Row, Shape, field_names
from qsc_bot.output.formats import Format, choose_format
from qsc_bot.output.forms import Form, whole_lines
from qsc_bot.output.hearing import hearing_lines, hearing_stream
from qsc_bot.output.identity import Identity
from qsc_bot.output.live import LiveTable
from qsc_bot.output.page import FOR_PEOPLE, Page
from qsc_bot.output.plain import check_ids
from qsc_bot.output.progress import Progress
from qsc_bot.output.reports import Reports
from qsc_bot.output.streams import Outlet, allows_color, can_rewrite
from qsc_bot.output.summary import read_at, summary_line
from qsc_bot.output.text import sanitise
from qsc_bot.results import Ending, Feed, Hearing, Listing, Record, Report, Result, Running, Text

_DOCUMENTS: Final = (Format.JSON, Format.YAML)
_DEFAULT_WIDTH: Final = 80
_DEFAULT_HEIGHT: Final = 24


@dataclass(frozen=True, kw_only=True)
class Printer:
    """The two streams of one run and what the user wants to see on them.

    `identity` may raise a QscBotError where no profile can be told; documents then hold null.
    """

    stdout: TextIO
    stderr: TextIO
    format: Format | None
    fields: tuple[str, ...]
    quiet: int
    verbose: int
    color: bool
    width: int | None
    is_terminal: bool
    stderr_is_terminal: bool
    environ: Mapping[str, str]
    show_names: Callable[[], bool]
    now: Callable[[], datetime]
    identity: Callable[[], Identity]
    secrets: Callable[[], Collection[str]] = field(default=tuple)
    clock: Callable[[], float] = field(default=time.monotonic)
    size: Callable[[], tuple[int, int]] = field(default=lambda: (_DEFAULT_WIDTH, _DEFAULT_HEIGHT))

    def show(self, result: Result) -> ExitCode:
        """Write a result in the wanted format and say what its process exits with."""
        match result:
            case Listing():
                self._show_listing(result)
                if failure := result.ending().failure:
                    self.error(failure)
                    return failure.exit_code
            case Feed():
                self._show_feed(result)
            case Hearing():
                self._show_hearing(result)
            case Record():
                self._show_record(result)
            case Report():
                self._reports.show(result)
            case Running():
                return self._reports.run(result)
            case Text():
                self._show_text(result)
        return result.exit_code

    def check_fields(self, schema: str, item_type: type[msgspec.Struct]) -> None:
        """Refuse an unknown --fields name, and ids of what has none, before all else; raises `usage.invalid`."""
        self._page.shape(schema).check(item_type)
        if self.format is Format.ID:
            check_ids(field_names(item_type))

    def error(self, error: QscBotError) -> None:
        """Tell a failure on stderr, as one JSON line where JSON was asked for."""
        self.progress.close()
        self._page.remarks.give_up()
        if self.format in (Format.JSON, Format.NDJSON):
            self._err.line(structured.to_json(failure_document(error, self._page.owner())))
        else:
            self._err.write(failure_text(error, self._err, with_request=bool(self.verbose)))
        self.stderr.flush()

    def notice(self, text: str) -> None:
        """Say something on stderr that can be missed; where programs read, stderr is for errors alone."""
        self._page.remarks.notice(text)

    def preview(self, record: Record) -> None:
        """Show on stderr what a question is about, as a table; nothing where programs read, or under -q."""
        if self.quiet or self.is_for_programs:
            return
        self.progress.close()
        row = Shape(schema=record.schema, fields=(), show_names=self.show_names()).row(record.item)
        self._err.write(self._preview_form().record(record, row))
        self._page.remarks.add(record.warnings, record.notes)

    def preview_list(self, listing: Listing[Any]) -> None:
        """Show on a terminal's stderr what is about to be changed; nothing where programs read, or under -q."""
        if self.quiet or self.is_for_programs or not self.stderr_is_terminal:
            return
        self.progress.close()
        rows = list(Shape(schema=listing.schema, fields=(), show_names=self.show_names()).rows(listing.items))
        self._err.write(self._preview_form().listing(listing, rows))

    def trace(self, text: str) -> None:
        """Say what --debug asks for."""
        self._page.remarks.say(text)

    def warning(self, text: str) -> None:
        """Say something on stderr that must not be missed."""
        self._page.remarks.warning(text)

    def attach(self, text: str) -> None:
        """Say something that must not be missed: at once to people, among its warnings in a document."""
        self._page.remarks.attach(text)

    def narrate(self, text: str) -> None:
        """Tell people on stdout what is happening; nothing where a document was asked for, or under -q."""
        if self._page.format in FOR_PEOPLE and not self.quiet:
            self._page.put(f"{sanitise(text, keep_newlines=True)}\n")

    @property
    def is_for_programs(self) -> bool:
        """Whether programs read what is written: then stderr holds one error object and nothing else."""
        return self._page.remarks.is_for_programs

    @cached_property
    def progress(self) -> Progress:
        """Where work tells how far it is; the line goes away before anything else is written."""
        return Progress(
            self._err,
            is_terminal=self.stderr_is_terminal,
            width=self.width or _DEFAULT_WIDTH,
            quiet=bool(self.quiet),
            environ=self.environ,
            clock=self.clock,
        )

    @cached_property
    def _page(self) -> Page:
        return Page(
            out=self._outlet(self.stdout, is_terminal=self.is_terminal),
            err=self._err,
            format=choose_format(self.format, is_terminal=self.is_terminal),
            fields=self.fields,
            is_quiet=bool(self.quiet),
            width=self.width or _DEFAULT_WIDTH,
            progress=self.progress,
            show_names=self.show_names,
            now=self.now,
            identity=self.identity,
        )

    def _preview_form(self) -> Form:
        return Form(format=Format.TABLE, fields=(), screen=self._page.screen(self._err))

    @cached_property
    def _reports(self) -> Reports:
        return Reports(self._page, self.error)

    @cached_property
    def _err(self) -> Outlet:
        return self._outlet(self.stderr, is_terminal=self.stderr_is_terminal)

    def _outlet(self, stream: TextIO, *, is_terminal: bool) -> Outlet:
        color = allows_color(wanted=self.color, is_terminal=is_terminal, environ=self.environ)
        return Outlet(stream=stream, color=color, secrets=self.secrets)

    def _show_listing(self, listing: Listing[Any]) -> None:
        shape = self._page.shape(listing.schema)
        if self._page.format is Format.NDJSON:
            self._page.stream(structured.listing_stream(listing, shape, self._page.owner))
            return
        rows = list(shape.rows(listing.items))
        ending = listing.ending()
        if self._page.format in _DOCUMENTS:
            chosen = [shape.choose(row) for row in rows]
            self._page.document(structured.listing_document(listing.schema, chosen, ending, self._page.owner()))
            return
        self._page.open()
        self._page.put(self._page.form().listing(listing, rows))
        self._close_listing(rows, ending)

    def _close_listing(self, rows: Sequence[Row], ending: Ending) -> None:
        if not rows and self._page.format is Format.TABLE:
            self.notice("Nothing found.")
        self._page.remarks.add(ending.warnings, ending.hints)
        if ending.summary is None or self._page.format not in FOR_PEOPLE:
            return
        identity = self._page.identify()
        line = summary_line(
            ending.summary,
            profile=identity.profile,
            account_id=identity.account_id,
            shown=len(rows),
            read_at=read_at(rows) or self.now(),
            now=self.now(),
        )
        self.notice(line)

    def _show_feed(self, feed: Feed) -> None:
        shape = self._page.shape(feed.schema)
        shape.check(feed.event)
        if self._streams:
            feed.beat = lambda look: self._page.stream([heartbeat(look)])
            self._page.stream(feed_stream(feed, shape, self._page.owner))
            return
        if not self.progress.is_heard:
            feed.beat = lambda look: self.notice(beat_line(look))
        self._page.open()
        if self._page.format is Format.TABLE and self.is_terminal and can_rewrite(self.environ):
            self._redraw(feed, LiveTable(feed, shape, self.size))
            return
        for lines, warnings, notes in feed_lines(feed, shape):
            self._page.put(lines)
            self._page.remarks.add(warnings, notes)

    def _show_hearing(self, hearing: Hearing) -> None:
        shape = self._page.shape(hearing.schema)
        shape.check(hearing.event)
        if self._streams:
            for rows in hearing_stream(hearing, shape, self._page.owner):
                warned = map(self._page.remarks.warned, rows)
                self._page.put("".join(f"{structured.to_json(row)}\n" for row in warned))
            return
        self._page.open()
        for lines, warnings, notes in hearing_lines(hearing, shape, is_for_screen=self._page.format is Format.TABLE):
            self._page.put(lines)
            self._page.remarks.add(warnings, notes)

    @property
    def _streams(self) -> bool:
        """Whether what has no end is written as records: where that was asked for, and in pipes."""
        return self.format is Format.NDJSON or (self.format is None and not self.is_terminal)

    def _redraw(self, feed: Feed, live: LiveTable) -> None:
        self._page.remarks.leave = live.leave
        for look in feed.looks:
            self._page.put(live.draw(look, self._page.form().screen))

    def _show_record(self, record: Record) -> None:
        shape = self._page.shape(record.schema, parts=record.parts)
        shape.check(record.row_type)
        row = shape.row(record.item)
        match self._page.format:
            case Format.NDJSON:
                lines = structured.record_stream(record, shape.choose(row), self._page.owner())
                self._page.stream(lines, record.reveals)
            case Format.JSON | Format.YAML:
                document = structured.record_document(record, shape.choose(row), self._page.owner())
                self._page.document(document, record.reveals)
            case _:
                self._page.open()
                self._page.put(self._page.form().record(record, row), reveals=record.reveals)
                done = [f"{record.schema} {row.get('name')}: {record.outcome}"] if record.outcome else []
                hints = [*done, *record.notes, *(f"next: {command}" for command in record.next)]
                self._page.remarks.add(record.warnings, hints)

    def _show_text(self, text: Text) -> None:
        if self._page.format in (Format.JSON, Format.NDJSON, Format.YAML):
            self._page.document(structured.text_document(text))
        else:
            self._page.put(whole_lines(text.text))
