"""One operation and several processes: none is carried out twice at once, and nothing is sent twice."""

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.journaled import journal, statuses
from tests.cli.terminal import Terminal


def process(home: Path, *words: str) -> "subprocess.Popen[str]":
    """A run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "qsc_bot", *words, "-o", "json"],
        env={**os.environ, "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_do_not_carry_one_operation_out(tmp_path: Path, run: Terminal) -> None:
    run.sandbox.reset("large:20:twitter")
    run.sandbox.add_fault("POST /1000/inbox/contact/*", delay_seconds=1.0, times=4)
    ids = [f"twitter:{one}" for one in (1, 2, 3, 4)]
    first = process(tmp_path, "handover", "to-agent", *ids)
    with journal(run) as kept:
        while not (kept.operations() and kept.is_running(kept.operations()[0])):
            assert first.poll() is None
        operation = kept.operations()[0]
    for verb in ("resume", "undo"):
        refused = run("operation", verb, operation, "-o", "json")
        assert (refused.code, refused.error["code"]) == (7, "operation.running")
        assert refused.error["hint"].endswith(f"qsc-bot operation show {operation}")
    assert run("operation", "show", operation, "-o", "json").document["state"] == "running"
    assert first.communicate(timeout=20)[1] == ""
    again = run("operation", "resume", operation, "-o", "json")
    assert (again.code, statuses(again.document)) == (0, ["changed"] * 4)
    assert sum(row["writes"] for row in run.sandbox.status()["conversations"]) == 4


def test_two_processes_that_resume_at_once_send_nothing_twice(tmp_path: Path, run: Terminal) -> None:
    run.sandbox.reset("large:40:twitter")
    run.sandbox.add_fault("POST /1000/inbox/contact/*", rate_limit=True, times=1)
    ids = [f"twitter:{one}" for one in range(1, 13)]
    operation = run("handover", "to-agent", *ids, "-o", "json").document["operation"]
    run.sandbox.add_fault("POST /1000/inbox/contact/*", delay_seconds=0.2, times=None)
    both = [process(tmp_path, "operation", "resume", operation) for _ in range(2)]
    said = [one.communicate(timeout=30) for one in both]
    assert sorted(one.returncode for one in both) in ([0, 7], [0, 0]), said
    assert max(row["writes"] for row in run.sandbox.status()["conversations"]) == 1
    assert run("operation", "show", operation, "-o", "json").document["state"] == "done"
