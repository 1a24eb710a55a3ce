"""A login serves the account and the hosts that it was made for; elsewhere its secrets are neither used nor sent."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.accounts import BUS, EU, TOKEN, TWO, US, Desk, make_desk
from tests.cli.terminal import Terminal
from tests.credentials.backends import LOCKED

MESSENGER = 'messenger={page_id: "1", bot_app_id: "2", agent_app_id: "3"}'
BELONGS = "stored for prod belongs to account 1417 at api.engagor.com; the profile now says "
OTHERS = ["", "page-1", "", "", "", "url-1", ""]


@pytest.fixture
def desk(run: Terminal) -> Desk:
    """A machine that is logged in to the first of two accounts, with a Page token and a URL secret."""
    desk = make_desk(run, accounts=TWO, tokens={EU: TOKEN, US: TOKEN, "127.0.0.1": TOKEN})
    typed = "\n".join(["", TOKEN, "1", *OTHERS[1:]])
    assert run("auth", "login", stdin=typed, tty=True, env=BUS).code == 0
    assert desk.stored["prod"] == {"token": TOKEN, "page_token": "page-1", "url_secret": "url-1"}
    desk.vendor.asked.clear()
    return desk


def by_command(desk: Desk, word: str) -> None:
    """Change the profile with `profile set`."""
    assert desk.run("profile", "set", "prod", word, env=BUS).code == 0


def by_hand(desk: Desk, word: str) -> None:
    """Change the profile in the file."""
    key, _, value = word.partition("=")
    lines = desk.run.config_file.read_text().splitlines()
    kept = [line for line in lines if not line.strip().startswith(f"{key}:")]
    at = next(number for number, line in enumerate(kept) if line.startswith("  prod:")) + 1
    desk.run.configure("\n".join([*kept[:at], f'    {key}: "{value}"', *kept[at:], ""]))


@pytest.mark.parametrize("change", [by_command, by_hand], ids=["profile set", "by hand"])
@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("account_id=2000", "account 2000 at api.engagor.com"),
        ("region=us", "account 1417 at api-us.engagor.com"),
        ("api_url=http://127.0.0.1:9", "account 1417 at http://127.0.0.1:9"),
    ],
)
def test_token_is_not_sent_for_another_account_or_host(
    desk: Desk, change: Callable[[Desk, str], None], word: str, told: str
) -> None:
    change(desk, word)
    result = desk.run("api", "GET", "/me", "-o", "json", env=BUS)
    assert (result.code, result.error["code"], desk.vendor.asked) == (4, "auth.no_token", [])
    assert f"the token {BELONGS}{told}" in result.error["message"]
    assert "qsc-bot auth login -p prod" in result.error["hint"]
    status = desk.run("auth", "status", "-o", "json", env=BUS)
    assert (status.code, status.document["works"], status.document["secrets"]["token"]) == (4, False, None)
    assert f"the token {BELONGS}{told}" in status.document["warnings"][0]
    assert desk.vendor.asked == []


def test_profile_set_and_show_tell_where_the_login_no_longer_serves(desk: Desk) -> None:
    changed = desk.run("profile", "set", "prod", "account_id=2000", "-o", "json", env=BUS)
    owners = f"{BELONGS.replace('belongs', 'belong')}account 2000 at api.engagor.com"
    expected = f"the Page token, token and URL secret {owners}: qsc-bot auth login -p prod"
    assert (changed.code, changed.document["outcome"], changed.document["warnings"]) == (0, "updated", [expected])
    assert desk.run("profile", "show", "-o", "json", env=BUS).document["warnings"] == [expected]
    assert f"warning: {expected}" in desk.run("profile", "use", "prod", env=BUS).stderr
    back = desk.run("profile", "set", "prod", "account_id=1417", "-o", "json", env=BUS)
    assert back.document["warnings"] == []
    assert desk.run("api", "GET", "/me", env=BUS).code == 0


def test_project_file_cannot_turn_the_token_to_another_account(desk: Desk, tmp_path: Path) -> None:
    project = tmp_path / "project.yaml"
    project.write_text("profiles:\n  prod:\n    region: us\n")
    result = desk.run("api", "GET", "/me", "--config", str(project), "-o", "json", env=BUS)
    assert (result.code, result.error["code"], desk.vendor.asked) == (4, "auth.no_token", [])


@pytest.mark.parametrize("content", [None, "{", "{}"], ids=["lost", "spoilt", "empty"])
def test_token_is_bound_also_where_nothing_is_known_of_the_login(desk: Desk, content: str | None) -> None:
    logins = desk.run.state / "logins.json"
    logins.unlink() if content is None else logins.write_text(content)
    assert desk.run("api", "GET", "/me", env=BUS).code == 0
    by_command(desk, "region=us")
    desk.vendor.asked.clear()
    assert desk.run("api", "GET", "/me", env=BUS).code == 4
    assert desk.vendor.asked == []


def unbind(desk: Desk) -> None:
    """Let the login look as one of before did, that does not say what it was made for."""
    for key, text in desk.keychain.items.items():
        desk.keychain.items[key] = json.dumps({**json.loads(text), "binding": None})
    logins = desk.run.state / "logins.json"
    kept = {"place": "keychain", "names": sorted(desk.stored["prod"]), "saved_at": "2026-11-22T09:02:30Z"}
    logins.write_text(json.dumps({"prod": kept}))


def test_login_that_does_not_say_what_it_is_for_goes_on_working(desk: Desk) -> None:
    unbind(desk)
    assert desk.run("auth", "status", env=BUS).code == 0
    by_command(desk, "account_id=2000")
    assert desk.run("api", "GET", "/me", env=BUS).code == 0


def test_page_token_is_not_sent_to_another_graph_host(desk: Desk) -> None:
    by_command(desk, MESSENGER)
    assert desk.run("profile", "show", "-o", "json", env=BUS).document["warnings"] == []
    by_command(desk, "messenger.graph_url=http://127.0.0.1:9/graph")
    desk.vendor.asked.clear()
    told = "the Page token stored for prod belongs to graph.facebook.com; the profile now says http://127.0.0.1:9/graph"
    failed = desk.run("api", "GET", "/me", "--graph", "-o", "json", env=BUS)
    assert (failed.code, failed.error["code"], desk.vendor.asked) == (4, "auth.no_token", [])
    assert told in failed.error["message"]
    read = desk.run("handover", "status", "facebook:5550001", "-o", "json", env=BUS)
    assert told in (read.item["note"] if read.stdout else read.error["message"])
    status = desk.run("auth", "status", "-o", "json", env=BUS)
    assert (status.code, status.document["warnings"]) == (0, [f"{told}: qsc-bot auth login -p prod"])
    assert (status.document["secrets"]["page_token"], status.document["works"]) == (None, True)


def test_secret_of_the_environment_is_used_whatever_is_stored(desk: Desk) -> None:
    by_command(desk, "account_id=2000")
    env = {**BUS, "QSC_BOT_TOKEN": TOKEN}
    assert desk.run("api", "GET", "/me", env=env).code == 0
    assert desk.run("auth", "status", "-o", "json", env=env).document["shadowed"] == []


def test_url_secret_of_another_account_is_told_where_it_is_missed(desk: Desk) -> None:
    by_command(desk, "account_id=2000")
    result = desk.run("webhook", "register", "bot", "--url", "https://bot.example.com/{secret}", env=BUS, tty=True)
    assert result.code == 3
    assert f"the URL secret {BELONGS}account 2000 at api.engagor.com, so it is not used" in result.stderr


def test_url_secret_in_a_locked_keychain_is_told_where_it_is_missed(desk: Desk) -> None:
    desk.keychain = LOCKED
    words = ["webhook", "register", "bot", "--url", "https://bot.example.com/{secret}"]
    result = desk.run(*words, "-o", "json", env=BUS)
    assert (result.code, result.error["message"].endswith("the system keychain cannot be used: it is locked")) == (
        3,
        True,
    )
    assert "it is locked, so the URL secret stored for prod is not used" in desk.run(*words, env=BUS).stderr


def test_form_without_the_secret_of_a_locked_keychain_says_why(desk: Desk) -> None:
    assert desk.run("webhook", "register", "bot", "--url", "https://bot.example.com/{secret}", env=BUS).code == 0
    desk.keychain = LOCKED
    words = ["recipe", "create", "r", "--webhook", "bot", "--show-secrets"]
    assert "it is locked, so the URL secret stored for prod is not used" in desk.run(*words, env=BUS).stderr
    told = desk.run(*words, "-o", "json", env=BUS).document["warnings"]
    assert told == ["the system keychain cannot be used: it is locked, so the URL secret stored for prod is not used"]


def renew(desk: Desk, *words: str, typed: list[str] | None = None) -> Any:
    """Log in again, on a terminal or off it."""
    if typed is None:
        return desk.log_in(*words, "-o", "json", "-p", "prod")
    return desk.run("auth", "login", "-p", "prod", *words, stdin="\n".join([TOKEN, *typed]), tty=True, env=BUS)


@pytest.mark.parametrize("words", [["--account-id", "2000"], ["--region", "us"], ["--api-url", "http://127.0.0.1:9"]])
def test_login_elsewhere_forgets_the_other_secrets_and_says_which(desk: Desk, words: list[str]) -> None:
    result = renew(desk, *words)
    assert result.code == 0, result.stderr
    assert desk.stored == {"prod": {"token": TOKEN}}
    (told,) = result.document["warnings"]
    assert told.startswith("the Page token and URL secret stored for prod belong to account 1417 at api.engagor.com;")
    assert told.endswith(": forgotten by this login")
    assert result.document["secrets"]["page_token"] is None
    assert desk.run("api", "GET", "/me", env=BUS).code == 0


def test_login_elsewhere_asks_anew_after_it_said_what_is_forgotten(desk: Desk) -> None:
    result = renew(desk, "--account-id", "2000", typed=["page-2", "", "", "", "", ""])
    assert (result.code, desk.stored["prod"]) == (0, {"token": TOKEN, "page_token": "page-2"})
    assert result.stderr.count("forgotten by this login") == 1
    assert result.stderr.index("forgotten by this login") < result.stderr.index("Page token, QSC_BOT_PAGE_TOKEN")


def test_login_elsewhere_that_fails_forgets_nothing(desk: Desk) -> None:
    before = desk.stored
    assert renew(desk, "--account-id", "999").code == 5
    assert desk.stored == before


def test_login_with_another_graph_host_forgets_the_page_token_alone(desk: Desk) -> None:
    by_command(desk, MESSENGER)
    by_command(desk, "messenger.graph_url=http://127.0.0.1:9/graph")
    result = renew(desk)
    assert desk.stored == {"prod": {"token": TOKEN, "url_secret": "url-1"}}
    assert "the Page token stored for prod belongs to graph.facebook.com" in result.document["warnings"][0]


def test_login_to_the_same_account_keeps_the_others(desk: Desk) -> None:
    before = desk.stored
    assert renew(desk).document["warnings"] == []
    assert desk.stored == before


@pytest.mark.parametrize("logins", ["kept", "lost"])
def test_secrets_of_before_that_do_not_say_whose_they_are_belong_to_what_the_profile_said(
    desk: Desk, logins: str
) -> None:
    unbind(desk)
    if logins == "lost":
        (desk.run.state / "logins.json").unlink()
    assert renew(desk).document["warnings"] == []
    assert set(desk.stored["prod"]) == {"token", "page_token", "url_secret"}
    unbind(desk)
    if logins == "lost":
        (desk.run.state / "logins.json").unlink()
    (told,) = renew(desk, "--account-id", "2000").document["warnings"]
    assert "belong to account 1417" in told
    assert desk.stored == {"prod": {"token": TOKEN}}


def test_secrets_whose_profile_is_gone_and_who_do_not_say_whose_they_are_are_not_taken_over(desk: Desk) -> None:
    unbind(desk)
    assert desk.run("profile", "delete", "prod", "--yes", env=BUS).code == 0
    (told,) = renew(desk, "--account-id", "2000").document["warnings"]
    assert "belong to an account that is not known: forgotten by this login" in told
    assert desk.stored == {"prod": {"token": TOKEN}}
