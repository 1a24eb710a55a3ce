"""What is said on stderr, when, and what is not said."""

import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import ConversationEvent
from qsc_bot.output.identity import Identity
from qsc_bot.results import Feed, Look


def test_the_summary_is_the_last_line(start: Any, listing: Any, summary: Any, conversation: Any) -> None:
    run = start("table")
    items = [conversation(number) for number in range(43)]
    run.show(listing(items, summary=summary(), warnings=["cut short"], hints=["see --all"]))
    assert run.err == (
        "warning: cut short\n"
        "see --all\n"
        "prod (1417), last 7d: 43 = 31 bot, 9 agent, 2 other, 1 unknown; read 09:02; 12 calls, 318 left\n"
    )


@pytest.mark.parametrize(
    ("known", "identity", "line"),
    [
        pytest.param(
            {"total": 430, "calls_left": None},
            Identity("prod", "1417", sandbox=False),
            "prod (1417), last 7d: 1 of 430 = 31 bot, 9 agent, 2 other, 1 unknown; read 09:02; 12 calls",
            id="cut, and the budget is not known",
        ),
        pytest.param(
            {"total": 1, "by_control": {"bot": 1, "agent": 0}, "calls": 1},
            Identity("prod", None, sandbox=False),
            "prod, last 7d: 1 = 1 bot; read 09:02; 1 call, 318 left",
            id="one",
        ),
        pytest.param(
            {"total": 0, "by_control": {}, "calls": 0},
            Identity(None, None, sandbox=False),
            "no profile, last 7d: 0; read 09:02; 0 calls, 318 left",
            id="none",
        ),
    ],
)
def test_the_summary_tells_only_what_is_known(
    start: Any, listing: Any, summary: Any, known: dict[str, Any], identity: Identity, line: str
) -> None:
    run = start("plain", identity=lambda: identity)
    run.show(listing(summary=summary(**known)))
    assert run.err == f"{line}\n"


def test_the_summary_tells_when_the_newest_reading_was(
    start: Any, listing: Any, summary: Any, conversation: Any, now: Any
) -> None:
    run = start("plain")
    ages = (timedelta(minutes=30), timedelta(minutes=2))
    run.show(listing([conversation(observed_at=now - age) for age in ages], summary=summary()))
    assert "; read 09:00; " in run.err


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(hours=23, minutes=59, seconds=59), "last 1d:"),
        (timedelta(hours=24, seconds=2), "last 1d:"),
        (timedelta(hours=2, minutes=5), "last 2h05m:"),
        (timedelta(seconds=45), "last 45s:"),
    ],
    ids=["corrected back", "corrected on", "exact", "short"],
)
def test_period_does_not_tell_that_the_clock_was_corrected(
    start: Any, listing: Any, summary: Any, now: Any, ago: timedelta, words: str
) -> None:
    run = start("plain")
    run.show(listing(summary=summary(since=now - ago)))
    assert words in run.err


@pytest.mark.parametrize("format_name", ["table", "plain"])
def test_people_are_told_of_the_sandbox_first(
    start: Any, listing: Any, record: Any, report: Any, summary: Any, format_name: str
) -> None:
    for result in (listing(summary=summary(), warnings=["w"]), record(warnings=["w"]), report()):
        run = start(format_name, identity=lambda: Identity("sandbox", "1", sandbox=True))
        run.show(result)
        assert run.err.splitlines()[0] == "sandbox: no real account"


@pytest.mark.parametrize("format_name", ["json", "ndjson", "yaml"])
def test_programs_find_everything_in_the_document(start: Any, listing: Any, summary: Any, format_name: str) -> None:
    run = start(format_name, identity=lambda: Identity("sandbox", "1", sandbox=True))
    run.show(listing(summary=summary(), warnings=["cut"], hints=["add --all"]))
    assert run.err == ""


