"""`auth login`: which account is meant, and what its token may do."""

import pytest

from tests.cli.accounts import BUS, TOKEN, TWO, make_desk, nothing_saved
from tests.cli.terminal import Terminal


@pytest.mark.parametrize("words", [["--account-id", "999"], ["--account-id", "999", "--region", "eu"]])
def test_account_that_the_token_cannot_see_lists_those_it_can(run: Terminal, words: list[str]) -> None:
    desk = make_desk(run, accounts=TWO)
    result = desk.log_in(*words, "-o", "json")
    assert (result.code, result.error["code"]) == (5, "access.account")
    assert "1417 (Example), 2000 (Other)" in result.error["message"]
    assert result.error["hint"] == "add --account-id 1417; add --account-id 2000"
    assert nothing_saved(desk)


def test_token_without_any_account_is_told(run: Terminal) -> None:
    result = make_desk(run, accounts=[]).log_in("-o", "json")
    assert (result.code, result.error["code"]) == (5, "access.account")
    assert "ask for access to the account" in result.error["hint"]


def test_several_accounts_off_a_terminal_want_the_flag(run: Terminal) -> None:
    desk = make_desk(run, accounts=TWO)
    result = desk.log_in("-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert "--account-id" in result.error["hint"]
    assert "2000 (Other)" in result.error["message"]
    assert desk.log_in("--account-id", "2000", "-o", "json").document["account_id"] == "2000"


@pytest.mark.parametrize(("answer", "code", "chosen"), [("2", 0, "2000"), ("3", 12, None), ("x", 12, None)])
def test_account_is_chosen_by_its_number(run: Terminal, answer: str, code: int, chosen: str | None) -> None:
    desk = make_desk(run, accounts=TWO)
    typed = f"\n{TOKEN}\n{answer}\n\n\n\n\n\n"
    result = run("auth", "login", stdin=typed, tty=True, env=BUS)
    assert result.code == code
    assert "  2  2000 (Other)" in result.stderr
    assert (chosen in run.config_file.read_text()) if chosen else nothing_saved(desk)


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        (["accounts_read", "accounts_write"], ["accounts_handover"]),
        (["accounts_read"], ["accounts_write", "accounts_handover"]),
        (["accounts_read", "accounts_write", "accounts_handover", "email"], []),
    ],
    ids=["no handover", "read only", "all"],
)
def test_missing_scopes_are_told_with_the_commands_that_need_them(
    run: Terminal, scopes: list[str], missing: list[str]
) -> None:
    document = make_desk(run, permissions=scopes).log_in("-o", "json").document
    assert document["missing_scopes"] == missing
    assert [warning.split()[3].rstrip(",") for warning in document["warnings"]] == missing
    if "accounts_handover" in missing:
        assert "handover on WhatsApp, Live Chat, Viber and Twilio" in document["warnings"][-1]


@pytest.mark.parametrize(
    "permissions", [{"accounts_read": True}, [{"name": "accounts_read"}], [1], "accounts_read", None, 7], ids=repr
)
def test_permissions_in_another_form_are_unknown_and_the_login_is_saved(run: Terminal, permissions: object) -> None:
    desk = make_desk(run, permissions=permissions)
    document = desk.log_in("-o", "json").document
    assert (document["scopes"], document["missing_scopes"]) == (None, None)
    assert "its scopes are unknown" in document["warnings"][0]
    assert desk.stored == {"prod": {"token": TOKEN}}
