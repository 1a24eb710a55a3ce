"""A fault of our own: the report and both streams hold no secret that the run has met, wherever it came from."""

import base64
import io
import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from qsc_bot.cli import process
from qsc_bot.cli.surroundings import Surroundings
from tests.cli.accounts import BUS, EU, make_desk
from tests.cli.terminal import PROD, Terminal, answering, check_document
from tests.credentials.backends import LOCKED, Memory

SECRET = "st0red/S3cret+value"
FORMS: list[Callable[[str], str]] = [
    str,
    str.upper,
    lambda secret: quote(secret, safe=""),
    lambda secret: json.dumps(secret).replace("/", "\\/"),
    lambda secret: base64.b64encode(f"user:{secret}".encode()).decode(),
]


@pytest.fixture
def crash(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a command as a process; its first call ends in a fault whose words hold the secret in every form."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def fail(_request: httpx.Request) -> httpx.Response:
        raise RuntimeError("the fault was here: " + " ".join(form(SECRET) for form in FORMS))

    def command(*words: str, stdin: str = "", **given: Any) -> str:
        run.mount = answering(fail)
        around = partial(
            Surroundings,
            environ={**run.environ, **BUS, **given.get("env", {})},
            stdin=io.StringIO(stdin),
            mount=run.mount,
            keyring=run.keyring,
        )
        monkeypatch.setattr(process, "Surroundings", around)
        code = process.run_process(list(words))
        shown = capsys.readouterr()
        reports = list(tmp_path.glob("qsc-bot-report-*.txt"))
        assert (code, shown.out) == (1, "")
        assert [f"report: {report}" in shown.err for report in reports] in ([True], [])
        return "".join(report.read_text() for report in reports) + shown.err

    return command


def assert_hidden(text: str) -> None:
    """The fault is told, and no form of the secret."""
    assert "RuntimeError: the fault was here: *** *** ***" in text
    assert [form(SECRET) for form in FORMS if form(SECRET) in text] == []


@pytest.mark.parametrize("keychain", [Memory(), LOCKED], ids=["keychain", "file"])
def test_stored_secret_is_not_in_the_report(run: Terminal, crash: Callable[..., str], keychain: Memory) -> None:
    desk = make_desk(run, keychain=keychain, tokens={EU: SECRET})
    assert desk.log_in("--allow-file-store", stdin=f"{SECRET}\n").code == 0
    assert_hidden(crash("conversation", "list"))


def test_secret_of_the_environment_is_not_in_the_report(run: Terminal, crash: Callable[..., str]) -> None:
    run.configure(PROD)
    assert_hidden(crash("conversation", "list", env={"QSC_BOT_TOKEN": SECRET}))


@pytest.mark.parametrize("pasted", [SECRET, f"Authorization: Bearer '{SECRET}'", f" {SECRET}\r\n"])
def test_token_from_standard_input_is_not_in_the_report(run: Terminal, crash: Callable[..., str], pasted: str) -> None:
    run.keyring = Memory
    assert_hidden(crash("auth", "login", "--token-stdin", "--account-id", "1", stdin=f"{pasted}\n"))


def test_token_from_a_file_is_not_in_the_report(run: Terminal, crash: Callable[..., str], tmp_path: Path) -> None:
    run.keyring = Memory
    (tmp_path / "token").write_text(f"{SECRET}\n")
    assert_hidden(crash("auth", "login", "--token-file", str(tmp_path / "token"), "--account-id", "1"))


def test_authorization_from_standard_input_is_not_in_the_report(run: Terminal, crash: Callable[..., str]) -> None:
    run.configure(PROD)
    words = ["webhook", "register", "bot", "--url", "https://bot.example.com/", "--authorization-stdin"]
    assert_hidden(crash(*words, stdin=f"Basic {SECRET}\n", env={"QSC_BOT_TOKEN": "another-token-1"}))


def test_fault_of_the_report_itself_shows_no_secret(
    run: Terminal, crash: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_words: str) -> tuple[int, str]:
        raise ValueError(SECRET)

    run.configure(PROD)
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    told = crash("conversation", "list", env={"QSC_BOT_TOKEN": SECRET})
    assert "report: it could not be written; RuntimeError" in told
    assert SECRET not in told


@pytest.mark.parametrize("words", [["-o", "json"], ["--json"], ["-o", "ndjson"]], ids=" ".join)
def test_fault_is_one_object_where_json_was_asked_for(
    run: Terminal, crash: Callable[..., str], tmp_path: Path, words: list[str]
) -> None:
    run.configure(PROD)
    told = crash("conversation", "list", *words, env={"QSC_BOT_TOKEN": SECRET}).splitlines()[-1]
    check_document(json.loads(told))
    (report,) = tmp_path.glob("qsc-bot-report-*.txt")
    error = json.loads(told)["error"]
    assert (error["code"], error["exit"], error["hint"]) == ("internal.fault", 1, f"report: {report}")
    assert_hidden(report.read_text() + told)