@pytest.mark.parametrize("kind", ["listing", "record", "report", "feed"])
@pytest.mark.parametrize("format_name", ["json", "ndjson", "yaml"])
def test_what_must_not_be_missed_is_among_the_warnings_of_every_document(
    start: Any, request: pytest.FixtureRequest, now: Any, conversation: Any, format_name: str, kind: str
) -> None:
    run = start(format_name)

    def told(items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            run.printer.attach("a file was set aside")
            yield item

    if kind == "feed":
        if format_name != "ndjson":
            pytest.skip("what is followed has no end")
        with pytest.raises(KeyboardInterrupt):
            run.show(feed(told([look(now)])))
    else:
        made = request.getfixturevalue(kind)(warnings=["cut"])
        if kind == "listing":
            made.items = told([conversation(1)])
        run.printer.attach("a file was set aside")
        run.show(made)
    document = yaml.safe_load(run.out.splitlines()[-1] if format_name == "ndjson" else run.out)
    assert document["warnings"][0] == "a file was set aside"
    assert document["warnings"].count("a file was set aside") == 1
    errors = [json.loads(line)["error"]["code"] for line in run.err.splitlines() if line.startswith("{")]
    assert errors == (["run.partial"] if kind == "report" and format_name in ("json", "ndjson") else [])
    assert "a file was set aside" not in run.err


def feed(looks: Iterator[Look]) -> Feed:
    def ended() -> Iterator[Look]:
        yield from looks
        raise KeyboardInterrupt

    return Feed(schema="conversation-event", event=ConversationEvent, columns=[], plain=[], looks=ended())


def look(now: Any) -> Look:
    return Look(rows=[], is_new=True, at=now, checked_at=now, next_in_s=30, calls=1, calls_left=None)


@pytest.mark.parametrize("format_name", ["table", "plain", "csv", "id"])
def test_what_must_not_be_missed_is_said_at_once_where_no_document_is_wanted(start: Any, format_name: str) -> None:
    run = start(format_name)
    run.printer.attach("a file was set aside")
    assert run.err == "warning: a file was set aside\n"


def test_what_must_not_be_missed_is_said_before_a_failure_that_leaves_no_document(start: Any) -> None:
    run = start("yaml")
    run.printer.attach("a file was set aside")
    run.printer.error(QscBotError("usage.invalid", "no"))
    assert run.err.startswith("warning: a file was set aside\nerror: no")


@pytest.mark.parametrize("format_name", ["csv", "id"])
def test_a_format_without_room_for_warnings_has_them_on_stderr(
    start: Any, listing: Any, summary: Any, format_name: str
) -> None:
    run = start(format_name)
    run.show(listing(summary=summary(), warnings=["cut"], hints=["add --all"]))
    assert run.err == "warning: cut\nadd --all\n"


def test_quiet_leaves_warnings_and_failures(start: Any, listing: Any, report: Any, summary: Any) -> None:
    run = start("table", quiet=1, identity=lambda: Identity("sandbox", "1", sandbox=True))
    run.show(listing([], summary=summary(), warnings=["cut"], hints=["add --all"]))
    assert run.err == "warning: cut\n"
    run = start("table", quiet=1)
    run.show(report(next=["qsc-bot operation resume op_7f3"]))
    assert run.err == "failed: web:3: the server said 503   [api.unavailable]\n"


def test_the_result_names_its_exit_code(start: Any, listing: Any, record: Any, report: Any, text: Any) -> None:
    failed = record()
    failed.exit_code = ExitCode.CONFLICT
    codes = [start("json").show(result) for result in (listing(), failed, report(), text())]
    assert codes == [ExitCode.OK, ExitCode.CONFLICT, ExitCode.PARTIAL, ExitCode.OK]


def test_a_terminal_gets_a_table(start: Any, listing: Any) -> None:
    run = start(None, is_terminal=True, color=False)
    run.show(listing())
    assert run.out.startswith("WAIT  CONTROL")


def test_notices_and_warnings_never_reach_stdout(start: Any) -> None:
    run = start("table", stderr_is_terminal=True)
    run.printer.notice("read\x1b this")
    run.printer.warning("and this")
    assert (run.out, run.err) == ("", "read� this\n\x1b[1;33mwarning:\x1b[0m and this\n")


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("format_name", ["json", "ndjson", "plain", "table", "csv", "id", "yaml"])
def test_a_closed_pipe_is_the_callers_matter(start: Any, listing: Any, format_name: str) -> None:
    with pytest.raises(BrokenPipeError):
        start(format_name, stdout=Closed()).show(listing())


def test_the_progress_line_makes_room_for_the_result(start: Any, listing: Any) -> None:
    terminal = io.StringIO()
    run = start("plain", stdout=terminal, stderr=terminal, stderr_is_terminal=True, color=False)

    def items() -> Any:
        run.printer.progress("reading")
        return iter(())

    run.printer.progress("starting")
    run.show(listing(items()))
    run.printer.notice("done")
    assert terminal.getvalue() == "\r\x1b[2Kstarting\r\x1b[2Kreading\r\x1b[2Kdone\n"


SHOW = """
import io, sys
from datetime import UTC, datetime
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Conversation
from qsc_bot.output.formats import Format
from qsc_bot.output.identity import Identity
from qsc_bot.output.printer import Printer
from qsc_bot.results import Listing

for name in ("plain", "json", "ndjson", "id"):
    printer = Printer(
        stdout=io.StringIO(), stderr=io.StringIO(), format=Format(name), fields=(), quiet=0, verbose=0,
        color=True, width=80, is_terminal=False, stderr_is_terminal=True, environ={}, show_names=lambda: True,
        now=lambda: datetime.now(UTC), identity=lambda: Identity("prod", "1", sandbox=False),
    )
    item = Conversation(id="web:1", service="web", service_id="1", method="tag", name="\\u65e5\\u672c")
    printer.progress("reading")
    printer.show(Listing(schema="conversation-list", items=[item], columns=(), plain=("id", "name")))
    printer.error(QscBotError("api.unavailable", "it failed"))
loaded = {name.partition(".")[0] for name in sys.modules}
print(*sorted(loaded & {"rich", "yaml", "csv", "httpx", "typer", "asyncio"}))
"""


def test_formats_for_pipes_load_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
