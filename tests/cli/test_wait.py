"""`conversation wait`: ends when its condition holds, at the timeout, or where waiting is in vain."""

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.meanwhile import Meanwhile
from tests.cli.terminal import PROD, Prod, Terminal

WAIT = ["conversation", "wait"]
TAG = "twitter:1002"
HANDOVER = "whatsapp:32470000001"


def looks(sandbox: Sandbox, path: str) -> int:
    """How many calls went to a path."""
    requests: dict[str, int] = sandbox.status()["requests"]
    return sum(number for endpoint, number in requests.items() if path in endpoint)


def test_condition_that_holds_is_one_call_and_no_wait(run: Terminal, sandbox: Sandbox) -> None:
    result = run(*WAIT, TAG, "--for", "control=agent", "-o", "json")
    assert (result.code, result.stderr) == (0, "")
    shown = result.document
    assert (shown["schema"], shown["id"], shown["control"]) == ("qsc-bot/conversation@1", TAG, "agent")
    assert (shown["escalated"], shown["stale"], shown["observed_at"]) == (True, False, "2026-11-22T09:02:30Z")
    assert (run.slept, sum(sandbox.status()["requests"].values())) == ([], 1)


@pytest.mark.parametrize(
    ("conversation", "condition", "act"),
    [
        pytest.param(TAG, "control=bot", ["escalation", "remove", TAG], id="tag"),
        pytest.param(TAG, "escalated=false", ["escalation", "remove", TAG], id="tag, escalated"),
        pytest.param(HANDOVER, "control=bot", ["sandbox", "press-hand-over", HANDOVER], id="handover"),
        pytest.param(HANDOVER, "escalated=true", ["escalation", "add", HANDOVER], id="handover, escalated"),
        pytest.param("facebook:5550001", "control=agent", ["handover", "to-agent", "facebook:5550001"], id="messenger"),
    ],
)
def test_wait_ends_at_the_first_look_that_sees_it(
    run: Terminal, conversation: str, condition: str, act: list[str]
) -> None:
    time = Meanwhile(run, {12.0: lambda: run(*act)})
    result = run(*WAIT, conversation, "--for", condition, "-o", "json")
    assert result.code == 0
    assert time.slept == [5.0, 5.0, 5.0]
    key, _, wanted = condition.partition("=")
    assert str(result.document[key]).lower() == wanted


def test_escalated_of_another_method_still_tells_who_holds_it(run: Terminal) -> None:
    run("escalation", "add", HANDOVER)
    shown = run(*WAIT, HANDOVER, "--for", "escalated=true", "-o", "json").document
    assert (shown["control"], shown["method"], shown["escalated"]) == ("agent", "handover", True)


def test_unmet_condition_is_exit_11_at_the_timeout_with_the_next_command(run: Terminal, sandbox: Sandbox) -> None:
    time = Meanwhile(run)
    result = run(*WAIT, TAG, "--for", "control=bot", "--timeout", "13s")
    assert (result.code, result.stdout) == (11, "")
    assert time.slept == [5.0, 5.0, 3.0]
    assert looks(sandbox, "inbox/contact") == 4
    assert "control=bot did not come true within 13s" in result.stderr
    assert "[wait.not_met]" in result.stderr
    assert "expected: control=bot    now: control=agent" in result.stderr
    assert "try:  qsc-bot conversation explain twitter:1002\n" in result.stderr


def test_timeout_under_json_is_the_error_object(run: Terminal) -> None:
    Meanwhile(run)
    result = run(*WAIT, TAG, "--for", "escalated=false", "--timeout", "10s", "-o", "json")
    assert (result.code, result.stdout) == (11, "")
    assert len(result.stderr.splitlines()) == 1
    assert (result.error["code"], result.error["exit"], result.error["retryable"]) == ("wait.not_met", 11, False)
    assert "escalated=true was read last" in result.error["message"]
    assert result.error["hint"] == "qsc-bot conversation explain twitter:1002"


def test_next_command_names_the_profile_that_was_named(run: Terminal) -> None:
    result = run(*WAIT, TAG, "--for", "control=bot", "--timeout", "0s", "-p", "sandbox", "-o", "json")
    assert result.error["hint"] == "qsc-bot conversation explain twitter:1002 -p sandbox"


def test_last_look_is_at_the_timeout(run: Terminal) -> None:
    Meanwhile(run, {13.0: lambda: run("escalation", "remove", TAG)})
    assert run(*WAIT, TAG, "--for", "control=bot", "--timeout", "13s").code == 0


def test_no_look_comes_after_the_timeout(run: Terminal, sandbox: Sandbox) -> None:
    def suspend() -> None:
        run.now += 3600
        run("escalation", "remove", TAG)

    Meanwhile(run, {5.0: suspend})
    assert run(*WAIT, TAG, "--for", "control=bot", "--timeout", "12s").code == 11


