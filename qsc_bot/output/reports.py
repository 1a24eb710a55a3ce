"""Shows outcomes: as they come while something is carried out, and what the whole came to."""

from collections.abc import Callable
from typing import Any, Final

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import Outcome
from qsc_bot.output import structured
from qsc_bot.output.failure import failed_item_lines
from qsc_bot.output.fields import Shape
from qsc_bot.output.formats import Format
from qsc_bot.output.page import Page
from qsc_bot.output.summary import counts_line
from qsc_bot.output.table import request_lines
from qsc_bot.results import DryRun, Report, Running

NOTHING_SENT: Final = "dry run: nothing was sent"


class Reports:
    """Puts outcomes on a page; `error` tells the failure of the whole."""

    def __init__(self, page: Page, error: Callable[[QscBotError], None]) -> None:
        self._page = page
        self._error = error

    def show(self, report: Report) -> None:
        """Write what a run came to, and tell its failure."""
        self._write(report)
        self._tell_failure(report)

    def run(self, running: Running) -> ExitCode:
        """Outcomes as they come; a stream that can be written no more does not stop writes that are under way."""
        shape = self._page.shape(running.schema)
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

    def _write(self, report: Report) -> None:
        shape = self._page.shape(report.schema)
        shape.check(Outcome)
        rows = [shape.row(item) for item in report.body.items]
        chosen = [shape.choose(row) for row in rows]
        match self._page.format:
            case Format.NDJSON:
                self._page.stream(structured.report_stream(report, chosen, self._page.owner()))
            case Format.JSON | Format.YAML:
                self._page.document(structured.report_document(report, chosen, self._page.owner()))
            case _:
                self._page.open()
                self._page.put(self._page.form().outcomes(rows))
                self._close_report(report)

    def _tell_outcome(self, shape: Shape, item: Outcome, place: str) -> None:
        if self._page.format is Format.NDJSON:
            self._page.stream([structured.result_line(shape.choose(shape.row(item)))])
        else:
            self._page.progress(f"{place} conversations")

    def _close_running(self, report: Report) -> None:
        if self._page.format is Format.NDJSON:
            self._page.stream([structured.report_end(report, self._page.owner())])
        else:
            self._write(report)

    def _tell_failure(self, report: Report) -> None:
        """What the whole came to; where people have read why each of several failed, only what stopped it.

        A fault of ours that stopped it is raised, for a report to be made of it.
        """
        if report.stop is not None and report.stop.code == "internal.fault" and report.stop.__cause__:
            raise report.stop.__cause__
        is_told = len(report.body.items) > 1 and not self._page.remarks.is_for_programs and report.stop is None
        if (error := report.failure()) and not is_told:
            self._error(error)

    def _close_report(self, report: Report) -> None:
        if isinstance(report.body, DryRun):
            self._tell_requests(report.body)
        items = report.body.items
        for line in failed_item_lines(items) if len(items) > 1 else ():  # a single one's is told as the run's error
            self._page.remarks.say(line)
        following = [] if report.stop else [f"next: {command}" for command in report.next]
        self._page.remarks.add(report.warnings, [] if report.is_unfinished else following)
        if last := NOTHING_SENT if isinstance(report.body, DryRun) else counts_line(report.body.counts):
            self._page.remarks.notice(last)
        if report.is_unfinished and len(items) > 1:
            for line in following:  # not to be missed, so the last, and under -q too
                self._page.remarks.say(line)

    def _tell_requests(self, dry_run: DryRun) -> None:
        requests = request_lines(dry_run.requests)
        if requests and self._page.format is Format.TABLE:
            self._page.put(f"\n{requests}")
        elif requests and self._page.format is Format.PLAIN and not self._page.is_quiet:
            self._page.err.write(requests)


def _failing(write: Callable[..., None], *told: Any) -> OSError | None:
    """What keeps this from being written, if anything does."""
    try:
        write(*told)
    except OSError as error:
        return error
    return None
