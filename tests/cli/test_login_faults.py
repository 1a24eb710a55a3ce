"""Keychains of every temper under each command of `auth`: the right exit code, nothing shown, nothing half done."""

from collections.abc import Callable

import pytest

from tests.cli.accounts import BUS, EU, TOKEN, TWO, US, Desk, make_desk, nothing_saved
from tests.cli.terminal import PROD, Terminal
from tests.credentials.backends import BROKEN, FAIL, LOCKED, NULL, PLAIN, REFUSING, Memory, hanging, unloadable

ANOTHER = '{"version": 1, "profile": "bank", "secrets": {"token": "4711-4711"}}'
TEMPERS = {
    "hangs": (lambda: hanging()[0], "it hangs: no answer in"),
    "is locked": (lambda: LOCKED, "it is locked"),
    "refuses": (lambda: REFUSING, "it refused (PasswordSetError)"),
    "breaks": (lambda: BROKEN, "it refused (ConnectionResetError)"),
    "is null": (lambda: NULL, "none is installed or running"),
    "fails": (lambda: FAIL, "none is installed or running"),
    "is a plain file": (lambda: PLAIN, "plain files"),
}
tempers = pytest.mark.parametrize(("make", "why"), TEMPERS.values(), ids=TEMPERS)


@pytest.fixture
def desk(run: Terminal, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A machine to log in from, whose patience is short."""
    monkeypatch.setattr("qsc_bot.credentials.keychain._QUIET_SECONDS", 0.03)
    monkeypatch.setattr("qsc_bot.credentials.keychain._LIMIT_SECONDS", 0.05)
    return make_desk(run, accounts=TWO, tokens={EU: TOKEN, US: TOKEN})


def another() -> Memory:
    """A keychain that answers with the text of another item."""
    memory = Memory()
    memory.items["qsc-bot", "prod"] = ANOTHER
    return memory


@tempers
def test_login_saves_nothing(desk: Desk, make: Callable[[], Memory], why: str) -> None:
    desk.keychain = make()
    result = desk.log_in("--account-id", "1417", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "auth.keychain")
    assert why in result.error["message"]
    assert "--allow-file-store" in result.error["hint"]
    assert nothing_saved(desk)


@tempers
def test_status_and_calls_have_no_token_and_say_why(desk: Desk, make: Callable[[], Memory], why: str) -> None:
    desk.keychain = make()
    desk.run.configure(PROD)
    status = desk.run("auth", "status", "-o", "json", env=BUS)
    assert (status.code, status.document["works"]) == (4, False)
    assert why in status.document["warnings"][0]
    call = desk.run("api", "GET", "/me", "-o", "json", env=BUS)
    assert (call.code, call.error["code"], why in call.error["message"]) == (4, "auth.no_token", True)
    assert desk.vendor.asked == []


@tempers
def test_logout_of_a_login_that_used_it_fails_and_remembers(desk: Desk, make: Callable[[], Memory], why: str) -> None:
    assert desk.log_in("--account-id", "1417").code == 0
    kept, desk.keychain = desk.keychain, make()
    result = desk.run("auth", "logout", "--yes", "-o", "json", env=BUS)
    assert (result.code, result.error["code"]) == (3, "auth.keychain")
    assert why in result.error["message"]
    assert "it may still hold secrets of prod" in result.error["message"]
    desk.keychain = kept
    assert desk.run("auth", "logout", "--yes", "-o", "json", env=BUS).document["outcome"] == "deleted"


@tempers
def test_renewal_that_cannot_be_stored_keeps_the_login_that_works(
    desk: Desk, make: Callable[[], Memory], why: str
) -> None:
    assert desk.log_in("--account-id", "1417").code == 0
    kept, before, desk.keychain = desk.keychain, desk.run.config_file.read_text(), make()
    assert desk.log_in("--region", "us", "-o", "json").error["code"] == "auth.keychain"
    desk.keychain = kept
    assert (desk.stored, desk.run.config_file.read_text()) == ({"prod": {"token": TOKEN}}, before)
    assert desk.run("auth", "status", env=BUS).code == 0


def test_library_that_cannot_be_loaded_is_no_keychain(desk: Desk) -> None:
    desk.run.keyring = unloadable
    result = desk.log_in("--account-id", "1417", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "auth.keychain")
    assert nothing_saved(desk)


def test_text_of_another_item_is_not_written_over_nor_used_nor_shown(desk: Desk) -> None:
    desk.keychain = another()
    login = desk.log_in("--account-id", "1417", "-o", "json")
    assert (login.code, login.error["code"], "another item's text" in login.error["message"]) == (
        3,
        "auth.keychain",
        True,
    )
    assert desk.keychain.items == {("qsc-bot", "prod"): ANOTHER}
    desk.run.configure(PROD)
    call = desk.run("api", "GET", "/me", "-o", "json", env=BUS)
    assert (call.code, "another item's text" in call.error["message"], desk.vendor.asked.count(f"{EU}/me")) == (
        4,
        True,
        1,
    )
    for text in (login.stderr, call.stderr):
        assert "4711" not in text
    assert desk.run("auth", "logout", "--yes", env=BUS).code == 0
    assert desk.log_in("--account-id", "1000", "--account-id", "1417").code == 0


@pytest.mark.parametrize("wanted", ["eu", "us"])
def test_token_of_another_region_names_the_right_one_and_keeps_the_login(run: Terminal, wanted: str) -> None:
    home, other = (EU, "us") if wanted == "eu" else (US, "eu")
    desk = make_desk(run, tokens={home: TOKEN})
    assert desk.log_in().code == 0
    before = (desk.stored, run.config_file.read_text())
    result = desk.log_in("--region", other, "-o", "json")
    assert (result.code, result.error["code"]) == (4, "auth.rejected")
    assert f"log in with --region {wanted}" in result.error["hint"]
    assert (desk.stored, run.config_file.read_text()) == before


def test_account_that_the_user_cannot_see_keeps_the_login(desk: Desk) -> None:
    assert desk.log_in("--account-id", "1417").code == 0
    before = (desk.stored, desk.run.config_file.read_text())
    result = desk.log_in("--account-id", "999", "-o", "json")
    assert (result.code, result.error["code"]) == (5, "access.account")
    assert (desk.stored, desk.run.config_file.read_text()) == before


@pytest.mark.parametrize(
    ("value", "code"),
    [(f"{TOKEN}\n", 0), (f"{TOKEN}\r\n", 0), (f'"{TOKEN}"', 0), (f"{TOKEN}\nX-Evil: 1", 3), (f"{TOKEN} x", 3)],
    ids=["newline", "both", "quotes", "two lines", "space"],
)
def test_token_of_the_environment_is_used_without_what_stands_around_it(desk: Desk, value: str, code: int) -> None:
    desk.run.configure(PROD)
    result = desk.run("api", "GET", "/me", "-o", "json", env={"QSC_BOT_TOKEN": value})
    assert result.code == code
    assert code != 3 or desk.vendor.asked == []