def test_timeout_of_nothing_looks_once(run: Terminal, sandbox: Sandbox) -> None:
    assert run(*WAIT, TAG, "--for", "control=bot", "--timeout", "0s").code == 11
    assert looks(sandbox, "inbox/contact") == 1


def test_remote_clock_that_jumps_does_not_shorten_the_wait(run: Terminal, sandbox: Sandbox) -> None:
    time = Meanwhile(run, {5.0: lambda: sandbox.advance(7200)})
    assert run(*WAIT, TAG, "--for", "control=bot", "--timeout", "20s").code == 11
    assert sum(time.slept) == 20.0


def test_index_is_never_believed(run: Terminal, sandbox: Sandbox) -> None:
    run("conversation", "list")
    sandbox.press_hand_over(HANDOVER)
    assert run(*WAIT, HANDOVER, "--for", "control=bot", "--timeout", "0s").code == 0


def test_temporary_failures_do_not_end_it_and_are_told_once(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.add_fault("GET /*/inbox/contact/*", status=503, times=6)
    time = Meanwhile(run, {12.0: lambda: run("escalation", "remove", TAG)})
    result = run(*WAIT, TAG, "--for", "control=bot")
    assert (result.code, len(time.slept)) == (0, 3)
    assert result.stderr.count("could not be read") == 1


def test_timeout_names_the_last_failure(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.add_fault("GET /*/inbox/contact/*", status=503, times=None)
    Meanwhile(run)
    result = run(*WAIT, TAG, "--for", "control=bot", "--timeout", "10s", "-o", "json")
    assert (result.code, result.error["code"]) == (11, "wait.not_met")
    assert "nothing could be read" in result.error["message"]
    assert "3 looks failed, the last one: " in result.error["message"]
    assert "[api.unavailable]" in result.error["message"]


@pytest.mark.parametrize(
    ("status", "code", "error"), [(401, 4, "auth.rejected"), (403, 5, "access.denied")], ids=["rejected", "denied"]
)
def test_refusal_ends_it_at_once(run: Terminal, sandbox: Sandbox, status: int, code: int, error: str) -> None:
    sandbox.add_fault("GET /*/inbox/contact/*", status=status, times=None)
    time = Meanwhile(run)
    result = run(*WAIT, TAG, "--for", "control=bot", "-o", "json")
    assert (result.code, result.error["code"], time.slept) == (code, error, [])


@pytest.mark.parametrize("conversation", ["twitter:4242", "whatsapp:4242", "facebook:4242"])
def test_unknown_conversation_ends_it_at_once(run: Terminal, conversation: str) -> None:
    time = Meanwhile(run)
    assert (run(*WAIT, conversation, "--for", "control=bot").code, time.slept) == (6, [])


def test_channel_that_is_not_set_up_ends_it_at_once(prod: Prod) -> None:
    prod.run.configure("\n".join(line for line in PROD.splitlines() if "messenger" not in line) + "\n")
    result = prod.run(*WAIT, "facebook:5550001", "--for", "control=bot", "-o", "json")
    assert (result.code, result.error["code"], prod.wire.requests) == (3, "config.messenger", [])


def test_escalation_that_no_call_can_tell_is_refused(run: Terminal) -> None:
    result = run(*WAIT, "instagram:1", "--for", "escalated=true", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.service")
    assert "do not support instagram" in result.error["message"]


@pytest.mark.parametrize(
    "condition", ["control=bots", "control", "control=", "=bot", "escalated=yes", "stuck=true", "", "control=bot,agent"]
)
def test_other_conditions_are_refused_naming_what_can_be(run: Terminal, condition: str) -> None:
    result = run(*WAIT, TAG, "--for", condition)
    assert (result.code, result.stdout) == (2, "")
    assert "expected: control=bot|agent|other|idle|unknown, escalated=true|false" in result.stderr


def test_interval_has_a_floor_that_is_told(run: Terminal) -> None:
    run.play = lambda seconds: setattr(run, "now", run.now + seconds)
    started = run.now
    result = run(*WAIT, TAG, "--for", "control=bot", "--timeout", "3s", "--interval", "10ms")
    assert (result.code, round(run.now - started, 3)) == (11, 3.0)
    assert "--interval is 1s at least" in result.stderr


def test_progress_says_what_is_awaited_and_for_how_long(run: Terminal) -> None:
    Meanwhile(run)
    told = run(*WAIT, TAG, "--for", "control=bot", "--timeout", "2m", tty=True).stderr
    assert "waiting for control=bot, 2m left: twitter:1002, now control=agent" in told
    assert "waiting for control=bot, 55s left: " in told
    assert told.rpartition("\x1b[2K")[2].startswith("\x1b[1;31merror:")  # the line of progress is gone by then


def test_ctrl_c_is_130(run: Terminal) -> None:
    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    run.play = stop
    result = run(*WAIT, TAG, "--for", "control=bot", "-o", "json")
    assert (result.code, result.stdout, result.error["code"]) == (130, "", "run.interrupted")
