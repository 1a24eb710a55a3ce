"""`webhook certify`: the example bot over real sockets, and what it says where it cannot begin."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from qsc_bot.models.certificate import Certificate, Check, Mark
from qsc_bot.models.delivery import Via
from qsc_bot.operations.scenarios import SCENARIOS
from qsc_bot.output.certificate import certificate_lines, certificate_screen
from qsc_bot.output.fields import encode
from qsc_bot.output.table import Screen
from tests.cli.terminal import NOW, PROD, SECRETS, Terminal, check_document
from tests.cli.test_served import environ, serving
from tests.cli.test_served import qsc_bot as typed

NAMES = [scenario.name for scenario in SCENARIOS]
BOT = "/example-bot/social-connect"


@dataclass(frozen=True)
class Machine:
    """A machine that serves its sandbox."""

    home: Path
    address: str

    def certify(self, *words: str, path: str = BOT, **env: str) -> tuple[int, Any]:
        """Exit code and document of one run; the example bot has done its work when it answers."""
        command = ["webhook", "certify", "--to", f"{self.address}{path}", "--silence", "0s", *words, "-o", "json"]
        done = subprocess.run(
            [sys.executable, "-m", "qsc_bot", *command],
            env=environ(self.home, **env),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One served sandbox."""
    home = tmp_path_factory.mktemp("machine")
    with serving(home) as address:
        yield Machine(home, address)


@pytest.mark.socket
@pytest.mark.parametrize(("via", "skipped"), [("social-connect", 0), ("messenger", 2)])
def test_example_bot_passes_every_scenario(machine: Machine, tmp_path: Path, via: str, skipped: int) -> None:
    junit = tmp_path / "junit.xml"
    words = ["--via", via, "--junit", str(junit), "-p", "sandbox"]
    code, document = machine.certify(*words, path=f"/example-bot/{via}")
    assert (code, [item["scenario"] for item in document["items"]]) == (0, NAMES)
    results = [item["result"] for item in document["items"]]
    assert (results.count("pass"), results.count("skipped")) == (len(NAMES) - skipped, skipped)
    check_document(document)
    assert (document["sandbox"], document["silence_s"], document["timeout_s"]) == (machine.address, 0, 10)
    root = Xml.fromstring(junit.read_bytes())
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == (str(len(NAMES)), "0", str(skipped))


