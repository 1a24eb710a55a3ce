"""A printer on streams in memory, and one result of each sort to show with it."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import Call, Control, Conversation, Counts, Failure, Method, Outcome, Status
from qsc_bot.output.formats import Format
from qsc_bot.output.identity import Identity
from qsc_bot.output.printer import Printer
from qsc_bot.results import (
    Column,
    DryRun,
    Ending,
    Listing,
    ListSummary,
    Outcomes,
    Record,
    Report,
    Result,
    Text,
)

NOW = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)
HOSTILE = {
    "closing markup": "[/b]",
    "markup": "[bold]loud",
    "colour": "\x1b[31mred",
    "link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "bidi": "abc\u202edcba\u2066x\u200f",
    "long": "x" * 10_000,
    "emoji": "👩‍🚒 日本",
    "NUL": "a\x00b",
    "C1 and DEL": "a\x9b31mb\x7f",
    "lone surrogate": "a\ud800b",
    "formula": "=cmd()",
    "lines and tabs": "a\tb\nc\r\nd\u2028e",
}


@dataclass(kw_only=True)
class Run:
    """One printer and what it wrote."""

    printer: Printer
    stdout: io.StringIO = field(default_factory=io.StringIO)
    stderr: io.StringIO = field(default_factory=io.StringIO)

    def show(self, result: Result) -> ExitCode:
        return self.printer.show(result)

    @property
    def out(self) -> str:
        return self.stdout.getvalue()

    @property
    def err(self) -> str:
        return self.stderr.getvalue()


MakeRun = Callable[..., Run]


@pytest.fixture
def start() -> MakeRun:
    def make(format_name: str | None = None, **options: Any) -> Run:
        stdout, stderr = io.StringIO(), io.StringIO()
        settings: dict[str, Any] = {
            "stdout": stdout,
            "stderr": stderr,
            "format": Format(format_name) if format_name else None,
            "fields": (),
            "quiet": 0,
            "verbose": 0,
            "color": True,
            "width": 80,
            "is_terminal": format_name == "table",
            "stderr_is_terminal": False,
            "environ": {},
            "show_names": lambda: False,
            "now": lambda: NOW,
            "identity": lambda: Identity("prod", "1417", sandbox=False),
        }
        printer = Printer(**(settings | options))
        return Run(printer=printer, stdout=stdout, stderr=stderr)

    return make


@pytest.fixture
def is_safe() -> Callable[[str], bool]:
    """Whether a text holds only lines, tabs, visible characters and joined emoji."""
    allowed = "\n\t\N{ZERO WIDTH JOINER}"
    return lambda text: all(character in allowed or character.isprintable() for character in text)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(params=list(HOSTILE.values()), ids=list(HOSTILE))
def hostile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _conversation(number: int = 1, **known: Any) -> Conversation:
    settings: dict[str, Any] = {
        "id": f"whatsapp:{number}",
        "service": "whatsapp",
        "service_id": str(number),
        "name": "Ada Example",
        "control": Control.AGENT,
        "method": Method.HANDOVER,
        "tags": ["vip", "escalated to agent"],
        "last_message_at": NOW - timedelta(minutes=12),
        "waiting_s": 720,
        "assigned_to": ["Support"],
    }
    return Conversation(**(settings | known))


@pytest.fixture
def conversation() -> Callable[..., Conversation]:
    return _conversation


@pytest.fixture
def listing() -> Callable[..., Listing[Conversation]]:
    columns = (
        Column("waiting_s", "WAIT", kind="duration"),
        Column("control", "CONTROL", rank=0),
        Column("id", "CONVERSATION", rank=0),
        Column("name", "NAME", rank=2),
        Column("assigned_to", "ASSIGNED", kind="words", rank=3),
        Column("last_message_at", "LAST", kind="ago", rank=3),
        Column("control_until", "UNTIL", kind="time", rank=4),
    )

    def make(items: Iterable[Conversation] | None = None, **ending: Any) -> Listing[Conversation]:
        return Listing(
            schema="conversation-list",
            items=[_conversation()] if items is None else items,
            columns=columns,
            plain=("id", "control", "name", "tags", "waiting_s", "stale", "control_until", "last_message_at"),
            ending=lambda: Ending(**ending),
        )

    return make


@pytest.fixture
def summary() -> Callable[..., ListSummary]:
    def make(**known: Any) -> ListSummary:
        settings: dict[str, Any] = {
            "total": 43,
            "by_control": {"unknown": 1, "idle": 0, "bot": 31, "other": 2, "agent": 9},
            "since": NOW - timedelta(days=7),
            "calls": 12,
            "calls_left": 318,
        }
        return ListSummary(**(settings | known))

    return make


@pytest.fixture
def record() -> Callable[..., Record]:
    def make(item: Conversation | None = None, **known: Any) -> Record:
        return Record(schema="conversation", item=item or _conversation(), **known)

    return make


OUTCOMES = (
    Outcome(
        id="whatsapp:1",
        action="handover.to_bot",
        status=Status.CHANGED,
        before="agent",
        after="bot",
        method=Method.HANDOVER,
        verified=True,
    ),
    Outcome(id="twitter:2", action="handover.to_bot", status=Status.UNCHANGED, before="bot", after="bot"),
    Outcome(
        id="web:3",
        action="handover.to_bot",
        status=Status.FAILED,
        before="agent",
        error=Failure(code="api.unavailable", exit=8, message="the server said 503", retryable=True),
    ),
)


@pytest.fixture
def report() -> Callable[..., Report]:
    def make(items: Iterable[Outcome] = OUTCOMES, **known: Any) -> Report:
        outcomes = list(items)
        body = Outcomes(operation="op_7f3", items=outcomes, counts=Counts.of(item.status for item in outcomes))
        return Report(schema="outcomes", body=body, **known)

    return make


@pytest.fixture
def dry_run() -> Callable[..., Report]:
    def make(tag: str = "vip") -> Report:
        planned = Outcome(id="twitter:2", action="escalation.add", status=Status.PLANNED, after="escalated")
        call = Call(method="POST", path="/1417/inbox/contact/9", body={"updates": '{"tags":["' + tag + '"]}'})
        return Report(schema="dry-run", body=DryRun(items=[planned], requests=[call]))

    return make


@pytest.fixture
def text() -> Callable[..., Text]:
    def make(words: str = "first line\nsecond line", data: dict[str, Any] | None = None) -> Text:
        return Text(text=words, data=data)

    return make


@pytest.fixture
def broken_items() -> Callable[[int], Iterable[Conversation]]:
    def make(good: int) -> Iterable[Conversation]:
        for number in range(good):
            yield _conversation(number)
        raise QscBotError("api.unavailable", "the server said 503")

    return make
