"""`webhook certify` that does not come to its end: what was played is shown, and no bot is blamed."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from werkzeug.wrappers import Request

from qsc_bot.operations.scenarios import SCENARIOS
from tests.cli.test_served import environ, serving
from tests.operations.bots import Bot, running

pytestmark = pytest.mark.socket
FOURTH: Final = SCENARIOS[3].name


@dataclass
class Watched(Bot):
    """A bot that does nothing in the fourth scenario but what a test wants."""

    act: Callable[[], object] = lambda: None

    def hear(self, request: Request) -> int:
        """Let the test act."""
        if FOURTH.encode() not in request.get_data():
            return super().hear(request)
        self.act()
        return 200


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A run in a process of its own, its bot, and the end of its sandbox."""

    process: subprocess.Popen[str]
    bot: Watched
    serving: ExitStack

    def ended(self) -> tuple[int, list[str], str]:
        """Exit code, results, and the code of the error."""
        out, errors = self.process.communicate(timeout=60)
        results = [item["result"] for item in json.loads(out)["items"]]
        error: Any = json.loads(errors.splitlines()[-1])["error"]
        return self.process.returncode, results, error["code"]


def started(stack: ExitStack, home: Path, *words: str) -> Trial:
    """A run that has begun."""
    served = stack.enter_context(ExitStack())
    bot = Watched(api=served.enter_context(serving(home)), secret="sandbox-client-secret")
    url = stack.enter_context(running(bot))
    command = ["webhook", "certify", "--to", url, "--silence", "0s", "--timeout", "1s", "-p", "sandbox", "-o", "json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "qsc_bot", *command, *words],
        env=environ(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return Trial(process=process, bot=bot, serving=served)


def test_sandbox_that_ends_is_exit_3(tmp_path: Path) -> None:
    with ExitStack() as stack:
        trial = started(stack, tmp_path)
        trial.bot.act = trial.serving.close
        code, results, error = trial.ended()
    assert (code, error) == (3, "sandbox.not_served")
    assert results == ["pass"] * 3 + ["skipped"] * (len(SCENARIOS) - 3)


def test_ctrl_c_is_exit_130(tmp_path: Path) -> None:
    with ExitStack() as stack:
        trial = started(stack, tmp_path)
        trial.bot.act = lambda: trial.process.send_signal(signal.SIGINT)
        code, results, error = trial.ended()
    assert (code, error) == (130, "run.interrupted")
    assert results == ["pass"] * 3 + ["skipped"] * (len(SCENARIOS) - 3)


def test_file_that_can_be_written_no_more_is_exit_3(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    with ExitStack() as stack:
        trial = started(stack, tmp_path, "--junit", str(folder / "junit.xml"))
        trial.bot.act = folder.touch
        code, results, error = trial.ended()
    assert (code, error) == (3, "output.unwritable")
    assert results == ["pass"] * 3 + ["fail"] + ["pass"] * (len(SCENARIOS) - 4)
