"""`conversation watch` for people: one table that is redrawn in place, and lines where nothing may be redrawn."""

from typing import TYPE_CHECKING

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.meanwhile import Meanwhile
from tests.cli.screens import Screen
from tests.cli.terminal import Result, Terminal
from tests.conftest import CheckGolden

if TYPE_CHECKING:
    from collections.abc import Callable

WATCH = ["conversation", "watch"]
ERASE = "\x1b[J"


def seen(result: Result, width: int = 80, height: int = 24) -> list[str]:
    """What stands on the screen at the end."""
    return Screen(width, height).write(result.stdout).lines


@pytest.mark.parametrize("width", [80, 40])
def test_screen_after_one_redraw(run: Terminal, sandbox: Sandbox, check_golden: CheckGolden, width: int) -> None:
    Meanwhile(run, {20: lambda: sandbox.say("twitter:1001", "Hello?")}, ends_at=40)
    result = run(*WATCH, tty=True, width=width)
    assert result.stdout.count(ERASE) == 2
    check_golden(f"conversation-watch-{width}.txt", "\n".join(seen(result, width)))


def test_table_is_redrawn_in_place_without_leftovers(run: Terminal) -> None:
    Meanwhile(run, {20: lambda: run("escalation", "remove", "twitter:1002")}, ends_at=100)
    lines = seen(run(*WATCH, "--control", "agent", tty=True))
    assert lines[0].startswith("WAIT   CONTROL  STUCK")
    assert [line.split()[3] for line in lines[1:2]] == ["whatsapp:32470000001"]
    assert (len(lines), "twitter:1002" in "".join(lines)) == (5, False)
    assert lines[3].startswith("last checked 09:04:00, next in 30 s, ")


def test_screen_tells_that_it_is_the_sandbox_and_how_it_ended(run: Terminal) -> None:
    Meanwhile(run, ends_at=1)
    result = run(*WATCH, tty=True)
    assert result.code == 130
    assert result.stderr.count("sandbox: no real account\n") == 1
    assert "[run.interrupted]" in result.stderr


@pytest.mark.parametrize(("width", "height"), [(80, 10), (80, 24), (40, 10), (160, 6), (80, 4), (80, 2), (20, 3)])
def test_whole_rows_fit_the_screen_whatever_its_size(run: Terminal, sandbox: Sandbox, width: int, height: int) -> None:
    sandbox.reset("large:100:twitter")
    Meanwhile(run, ends_at=40)
    stdout = run(*WATCH, tty=True, width=width, height=height).stdout
    last = stdout.rpartition(ERASE)[2]
    drawn = Screen(width, 500).write(last).lines
    assert len(drawn) <= max(height, 6)
    joined = "".join(drawn).replace(" ", "")
    assert "lastchecked" in joined
    if height >= 10:
        shown = sum("twitter:" in line for line in last.splitlines())
        assert f"and{100 - shown}more" in joined


def test_resized_terminal_is_drawn_anew(run: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    from qsc_bot.cli.surroundings import Surroundings

    sizes = {"now": (80, 24)}
    monkeypatch.setattr(Surroundings, "size", lambda _: sizes["now"])
    Meanwhile(run, {10: lambda: sizes.update(now=(60, 20))}, ends_at=40)
    stdout = run(*WATCH, tty=True).stdout
    assert stdout.count("\x1b[H\x1b[2J") == 1
    assert Screen(60, 20).write(stdout.partition("\x1b[2J")[2]).lines[0].startswith("WAIT")


def test_old_readings_show_as_such(run: Terminal) -> None:
    Meanwhile(run, ends_at=70)
    lines = seen(run(*WATCH, "--service", "twitter", "--service", "viber", tty=True))
    rows = [line for line in lines if "twitter:" in line or "viber:" in line]
    assert [("twitter:" in row, " old" in row) for row in rows] == [
        (True, False),
        (False, True),
        (True, False),
        (True, False),
    ]


def test_failing_look_leaves_what_is_known_and_marks_it(run: Terminal, sandbox: Sandbox) -> None:
    Meanwhile(run, {20: lambda: sandbox.add_fault("*", status=503, times=None)}, ends_at=40)
    lines = seen(run(*WATCH, tty=True))
    rows = [line for line in lines if ":" in line.partition("last")[0]]
    assert len(rows) == 10
    assert all(" old" in row for row in rows)
    told = " ".join(lines)
    assert "last checked 09:02:30, failing since: " in told
    assert "[api.unavailable], next try in 60 s" in told


def test_breaches_stand_in_the_last_line(run: Terminal) -> None:
    Meanwhile(run, ends_at=1)
    lines = seen(run(*WATCH, "--slo", "agent_silent<40m", tty=True, width=120), 120)
    assert lines[-2].endswith("; breached: agent_silent<40m by 2")


def test_nothing_to_show_says_so(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.reset("empty")
    Meanwhile(run, ends_at=1)
    assert seen(run(*WATCH, tty=True))[0] == "no conversations"


def test_notice_in_between_is_not_written_over(run: Terminal) -> None:
    Meanwhile(run, ends_at=40)
    stdout = run(*WATCH, "--debug", tty=True).stdout
    assert stdout.count(ERASE) == 1  # the redraw between two looks; the second look told its calls below the table


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"ACCESSIBLE": "1"}], ids=["dumb", "accessible"])
def test_no_screen_is_redrawn_where_that_does_not_help(run: Terminal, env: dict[str, str]) -> None:
    Meanwhile(run, {20: lambda: run("escalation", "remove", "twitter:1002")}, ends_at=100)
    result = run(*WATCH, "--service", "twitter", tty=True, env=env)
    assert "\x1b" not in result.stdout + result.stderr.partition("\x1b[1;31merror:")[0]
    changed = [line.split("\t")[:4] for line in result.stdout.splitlines()]
    assert len(changed) == 4
    assert changed[-1] == ["2026-11-22T09:03:00Z", "modified", "twitter:1002", "bot"]
    assert [line for line in result.stderr.splitlines() if line.startswith("last checked 09:03:00, next in 30 s")]


def test_lines_tell_when_looks_begin_and_cease_to_fail(run: Terminal, sandbox: Sandbox) -> None:
    acts: dict[float, Callable[[], object]] = {
        20: lambda: sandbox.add_fault("*", status=503, times=None),
        100: sandbox.clear_faults,
    }
    Meanwhile(run, acts, ends_at=400)
    told = [line for line in run(*WATCH, "-o", "plain").stderr.splitlines() if line.startswith("last checked")]
    assert [("failing" in line) for line in told] == [False, True, False]


@pytest.mark.parametrize("hostile", ["\x1b[2J\x1b[31mred", "[/b][bold]", "a\nb\rc", "x" * 3000, "👩‍🚒 日本"])
def test_hostile_names_do_no_harm(run: Terminal, sandbox: Sandbox, hostile: str) -> None:
    sandbox.say("twitter:666", "Hi", name=hostile)
    Meanwhile(run, ends_at=1)
    stdout = run(*WATCH, "--show-pii", tty=True, env={"NO_COLOR": "1"}).stdout
    assert "\x1b" not in stdout
    assert "twitter:666" in stdout
