"""A keychain that hangs while a login is saved: status tells what it may hold, and logout asks it."""

import pytest

from tests.cli.accounts import BUS, EU, Desk, make_desk
from tests.cli.terminal import Terminal
from tests.credentials.backends import LOCKED, HangingWrite, Memory

HARMLESS = "kept-in-a-file-on-purpose"


@pytest.fixture
def desk(run: Terminal, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A machine whose keychain takes no secret in time, and whose patience is short."""
    monkeypatch.setattr("qsc_bot.credentials.keychain._QUIET_SECONDS", 0.1)
    monkeypatch.setattr("qsc_bot.credentials.keychain._LIMIT_SECONDS", 0.15)
    return make_desk(run, tokens={EU: HARMLESS}, keychain=HangingWrite())


def finish(desk: Desk) -> None:
    """The system does late what it was asked for, when nobody is there any more to undo it."""
    desk.keychain = Memory()
    text = f'{{"version": 1, "profile": "prod", "secrets": {{"token": "{HARMLESS}"}}}}'
    desk.keychain.items["qsc-bot", "prod"] = text


def test_login_that_was_not_saved_tells_what_the_keychain_may_hold(desk: Desk) -> None:
    result = desk.log_in("-o", "json", stdin=HARMLESS)
    assert (result.code, result.error["code"]) == (3, "auth.keychain")
    assert "the system keychain may hold what this login stored" in result.error["message"]
    assert "qsc-bot auth logout -p prod" in result.error["hint"]
    assert not desk.run.config_file.exists()
    assert "waiting for the system keychain" in desk.log_in(stdin=HARMLESS).stderr


def test_logout_after_it_asks_the_keychain_and_fails_where_that_cannot_be_asked(desk: Desk) -> None:
    desk.log_in("-o", "json", stdin=HARMLESS)
    finish(desk)
    late, desk.keychain = desk.keychain, LOCKED
    failed = desk.run("auth", "logout", "-p", "prod", "--yes", "-o", "json", env=BUS)
    assert (failed.code, failed.error["code"]) == (3, "auth.keychain")
    assert "it may still hold secrets of prod" in failed.error["message"]
    desk.keychain = late
    done = desk.run("auth", "logout", "-p", "prod", "--yes", "-o", "json", env=BUS)
    assert (done.code, done.document["outcome"], desk.stored) == (0, "deleted", {})
    files = {path.name for path in desk.run.state.rglob("*") if path.is_file()}
    assert files <= {"budget.db"}


def test_login_into_the_file_tells_it_and_so_does_status_until_the_logout(desk: Desk) -> None:
    told = "the system keychain may hold secrets of another login to prod; qsc-bot auth logout -p prod forgets all"
    login = desk.log_in("--allow-file-store", "-o", "json", stdin=HARMLESS)
    assert login.code == 0, login.stderr
    assert told in login.document["warnings"]
    status = desk.run("auth", "status", "-o", "json", env=BUS)
    assert (status.code, status.document["warnings"]) == (0, [told])
    finish(desk)
    assert desk.run("auth", "logout", "--yes", "-o", "json", env=BUS).code == 0
    assert (desk.stored, desk.run("auth", "status", "-o", "json", env=BUS).code) == ({}, 4)


def test_logout_of_a_locked_keychain_says_that_the_file_was_emptied(desk: Desk) -> None:
    assert desk.log_in("--allow-file-store", stdin=HARMLESS).code == 0
    desk.keychain = LOCKED
    result = desk.run("auth", "logout", "--yes", "-o", "json", env=BUS)
    assert (result.code, result.error["code"]) == (3, "auth.keychain")
    emptied = f"the file {desk.run.state / 'secrets.json'} holds no secrets of prod any more"
    assert result.error["message"].endswith(f"it is locked; it may still hold secrets of prod; {emptied}")