@pytest.mark.socket
def test_failed_scenario_is_exit_9_with_the_document_whole(machine: Machine, tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    words = ["--scenario", "answers-once", "--scenario", "escalates-on-request", "--junit", str(junit)]
    code, document = machine.certify(*words, "--ask-person", "iemand graag", "--timeout", "1s", "-p", "sandbox")
    assert code == 9
    items = document["items"]
    assert [(item["scenario"], item["result"]) for item in items] == [
        ("answers-once", "pass"),
        ("escalates-on-request", "fail"),
    ]
    assert (
        "saw that it is held by bot (1 s for an answer, 0 s for silence): put the escalation tag" in items[1]["reason"]
    )
    assert Xml.fromstring(junit.read_bytes()).get("failures") == "1"


@pytest.mark.socket
def test_deliveries_are_signed_with_the_secret_of_the_profile(machine: Machine) -> None:
    config = machine.home / ".config/qsc-bot/config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(PROD)
    words = ["--scenario", "answers-once", "-p", "prod"]
    assert machine.certify(*words, QSC_BOT_CLIENT_SECRET="sandbox-client-secret")[0] == 0
    code, document = machine.certify(*words, QSC_BOT_CLIENT_SECRET="of-somebody-else")
    assert (code, "status 403" in document["items"][0]["reason"]) == (9, True)


@pytest.mark.socket
def test_faults_that_the_bot_may_meet_are_told(machine: Machine) -> None:
    words = ["--scenario", "refuses-wrong-signature", "-p", "sandbox"]
    assert machine.certify(*words)[1]["warnings"] == []
    fault = ["sandbox", "fault", "add", "GET /nowhere", "--status", "500"]
    assert typed(machine.home, *fault, "-p", "sandbox")[0] == 0
    code, document = machine.certify(*words)
    assert (code, len(document["warnings"])) == (0, 1)
    assert "qsc-bot sandbox fault clear" in document["warnings"][0]


@pytest.mark.socket
def test_rows_are_scenarios(machine: Machine) -> None:
    command = ["webhook", "certify", "--to", f"{machine.address}{BOT}", "--silence", "0s", "-p", "sandbox"]
    words = [sys.executable, "-m", "qsc_bot", *command, "--scenario", "answers-once", "--fields", "scenario,result"]
    done = subprocess.run([*words, "-o", "csv"], env=environ(machine.home), capture_output=True, text=True, check=True)
    assert done.stdout == "scenario,result\nanswers-once,pass\n"


@pytest.mark.parametrize("words", [["--fields", "via"], ["--junit", "-"]])
def test_words_that_cannot_be_are_told_before_anything_is_played(run: Terminal, words: list[str]) -> None:
    result = run(*TO, *words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")


TO = ["webhook", "certify", "--to", "http://127.0.0.1:9/bot"]


def test_sandbox_that_nobody_serves_is_exit_3_naming_the_command(run: Terminal) -> None:
    result = run(*TO, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "sandbox.not_served")
    assert "qsc-bot sandbox serve" in result.error["hint"]


@pytest.mark.parametrize(("via", "variable"), [("social-connect", "CLIENT_SECRET"), ("messenger", "APP_SECRET")])
def test_missing_secret_is_exit_3_naming_its_variable(run: Terminal, via: str, variable: str) -> None:
    run.configure(PROD)
    result = run(*TO, "--via", via, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.secret")
    assert f"QSC_BOT_{variable}" in result.error["hint"]


def test_host_that_is_not_this_machine_is_refused_asked_for_or_allowed(run: Terminal) -> None:
    words = ["webhook", "certify", "--to", "https://bot.example.com/in"]
    refused = run(*words, "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "usage.confirmation")
    assert "--allow-host bot.example.com" in refused.error["hint"]
    declined = run(*words, tty=True, stdin="n\n")
    assert (declined.code, "bot.example.com" in declined.stderr) == (12, True)
    for allowed in (run(*words, tty=True, stdin="y\n"), run(*words, "--allow-host", "bot.example.com")):
        assert (allowed.code, "sandbox.not_served" in allowed.stderr) == (3, True)


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://user:word@127.0.0.1/", "http://[::1/"])
def test_address_that_is_none_is_a_usage_error(run: Terminal, url: str) -> None:
    assert run("webhook", "certify", "--to", url).code == 2


def test_unknown_scenario_is_told_before_anything_else(run: Terminal) -> None:
    result = run(*TO, "--scenario", "sings", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")
    assert all(name in run(*TO, "--scenario", "sings").stderr for name in NAMES)


def test_secrets_are_not_shown(run: Terminal) -> None:
    run.configure(PROD)
    run.secrets = SECRETS
    for via in ("social-connect", "messenger"):
        assert run(*TO, "--via", via, "--debug", "-v").code == 3


HOSTILE = "\x1b[31m red [/b] " + "word " * 40
ROW = encode(
    Certificate(
        items=[
            Check(scenario="answers-once", result=Mark.PASS, reason="fine"),
            Check(scenario="survives-burst", result=Mark.FAIL, reason=HOSTILE),
        ],
        via=Via.SOCIAL_CONNECT,
        run="r",
        sandbox="s",
        timeout_s=10,
        silence_s=3,
    )
)


def test_table_wraps_reasons_and_cuts_none() -> None:
    from datetime import UTC, datetime

    now = datetime.fromtimestamp(NOW, UTC)
    text = certificate_screen(ROW, Screen(width=80, now=now, fit=str, header=str))
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.splitlines()[:2] == ["SCENARIO        RESULT  REASON", "answers-once    pass    fine"]
    assert (text.count("word"), "\x1b" in text, "[/b]" in text) == (40, False, True)


@pytest.mark.parametrize("width", [20, 40, 60])
def test_narrow_terminal_gets_each_reason_below_its_scenario(width: int) -> None:
    from datetime import UTC, datetime

    now = datetime.fromtimestamp(NOW, UTC)
    long = [{"scenario": "silent-while-agents-hold", "result": "skipped", "reason": "because " * 20}, *ROW["items"]]
    text = certificate_screen({"items": long}, Screen(width=width, now=now, fit=str, header=str))
    lines = text.splitlines()
    assert all(len(line) <= max(width, 33) for line in lines)
    assert lines[0] == "silent-while-agents-hold: skipped"
    assert lines[1].startswith("  because")
    assert lines[-1].startswith("  ")
    assert (text.count("because"), text.count("word")) == (20, 40)


def test_pipe_gets_a_line_for_each_scenario() -> None:
    first, second = certificate_lines(ROW).splitlines()
    assert first == "answers-once\tpass\tfine"
    assert second.count("word") == 40
