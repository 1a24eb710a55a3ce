"""Shows results and errors: the data on stdout, everything said about it on stderr."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TextIO

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import Outcome
from qsc_bot.output import structured
from qsc_bot.output.failure import failed_item_line, failure_document, failure_text
from qsc_bot.output.feed import beat_line, feed_lines, feed_stream, heartbeat
from qsc_bot.output.fields import Row, Shape
from qsc_bot.output.formats import Format, choose_format
from qsc_bot.output.forms import Form, whole_lines
from qsc_bot.output.hearing import hearing_lines, hearing_stream
from qsc_bot.output.identity import Identity
from qsc_bot.output.live import LiveTable
from qsc_bot.output.progress import Progress
from qsc_bot.output.remarks import Remarks
from qsc_bot.output.streams import BOLD, Outlet, allows_color, can_rewrite
from qsc_bot.output.summary import counts_line, read_at, summary_line
from qsc_bot.output.table import Screen, request_lines
from qsc_bot.output.text import sanitise
from qsc_bot.results import DryRun, Ending, Feed, Hearing, Listing, Record, Report, Result, Running, Text

_DOCUMENTS: Final = (Format.JSON, Format.YAML)
_FOR_PEOPLE: Final = (Format.TABLE, Format.PLAIN)
_DEFAULT_WIDTH: Final = 80
_DEFAULT_HEIGHT: Final = 24
_NOTHING_SENT: Final = "dry run: nothing was sent"


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
                self._show_report(result)
                self._tell_failure(result)
            case Running():
                return self._show_running(result)
            case Text():
                self._show_text(result)
        return result.exit_code

    def check_fields(self, schema: str, item_type: type[msgspec.Struct]) -> None:
        """Refuse an unknown --fields name before anything is done; raises `usage.invalid`."""
        self._shape(schema).check(item_type)

    def error(self, error: QscBotError) -> None:
        """Tell a failure on stderr, as one JSON line where JSON was asked for."""
        self.progress.close()
        self._remarks.give_up()
        if self.format in (Format.JSON, Format.NDJSON):
            self._err.line(structured.to_json(failure_document(error, self._owner())))
        else:
            self._err.write(failure_text(error, self._err, with_request=bool(self.verbose)))
        self.stderr.flush()

    def notice(self, text: str) -> None:
        """Say something on stderr that can be missed; where programs read, stderr is for errors alone."""
        self._remarks.notice(text)

    def preview(self, record: Record) -> None:
        """Show on stderr what a question is about, as a table; nothing where programs read, or under -q."""
        if self.quiet or self.is_for_programs:
            return
        self.progress.close()
        row = Shape(schema=record.schema, fields=(), show_names=self.show_names()).row(record.item)
        form = Form(format=Format.TABLE, fields=(), screen=self._screen(self._err))
        self._err.write(form.record(record, row))
        self._remarks.add(record.warnings, record.notes)

    def preview_list(self, listing: Listing[Any]) -> None:
        """Show on a terminal's stderr what is about to be changed; nothing where programs read, or under -q."""
        if self.quiet or self.is_for_programs or not self.stderr_is_terminal:
            return
        self.progress.close()
        rows = list(Shape(schema=listing.schema, fields=(), show_names=self.show_names()).rows(listing.items))
        self._err.write(Form(format=Format.TABLE, fields=(), screen=self._screen(self._err)).listing(listing, rows))

    def trace(self, text: str) -> None:
        """Say what --debug asks for."""
        self._remarks.say(text)

    def warning(self, text: str) -> None:
        """Say something on stderr that must not be missed."""
        self._remarks.warning(text)

    def attach(self, text: str) -> None:
        """Say something that must not be missed: at once to people, among its warnings in a document."""
        self._remarks.attach(text)

    def narrate(self, text: str) -> None:
        """Tell people on stdout what is happening; nothing where a document was asked for, or under -q."""
        if self._chosen in _FOR_PEOPLE and not self.quiet:
            self._put(f"{sanitise(text, keep_newlines=True)}\n")

    @property
    def is_for_programs(self) -> bool:
        """Whether programs read what is written: then stderr holds one error object and nothing else."""
        return self._remarks.is_for_programs

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
    def _remarks(self) -> Remarks:
        return Remarks(outlet=self._err, progress=self.progress, format=self._chosen, is_quiet=bool(self.quiet))

    @cached_property
    def _out(self) -> Outlet:
        color = allows_color(wanted=self.color, is_terminal=self.is_terminal, environ=self.environ)
        return Outlet(stream=self.stdout, color=color, secrets=self.secrets)

    @cached_property
    def _err(self) -> Outlet:
        color = allows_color(wanted=self.color, is_terminal=self.stderr_is_terminal, environ=self.environ)
        return Outlet(stream=self.stderr, color=color, secrets=self.secrets)

    @cached_property
    def _chosen(self) -> Format:
        return choose_format(self.format, is_terminal=self.is_terminal)

    def _shape(self, schema: str) -> Shape:
        return Shape(schema=schema, fields=self.fields, show_names=self.show_names())

    def _form(self) -> Form:
        return Form(format=self._chosen, fields=self.fields, screen=self._screen(self._out))

    def _screen(self, outlet: Outlet) -> Screen:
        return Screen(
            width=self.width or _DEFAULT_WIDTH,
            now=self.now(),
            fit=outlet.fit,
            header=lambda text: outlet.paint(text, BOLD),
        )

    def _identify(self) -> Identity:
        try:
            return self.identity()
        except QscBotError:
            return Identity(profile=None, account_id=None, sandbox=False)

    def _owner(self) -> structured.Owner:
        identity = self._identify()
        return {"profile": identity.profile, "account_id": identity.account_id}

    def _put(self, text: str, *, reveals: Sequence[str] = ()) -> None:
        self.progress.close()
        self._out.write(text, reveals=reveals)
        self.stdout.flush()  # also when both streams end in one pipe, what is said of the data comes after it

    def _show_listing(self, listing: Listing[Any]) -> None:
        shape = self._shape(listing.schema)
        if self._chosen is Format.NDJSON:
            self._stream(structured.listing_stream(listing, shape, self._owner))
            return
        rows = list(shape.rows(listing.items))
        ending = listing.ending()
        if self._chosen in _DOCUMENTS:
            chosen = [shape.choose(row) for row in rows]
            self._document(structured.listing_document(listing.schema, chosen, ending, self._owner()))
            return
        self._open()
        self._put(self._form().listing(listing, rows))
        self._close_listing(rows, ending)

    def _close_listing(self, rows: Sequence[Row], ending: Ending) -> None:
        if not rows and self._chosen is Format.TABLE:
            self.notice("Nothing found.")
        self._remarks.add(ending.warnings, ending.hints)
        if ending.summary is None or self._chosen not in _FOR_PEOPLE:
            return
        identity = self._identify()
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
        shape = self._shape(feed.schema)
        shape.check(feed.event)
        if self._streams:
            feed.beat = lambda look: self._stream([heartbeat(look)])
            self._stream(feed_stream(feed, shape, self._owner))
            return
        if not self.progress.is_heard:
            feed.beat = lambda look: self.notice(beat_line(look))
        self._open()
        if self._chosen is Format.TABLE and self.is_terminal and can_rewrite(self.environ):
            self._redraw(feed, LiveTable(feed, shape, self.size))
            return
        for lines, warnings, notes in feed_lines(feed, shape):
            self._put(lines)
            self._remarks.add(warnings, notes)

    def _show_hearing(self, hearing: Hearing) -> None:
        shape = self._shape(hearing.schema)
        shape.check(hearing.event)
        if self._streams:
            for rows in hearing_stream(hearing, shape, self._owner):
                self._put("".join(f"{structured.to_json(row)}\n" for row in rows))
            return
        self._open()
        for lines, warnings, notes in hearing_lines(hearing, shape, is_for_screen=self._chosen is Format.TABLE):
            self._put(lines)
            self._remarks.add(warnings, notes)

    @property
    def _streams(self) -> bool:
        """Whether what has no end is written as records: where that was asked for, and in pipes."""
        return self.format is Format.NDJSON or (self.format is None and not self.is_terminal)

    def _redraw(self, feed: Feed, live: LiveTable) -> None:
        self._remarks.leave = live.leave
        for look in feed.looks:
            self._put(live.draw(look, self._form().screen))

    def _show_record(self, record: Record) -> None:
        shape = self._shape(record.schema)
        shape.check(type(record.item))
        row = shape.row(record.item)
        match self._chosen:
            case Format.NDJSON:
                self._stream(structured.record_stream(record, shape.choose(row), self._owner()), record.reveals)
            case Format.JSON | Format.YAML:
                document = structured.record_document(record, shape.choose(row), self._owner())
                self._document(document, record.reveals)
            case _:
                self._open()
                self._put(self._form().record(record, row), reveals=record.reveals)
                done = [f"{record.schema} {row.get('name')}: {record.outcome}"] if record.outcome else []
                hints = [*done, *record.notes, *(f"next: {command}" for command in record.next)]
                self._remarks.add(record.warnings, hints)

    def _show_report(self, report: Report) -> None:
        shape = self._shape(report.schema)
        shape.check(Outcome)
        rows = [shape.row(item) for item in report.body.items]
        chosen = [shape.choose(row) for row in rows]
        match self._chosen:
            case Format.NDJSON:
                self._stream(structured.report_stream(report, chosen, self._owner()))
            case Format.JSON | Format.YAML:
                self._document(structured.report_document(report, chosen, self._owner()))
            case _:
                self._open()
                self._put(self._form().outcomes(rows))
                self._close_report(report)

    def _show_running(self, running: Running) -> ExitCode:
        """Outcomes as they come; a stream that can be written no more does not stop writes that are under way."""
        shape = self._shape(running.schema)
        shape.check(Outcome)
        lost: OSError | None = None
        for done, item in enumerate(running.outcomes, 1):
            lost = lost or _failing(self._tell_outcome, shape, item, f"{done} of {running.total}")
        report = running.report()
        lost = lost or _failing(self._close_running, report)
        lost = _failing(self._tell_failure, report) or lost
        if lost is not None and not isinstance(lost, BrokenPipeError):
            raise lost
        return report.exit_code

    def _tell_outcome(self, shape: Shape, item: Outcome, place: str) -> None:
        if self._chosen is Format.NDJSON:
            self._stream([structured.result_line(shape.choose(shape.row(item)))])
        else:
            self.progress(f"{place} conversations")

    def _close_running(self, report: Report) -> None:
        if self._chosen is Format.NDJSON:
            self._stream([structured.report_end(report, self._owner())])
        else:
            self._show_report(report)

    def _tell_failure(self, report: Report) -> None:
        """What the whole came to; where people have read why each of several failed, only what stopped it.

        A fault of ours that stopped it is raised, for a report to be made of it.
        """
        if report.stop is not None and report.stop.code == "internal.fault" and report.stop.__cause__:
            raise report.stop.__cause__
        is_told = len(report.body.items) > 1 and not self.is_for_programs and report.stop is None
        if (error := report.failure()) and not is_told:
            self.error(error)

    def _close_report(self, report: Report) -> None:
        if isinstance(report.body, DryRun):
            self._tell_requests(report.body)
        items = report.body.items
        for item in items if len(items) > 1 else ():  # a single one's failure is told as the run's error
            if item.error is not None:
                self._remarks.say(failed_item_line(item.id, item.status, item.error))
        following = [] if report.stop else [f"next: {command}" for command in report.next]
        self._remarks.add(report.warnings, [] if report.is_unfinished else following)
        if last := _NOTHING_SENT if isinstance(report.body, DryRun) else counts_line(report.body.counts):
            self.notice(last)
        if report.is_unfinished and len(items) > 1:
            for line in following:  # not to be missed, so the last, and under -q too
                self._remarks.say(line)

    def _tell_requests(self, dry_run: DryRun) -> None:
        requests = request_lines(dry_run.requests)
        if requests and self._chosen is Format.TABLE:
            self._put(f"\n{requests}")
        elif requests and self._chosen is Format.PLAIN and not self.quiet:
            self._err.write(requests)

    def _show_text(self, text: Text) -> None:
        if self._chosen in (Format.JSON, Format.NDJSON, Format.YAML):
            self._document(structured.text_document(text))
        else:
            self._put(whole_lines(text.text))

    def _open(self) -> None:
        if self._chosen in _FOR_PEOPLE and self._identify().sandbox:
            self.notice("sandbox: no real account")

    def _document(self, document: Row, reveals: Sequence[str] = ()) -> None:
        as_yaml, document = self._chosen is Format.YAML, self._remarks.warned(document)
        self._put(structured.to_yaml(document) if as_yaml else f"{structured.to_json(document)}\n", reveals=reveals)

    def _stream(self, lines: Iterable[Row], reveals: Sequence[str] = ()) -> None:
        for line in lines:
            self._put(f"{structured.to_json(self._remarks.warned(line))}\n", reveals=reveals)


def _failing(write: Callable[..., None], *told: Any) -> OSError | None:
    """What keeps this from being written, if anything does."""
    try:
        write(*told)
    except OSError as error:
        return error
    return None
