"""The command line as a real process: signals, pipes, several at once, and faults of our own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.terminal import ClosedPipe, Prod, Terminal, Tty
from tests.conftest import MakeProd


def command(*words: str) -> list[str]:
    """A command line for a process of its own."""
    return [sys.executable, "-W", "error", "-m", "qsc_bot", *words]


def environ(home: Path) -> dict[str, str]:
    """The environment of such a process."""
    return {**os.environ, "HOME": str(home)}


class Stopped(Tty):
    """A terminal at which Ctrl-C is pressed instead of an answer."""

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # typeshed has StringIO read bytes
        """Stop."""
        raise KeyboardInterrupt


def test_ctrl_c_at_a_question_sends_nothing(prod: Prod) -> None:
    result = prod.run("recipe", "delete", "r", stdin=Stopped())
    assert (result.code, result.stdout) == (130, "")
    assert prod.wire.writes == []


@pytest.mark.parametrize("output", ["plain", "json", "ndjson", "csv", "yaml", "id", "table"])
def test_closed_pipe_ends_quietly(run: Terminal, output: str) -> None:
    result = run("conversation", "list", "--all", "-o", output, stdout=ClosedPipe())
    assert (result.code, "error" in result.stderr) == (0, False)


def test_closed_pipe_of_a_process_ends_quietly(tmp_path: Path, run: Terminal, sandbox: Sandbox) -> None:
    sandbox.reset("large:400:twitter")
    reading, writing = os.pipe()
    os.close(reading)
    words = command("conversation", "list", "--all", "-q")
    done = subprocess.run(
        words, env=environ(tmp_path), stdout=writing, stderr=subprocess.PIPE, text=True, timeout=30, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_several_processes_write_at_once_and_each_effect_is_kept(tmp_path: Path, run: Terminal) -> None:
    run.sandbox.reset("large:40:twitter")
    started = [
        subprocess.Popen(
            command("escalation", "add", *(f"twitter:{one}" for one in range(first, 21, 2)), "-o", "json"),
            env=environ(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in (1, 2)
    ]
    for process in started:
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr
        assert {item["status"] for item in json.loads(stdout)["items"]} <= {"changed", "unchanged"}
    tagged = run("escalation", "list", "--all", "-o", "id").stdout.split()
    assert {f"twitter:{one}" for one in range(1, 21)} <= set(tagged)


def test_fault_of_our_own_is_reported_in_a_file_without_secrets(tmp_path: Path) -> None:
    probe = """
import sys
from qsc_bot.cli import process
def broken(*_):
    raise RuntimeError("Authorization: Bearer sentinel-token-9f1c broke")
process.run = broken
sys.exit(process.run_process(["conversation", "list"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env={**environ(tmp_path), "TMPDIR": str(tmp_path), "QSC_BOT_TOKEN": "sentinel-token-9f1c"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    (report,) = tmp_path.glob("qsc-bot-report-*.txt")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"report: {report}" in done.stderr
    assert "Traceback" not in done.stderr
    text = report.read_text()
    assert "RuntimeError" in text
    assert "sentinel" not in text + done.stderr
    assert report.stat().st_mode & 0o077 == 0


def test_process_speaks_ascii_where_the_stream_can_show_no_more(tmp_path: Path) -> None:
    done = subprocess.run(
        command("conversation", "list", "-o", "table"),
        env={**environ(tmp_path), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_files_of_the_state_are_the_users_own(run: Terminal, make_prod: MakeProd) -> None:
    run("conversation", "list")
    assert run.state.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in run.state.iterdir())


def test_interrupt_signal_ends_a_process_with_130(tmp_path: Path) -> None:
    probe = """
import sys, threading, os, signal, time
from qsc_bot.cli.process import run_process
import qsc_bot.cli.session as session
from qsc_bot.sandbox import service
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
service.open_in_memory = lambda *_, **__: time.sleep(20)
sys.exit(run_process(["sandbox", "status"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environ(tmp_path), capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in done.stderr
    assert "[run.interrupted]" in done.stderr


@pytest.mark.parametrize("words", [["demo"], ["help", "errors"], ["--help"]], ids=" ".join)
def test_closed_pipe_of_any_command_ends_quietly(tmp_path: Path, words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command(*words),
        env=environ(tmp_path),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, "rror" in done.stderr) == (0, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("words", [[], ["-o", "json"]], ids=["people", "programs"])
def test_result_that_cannot_be_written_is_told_as_asked_for(tmp_path: Path, words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("profile", "list", *words),
            env=environ(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    last = done.stderr.splitlines()[-1]
    code = json.loads(last)["error"]["code"] if words else last.rpartition("[")[2].rstrip("]")
    assert (done.returncode, code) == (3, "output.unwritable")
