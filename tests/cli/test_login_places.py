"""`auth login`: the keychain, or the file that a person agreed to."""

import pytest

from tests.cli.accounts import BUS, EU, make_desk
from tests.cli.terminal import Terminal
from tests.credentials.backends import LOCKED, NULL, Forgetful, Memory

HARMLESS = "kept-in-a-file-on-purpose"


@pytest.mark.parametrize("keychain", [LOCKED, NULL, Forgetful()], ids=["locked", "null", "forgetful"])
def test_without_a_keychain_nothing_is_saved_unless_a_file_is_allowed(run: Terminal, keychain: Memory) -> None:
    desk = make_desk(run, keychain=keychain)
    result = desk.log_in("-o", "json")
    assert (result.code, result.error["code"]) == (3, "auth.keychain")
    assert "--allow-file-store" in result.error["hint"]
    assert "QSC_BOT_TOKEN" in result.error["hint"]
    assert not run.config_file.exists()
    files = {path.name for path in run.state.rglob("*") if path.is_file()}
    assert files <= {"budget.db"}


def test_file_that_is_allowed_is_private_and_announced_at_each_login(run: Terminal) -> None:
    desk = make_desk(run, tokens={EU: HARMLESS}, keychain=LOCKED)
    for outcome in ("created", "updated"):
        result = desk.log_in("--allow-file-store", "-o", "json", stdin=HARMLESS)
        assert (result.code, result.document["outcome"]) == (0, outcome), result.stderr
        assert f"{run.state / 'secrets.json'}, not encrypted" in " ".join(result.document["warnings"])
    assert (run.state / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert run.state.stat().st_mode & 0o777 == 0o700
    status = run("auth", "status", "-o", "json").document
    assert (status["works"], status["secrets"]["token"]) == (True, f"the file {run.state / 'secrets.json'}")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 12), ("", 12)])
def test_person_can_agree_to_the_file(run: Terminal, answer: str, code: int) -> None:
    make_desk(run, tokens={EU: HARMLESS}, keychain=LOCKED)
    typed = f"\n{HARMLESS}\n\n\n\n\n\n{answer}\n"
    result = run("auth", "login", stdin=typed, tty=True, env=BUS)
    assert result.code == code
    assert "it is locked; keep the secrets in the file" in result.stderr
    assert ((run.state / "secrets.json").exists(), run.config_file.exists()) == (code == 0, code == 0)


@pytest.mark.parametrize("content", ["", "{bad"], ids=["empty", "cut"])
def test_file_that_is_damaged_is_refused_and_its_cure_works(run: Terminal, content: str) -> None:
    desk = make_desk(run, tokens={EU: HARMLESS}, keychain=LOCKED)
    assert desk.log_in("--allow-file-store", stdin=HARMLESS).code == 0
    path = run.state / "secrets.json"
    path.write_text(content)
    refused = desk.log_in("--allow-file-store", "-o", "json", stdin=HARMLESS)
    assert (refused.code, refused.error["code"]) == (3, "config.state")
    assert refused.error["hint"] == f"delete {path}, then log in again"
    path.unlink()
    assert desk.log_in("--allow-file-store", stdin=HARMLESS).code == 0
