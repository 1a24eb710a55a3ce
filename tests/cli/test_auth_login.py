"""`auth login`: checked before saved, saved whole or not at all, and told what came of it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.accounts import BUS, EU, TOKEN, US, Desk, account, make_desk
from tests.cli.terminal import Terminal
from tests.credentials.backends import LOCKED, NULL, Forgetful, Memory

HARMLESS = "kept-in-a-file-on-purpose"
TWO = [account(1417, "Example", 46283), account(2000, "Other", 5)]


@pytest.fixture
def desk(run: Terminal) -> Desk:
    """A machine to log in from; the token has one account in Europe."""
    return make_desk(run)


def nothing_saved(desk: Desk) -> bool:
    """Whether a machine looks as if nobody ever logged in."""
    kept = [path.name for path in desk.run.home.rglob("*.*") if path.name != "facts.json"]
    return not desk.keychain.items and not [name for name in kept if name.endswith((".yaml", "ns.json", "ts.json"))]


def test_login_makes_the_profile_and_stores_the_token(desk: Desk) -> None:
    result = desk.log_in("-o", "json")
    document = result.document
    assert (result.code, document["outcome"], document["profile"], document["account_id"]) == (
        0,
        "created",
        "prod",
        "1417",
    )
    assert (document["works"], document["user_id"], document["missing_scopes"]) == (True, "7", [])
    assert document["secrets"]["token"] == "the system keychain"
    assert document["token_saved_at"] == "2026-11-22T09:02:30Z"
    assert document["token_ends_at"] == "2027-02-20T09:02:30Z"
    assert desk.stored == {"prod": {"token": TOKEN}}
    text = desk.run.config_file.read_text()
    assert 'account_id: "1417"' in text
    assert "default_profile: prod" in text
    assert desk.run.config_file.stat().st_mode & 0o777 == 0o600


def test_login_is_told_to_people_with_the_next_command(desk: Desk) -> None:
    result = desk.log_in()
    assert "the token is accepted by https://api.engagor.com" in result.stderr
    assert "next: qsc-bot conversation list" in result.stderr
    assert "warning" not in result.stderr


def test_profile_that_was_logged_in_is_used_by_the_next_command(desk: Desk) -> None:
    desk.log_in()
    shown = desk.run("profile", "show", "-o", "json", env=BUS).document
    assert (shown["name"], shown["topic_ids"]) == ("prod", ["46283", "46284"])
    status = desk.run("auth", "status", "-o", "json", env=BUS)
    assert (status.code, status.document["works"], status.document["secrets"]["token"]) == (
        0,
        True,
        "the system keychain",
    )


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        (TOKEN, None),
        (f"{TOKEN}\n", None),
        (f"{TOKEN}\r\n", None),
        (f"{TOKEN}\n\n", "white space around it"),
        (f"\n  {TOKEN}\t\n", "white space around it"),
        (f'"{TOKEN}"\n', "quotes around it"),
        (f"'{TOKEN}'", "quotes around it"),
        (f"\u201c{TOKEN}\u201d\n", "quotes around it"),
        (f"Bearer {TOKEN}\n", "the word Bearer before it"),
        (f'"Authorization: Bearer {TOKEN}"', "the word Bearer before it"),
        (f"\ufeff{TOKEN}\n", "white space around it"),
    ],
    ids=lambda value: repr(value).replace(TOKEN, "TOKEN"),
)
def test_what_was_pasted_along_with_the_token_is_taken_off_and_told(desk: Desk, pasted: str, told: str | None) -> None:
    result = desk.log_in(stdin=pasted)
    assert (result.code, desk.stored) == (0, {"prod": {"token": TOKEN}})
    assert ("taken off" in result.stderr) is (told is not None)
    assert (told or "") in result.stderr


@pytest.mark.parametrize(
    ("pasted", "fault"),
    [
        ("", "holds no secret"),
        ('""\n', "holds no secret"),
        ("abc\ndef\n", "more than one line"),
        ("abc def\n", "a character that no secret has"),
        ("tok\u00e9n\n", "a character that no secret has"),
        ("x" * 70_000, "longer than any secret"),
    ],
    ids=["nothing", "quotes alone", "two lines", "a space", "an accent", "endless"],
)
def test_what_is_no_token_is_refused_before_any_call(desk: Desk, pasted: str, fault: str) -> None:
    result = desk.log_in("-o", "json", stdin=pasted)
    assert (result.code, result.error["code"]) == (3, "config.secret")
    assert fault in result.error["message"]
    assert desk.vendor.asked == []
    assert nothing_saved(desk)


def test_token_can_be_read_from_a_file(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "server"  # the one place where this machine may hold a secret
    path.mkdir()
    (path / "token").write_text(f"{TOKEN}\n")
    result = desk.run("auth", "login", "--token-file", str(path / "token"), env=BUS)
    assert (result.code, desk.stored) == (0, {"prod": {"token": TOKEN}})


def test_file_that_is_not_there_is_told(desk: Desk) -> None:
    result = desk.run("auth", "login", "--token-file", "/nowhere/token", "-o", "json", env=BUS)
    assert (result.code, result.error["code"]) == (3, "config.secret")


def test_off_a_terminal_without_a_token_the_flag_is_named(desk: Desk) -> None:
    result = desk.run("auth", "login", "-o", "json", env=BUS)
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert "--token-stdin" in result.error["hint"]


@pytest.mark.parametrize("host", [EU, US])
def test_both_hosts_are_tried_and_the_right_one_is_told(run: Terminal, host: str) -> None:
    desk = make_desk(run, tokens={host: TOKEN})
    result = desk.log_in()
    assert (result.code, f"accepted by https://{host}" in result.stderr) == (0, True)
    shown = run("profile", "show", "-o", "json", env=BUS).document
    assert shown["region"] == {EU: "eu", US: "us"}[host]


def test_token_that_no_host_accepts_names_both(run: Terminal) -> None:
    desk = make_desk(run, tokens={})
    result = desk.log_in("-o", "json")
    assert (result.code, result.error["code"]) == (4, "auth.rejected")
    assert EU in result.error["message"]
    assert US in result.error["message"]
    assert "standard input" in result.error["message"]
    assert nothing_saved(desk)


def test_token_of_another_region_than_was_said_is_told(run: Terminal) -> None:
    desk = make_desk(run, tokens={US: TOKEN})
    result = desk.log_in("--region", "eu", "-o", "json")
    assert (result.code, result.error["code"]) == (4, "auth.rejected")
    assert "log in with --region us" in result.error["hint"]
    assert nothing_saved(desk)


def test_host_that_fails_is_not_taken_for_a_rejection(run: Terminal) -> None:
    desk = make_desk(run, tokens={}, broken={EU: 503})
    result = desk.log_in("-o", "json")
    assert (result.code, result.error["code"]) == (8, "api.unavailable")
    assert nothing_saved(desk)


def test_other_host_is_tried_where_the_first_one_fails(run: Terminal) -> None:
    desk = make_desk(run, tokens={US: TOKEN}, broken={EU: 503})
    assert desk.log_in("-o", "json").document["region"] == "us"


@pytest.mark.parametrize("words", [["--account-id", "999"], ["--account-id", "999", "--region", "eu"]])
def test_account_that_the_token_cannot_see_lists_those_it_can(run: Terminal, words: list[str]) -> None:
    desk = make_desk(run, accounts=TWO)
    result = desk.log_in(*words, "-o", "json")
    assert (result.code, result.error["code"]) == (5, "access.account")
    assert "1417 (Example), 2000 (Other)" in result.error["message"]
    assert nothing_saved(desk)


def test_token_without_any_account_is_told(run: Terminal) -> None:
    result = make_desk(run, accounts=[]).log_in("-o", "json")
    assert (result.code, result.error["code"]) == (5, "access.account")


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


def test_everything_is_asked_on_a_terminal(desk: Desk) -> None:
    typed = f"live\n{TOKEN}\n page-1 \n\n'app-1'\n\nurl-1\n"
    result = desk.run("auth", "login", stdin=typed, tty=True, env=BUS)
    assert result.code == 0, result.stderr
    assert "name of the profile [prod]:" in result.stderr
    assert desk.stored == {
        "live": {"token": TOKEN, "page_token": "page-1", "app_secret": "app-1", "url_secret": "url-1"}
    }
    assert "quotes around it taken off" in result.stderr


def test_second_login_keeps_what_is_not_given_anew(desk: Desk) -> None:
    desk.run("auth", "login", stdin=f"\n{TOKEN}\npage-1\n\n\n\n\n", tty=True, env=BUS)
    desk.run("profile", "set", "prod", "escalation_tag=vip", "topic_ids=[46284]")
    desk.run.now += 86400 * 80
    document = desk.log_in("-o", "json").document
    assert (document["outcome"], document["token_ends_at"]) == ("updated", "2027-05-11T09:02:30Z")
    assert desk.stored["prod"]["page_token"] == "page-1"
    shown = desk.run("profile", "show", "-o", "json", env=BUS).document
    assert (shown["escalation_tag"], shown["topic_ids"]) == ("vip", ["46284"])


@pytest.mark.parametrize("name", ["sandbox", "-x", "a b", "../x", "x" * 65])
def test_name_that_no_profile_can_have_is_refused_before_any_call(desk: Desk, name: str) -> None:
    result = desk.log_in(f"--profile={name}", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.invalid")
    assert desk.vendor.asked == []
    assert nothing_saved(desk)


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


def test_secret_of_the_environment_that_shadows_the_new_one_is_told(desk: Desk) -> None:
    env = {**BUS, "QSC_BOT_TOKEN": "another-token"}
    result = desk.run("auth", "login", "--token-stdin", "-o", "json", stdin=TOKEN, env=env)
    assert result.document["shadowed"] == ["token"]
    assert result.document["warnings"] == ["QSC_BOT_TOKEN shadows the token stored for prod"]
    assert result.document["secrets"]["token"] == "QSC_BOT_TOKEN"


def test_profile_of_the_environment_that_hides_the_new_one_is_told(desk: Desk) -> None:
    env = {**BUS, "QSC_BOT_PROFILE": "test"}
    words = ["auth", "login", "--token-stdin", "-p", "prod", "-o", "json"]
    result = desk.run(*words, stdin=TOKEN, env=env)
    assert result.document["warnings"] == ["QSC_BOT_PROFILE names test, which is used in place of prod"]


def test_programs_are_told_with_the_result_and_stderr_stays_empty(desk: Desk) -> None:
    result = desk.log_in("-o", "json", stdin=f'"{TOKEN}"')
    assert result.document["warnings"] == ["standard input: quotes around it taken off"]
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://evil.example.com", "config.host"),
        ("http://api.engagor.com", "config.invalid"),
        ("x", "config.invalid"),
    ],
)
def test_token_is_never_sent_to_a_host_that_is_not_allowed(desk: Desk, url: str, code: str) -> None:
    result = desk.log_in("--api-url", url, "-o", "json")
    assert (result.code, result.error["code"]) == (3, code)
    assert desk.vendor.asked == []
    assert nothing_saved(desk)


def test_host_of_ones_own_is_asked_alone(run: Terminal) -> None:
    desk = make_desk(run, tokens={"127.0.0.1": TOKEN})
    assert desk.log_in("--api-url", "http://127.0.0.1:9").code == 0
    assert {call.partition("/")[0] for call in desk.vendor.asked} == {"127.0.0.1"}
    assert desk.run("profile", "show", "-o", "json", env=BUS).document["api"] == "http://127.0.0.1:9"


@pytest.mark.parametrize("keychain", [LOCKED, NULL, Forgetful()], ids=["locked", "null", "forgetful"])
def test_without_a_keychain_nothing_is_saved_unless_a_file_is_allowed(run: Terminal, keychain: Memory) -> None:
    desk = make_desk(run, keychain=keychain)
    result = desk.log_in("-o", "json")
    assert (result.code, result.error["code"]) == (3, "auth.keychain")
    assert "--allow-file-store" in result.error["hint"]
    assert "QSC_BOT_TOKEN" in result.error["hint"]
    assert not run.config_file.exists()
    assert not run.state.exists() or [path.name for path in run.state.iterdir()] == ["budget.db"]


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


def test_file_with_comments_is_refused_before_the_token_is_read(desk: Desk) -> None:
    text = 'version: 1\n# mine\nprofiles:\n  test: {account_id: "5"}  # theirs\n'
    desk.run.configure(text)
    result = desk.log_in("-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert "line 2: # mine; line 4: # theirs" in result.error["message"]
    assert (desk.vendor.asked, desk.run.config_file.read_text()) == ([], text)
    assert desk.log_in("--yes").code == 0
    assert "test" in desk.run.config_file.read_text()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders are closed by their mode here")
def test_configuration_that_has_no_place_is_told_before_anything_is_stored(desk: Desk) -> None:
    desk.run.config_file.parent.parent.mkdir(parents=True)
    desk.run.config_file.parent.write_text("a file where the folder should be")
    result = desk.log_in("-o", "json")
    assert (result.code, desk.stored, desk.vendor.asked) == (3, {}, [])
    assert not (desk.run.state / "secrets.json").exists()


@pytest.mark.parametrize(
    "vendor",
    [{"tokens": {}}, {"accounts": []}, {"accounts": TWO}, {"broken": {EU: 500, US: 500}}, {"keychain": LOCKED}],
    ids=["rejected", "no account", "several accounts", "broken", "locked"],
)
@pytest.mark.parametrize("output", ["table", "json"])
def test_no_failed_login_shows_the_token(run: Terminal, vendor: Mapping[str, Any], output: str) -> None:
    desk = make_desk(run, **vendor)
    assert desk.log_in("-o", output, "--debug", "-v").code != 0  # every run looks for the token in streams and files
