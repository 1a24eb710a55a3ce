"""Progress is seen by those who read along, and by nobody else."""

import io
from collections.abc import Iterator
from typing import Any

import pytest

from qsc_bot.output.progress import Progress
from qsc_bot.output.streams import Outlet


@pytest.fixture
def stderr() -> io.StringIO:
    return io.StringIO()


def make(stderr: io.StringIO, times: Iterator[float] | None = None, **options: Any) -> Progress:
    clock = iter(range(100)) if times is None else times
    settings: dict[str, Any] = {"is_terminal": True, "width": 20, "quiet": False, "environ": {}}
    return Progress(Outlet(stream=stderr, color=False), clock=lambda: float(next(clock)), **(settings | options))


def test_a_terminal_sees_one_line_rewritten(stderr: io.StringIO) -> None:
    progress = make(stderr)
    progress("page 1")
    progress("page 2\x1b")
    progress.close()
    progress.close()
    assert stderr.getvalue() == "\r\x1b[2Kpage 1\r\x1b[2Kpage 2�\r\x1b[2K"


@pytest.mark.parametrize(("text", "shown"), [("x" * 30, "x" * 19), ("日" * 30, "日" * 9)], ids=["ascii", "wide"])
def test_the_line_never_wraps(stderr: io.StringIO, text: str, shown: str) -> None:
    make(stderr)(text)
    assert stderr.getvalue().removeprefix("\r\x1b[2K").rstrip() == shown


@pytest.mark.parametrize(
    "options",
    [
        {"environ": {"ACCESSIBLE": "1"}},
        {"environ": {"TERM": "dumb"}},
        {"is_terminal": False, "environ": {"CI": "true"}},
    ],
    ids=["accessible", "dumb terminal", "CI"],
)
def test_others_get_a_line_every_ten_seconds(stderr: io.StringIO, options: dict[str, Any]) -> None:
    progress = make(stderr, iter([0.0, 9.9, 10.0, 19.0, 20.5]), **options)
    for number in range(5):
        progress(f"page {number}")
    progress.close()
    assert stderr.getvalue() == "page 0\npage 2\npage 4\n"


@pytest.mark.parametrize(
    "options",
    [{"is_terminal": False}, {"quiet": True}, {"is_terminal": False, "quiet": True, "environ": {"CI": "1"}}],
    ids=["pipe", "quiet", "quiet CI"],
)
def test_nobody_else_is_told(stderr: io.StringIO, options: dict[str, Any]) -> None:
    progress = make(stderr, **options)
    progress("page 1")
    progress.close()
    assert stderr.getvalue() == ""
