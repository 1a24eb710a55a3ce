"""`auth login`: checked before saved, saved whole or not at all, and told what came of it."""

import os

import pytest

from tests.cli.accounts import BUS, TOKEN, Desk, make_desk, nothing_saved
from tests.cli.terminal import Terminal


@pytest.fixture
def desk(run: Terminal) -> Desk:
    """A machine to log in from; the token has one account in Europe."""
    return make_desk(run)


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
