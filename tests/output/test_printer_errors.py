"""How a failure is told: to people, to programs, and never with what harms a terminal."""

import json
from typing import Any

import pytest

from qsc_bot.catalogue import CATALOGUE
from qsc_bot.errors import QscBotError
from qsc_bot.output.identity import Identity


def test_an_error_names_states_and_the_way_out(start: Any) -> None:
    run = start("table")
    error = QscBotError(
        "handover.state_changed",
        "whatsapp:987 is held by agents",
        hint=("qsc-bot conversation show whatsapp:987", "qsc-bot handover to-bot whatsapp:987"),
        expected="idle",
        found="agent",
        request_id="r-1",
    )
    run.printer.error(error)
    assert run.out == ""
    assert run.err == (
        "error: whatsapp:987 is held by agents   [handover.state_changed]\n"
        "  expected: idle    now: agent\n"
        "  try:  qsc-bot conversation show whatsapp:987\n"
        "        qsc-bot handover to-bot whatsapp:987\n"
    )
    verbose = start("table", verbose=1)
    verbose.printer.error(error)
    assert verbose.err == f"{run.err}  request: r-1\n"


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_error_without_a_hint_shows_its_remedy(start: Any, code: str) -> None:
    run = start("yaml")
    run.printer.error(QscBotError(code, "it failed"))
    assert run.err == f"error: it failed   [{code}]\n  try:  {CATALOGUE[code].remedy}\n"


@pytest.mark.parametrize("format_name", ["json", "ndjson"])
def test_programs_get_the_error_as_an_object(start: Any, format_name: str) -> None:
    run = start(format_name)
    run.printer.error(QscBotError("api.unavailable", "the server said 503", request_id="r-1"))
    assert run.out == ""
    assert run.err.count("\n") == 1
    assert json.loads(run.err) == {
        "schema": "qsc-bot/error@1",
        "profile": "prod",
        "account_id": "1417",
        "error": {
            "code": "api.unavailable",
            "exit": 8,
            "message": "the server said 503",
            "hint": "run again later",
            "request_id": "r-1",
            "retryable": True,
        },
    }


def test_an_error_without_a_profile_has_nulls(start: Any) -> None:
    def identity() -> Identity:
        raise QscBotError("config.profile_missing", "no profile was chosen")

    run = start("json", identity=identity)
    run.printer.error(QscBotError("config.profile_missing", "no profile was chosen"))
    assert json.loads(run.err)["profile"] is None


@pytest.mark.parametrize("format_name", ["json", "plain"])
def test_hostile_errors_are_safe_and_short(start: Any, is_safe: Any, hostile: str, format_name: str) -> None:
    run = start(format_name)
    run.printer.error(QscBotError("api.refused", hostile, hint=(hostile,), expected=hostile, found=hostile))
    assert is_safe(run.err)
    assert max(len(line) for line in run.err.splitlines()) < 13_000
    message = json.loads(run.err)["error"]["message"] if format_name == "json" else run.err.splitlines()[0]
    assert len(message) <= 2_000 + len("error:    [api.refused]")


def test_only_a_terminal_sees_a_red_error(start: Any) -> None:
    error = QscBotError("api.unavailable", "it failed")
    terminal, pipe = start("table", stderr_is_terminal=True), start("table")
    terminal.printer.error(error)
    pipe.printer.error(error)
    assert terminal.err.startswith("\x1b[1;31merror:\x1b[0m it failed")
    assert "\x1b" not in pipe.err
