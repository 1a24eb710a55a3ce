"""One budget for real processes: what they call together never exceeds the limit, nor uses the reserve."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_served import environ, prod_at, qsc_bot, serving

pytestmark = pytest.mark.socket

SPEND = """
import json, sys
from qsc_bot.cli.session import Session
from qsc_bot.cli.surroundings import Surroundings
from qsc_bot.errors import QscBotError
from qsc_bot.transport.parallel import in_parallel

reserve, threads, stop_after = map(int, sys.argv[1:4])
session = Session(Surroundings())
session.command = "conversation list"
accounts, budget = session.remotes.accounts, session.connection.budget
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
code = None
try:
    with budget.keeping(reserve):
        for number, _ in enumerate(in_parallel(lambda _: accounts.user(), range(500), workers=threads)):
            if number == stop_after:
                print("started", flush=True)
                sys.stdin.readline()
except QscBotError as error:
    code = error.code
calls = budget.calls
session.close()
print(json.dumps({"code": code, "calls": calls}), flush=True)
"""


def start(home: Path, *, reserve: int, threads: int = 8, stop_after: int = -1) -> subprocess.Popen[str]:
    """A process that calls as often as it may, once it is let go."""
    words = [sys.executable, "-W", "error", "-c", SPEND, str(reserve), str(threads), str(stop_after)]
    env = environ(home, QSC_BOT_TOKEN="sandbox")
    process = subprocess.Popen(words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def let_go(processes: Sequence[subprocess.Popen[str]]) -> list[Any]:
    """Let all of them go at once, and what each came to."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=60)[0].splitlines()[-1]) for process in processes]


def asked(home: Path) -> int:
    """How many calls of any kind the sandbox got, refused ones included."""
    _, status, _ = qsc_bot(home, "sandbox", "status", "-p", "sandbox")
    return sum(status["requests"].values())


def test_two_processes_together_leave_the_reserve_and_are_never_refused(tmp_path: Path) -> None:
    with serving(tmp_path, "--rate-limit", "60") as address:
        prod_at(tmp_path, address)
        ends = let_go([start(tmp_path, reserve=10), start(tmp_path, reserve=10)])
        assert [end["code"] for end in ends] == ["budget.reserved"] * 2
        assert sum(end["calls"] for end in ends) == asked(tmp_path) == 50
        _, limits, _ = qsc_bot(tmp_path, "limits")
        assert (limits["limit"], limits["left"], limits["reserve"]) == (60, 10, 50)
        assert sorted(use["calls"] for use in limits["used_by"]) == sorted(end["calls"] for end in ends if end["calls"])


def test_small_limit_is_not_burst_through_before_it_is_known(tmp_path: Path) -> None:
    with serving(tmp_path, "--rate-limit", "3") as address:
        prod_at(tmp_path, address)
        ends = let_go([start(tmp_path, reserve=0), start(tmp_path, reserve=0)])
        assert {end["code"] for end in ends} == {"api.rate_limited"}
        assert asked(tmp_path) == 3


def test_process_that_is_killed_takes_nothing_from_the_others(tmp_path: Path) -> None:
    with serving(tmp_path, "--rate-limit", "60") as address:
        prod_at(tmp_path, address)
        killed = start(tmp_path, reserve=10, stop_after=5)
        assert killed.stdin is not None
        assert killed.stdout is not None
        killed.stdin.write("go\n")
        killed.stdin.flush()
        assert killed.stdout.readline() == "started\n"
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        (end,) = let_go([start(tmp_path, reserve=10)])
        assert end["code"] == "budget.reserved"
        assert 50 - 2 * 8 <= asked(tmp_path) <= 50  # what eight threads had on their way is held for two minutes


def test_commands_are_kept_from_exceeding_the_limit_and_not_from_using_the_reserve(tmp_path: Path) -> None:
    with serving(tmp_path, "--rate-limit", "6") as address:
        prod_at(tmp_path, address)
        let_go([start(tmp_path, reserve=3)])
        assert asked(tmp_path) == 3
        for code in (0, 0, 0, 8):
            assert qsc_bot(tmp_path, "handover", "status", "whatsapp:32470000000")[0] == code
        assert asked(tmp_path) == 6
