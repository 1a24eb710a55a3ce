"""`auth status` and `auth logout`: what is known of a login, and what is left after it."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cli.accounts import BUS, EU, TOKEN, Desk, make_desk
from tests.cli.terminal import PROD, Terminal
from tests.credentials.backends import LOCKED, Memory

DAY = 86400.0
ENV = {"QSC_BOT_TOKEN": TOKEN}


@pytest.fixture
def desk(run: Terminal) -> Desk:
    """A machine that is logged in."""
    desk = make_desk(run)
    assert desk.log_in().code == 0
    desk.vendor.asked.clear()
    return desk


def status(desk: Desk, *words: str, env: Mapping[str, str] = BUS) -> Any:
    """`auth status` as JSON."""
    return desk.run("auth", "status", "-o", "json", *words, env=env)


def test_status_of_a_login_takes_two_calls(desk: Desk) -> None:
    result = status(desk)
    assert (result.code, result.document["works"], result.document["warnings"]) == (0, True, [])
    assert desk.vendor.asked == [f"{EU}/me", f"{EU}/me/permissions"]


def test_sandbox_is_logged_in_by_itself(run: Terminal) -> None:
    document = run("auth", "status", "-o", "json").document
    assert (document["profile"], document["works"], document["secrets"]["token"]) == ("sandbox", True, "built in")


@pytest.mark.parametrize(
    ("days", "words", "code", "warning"),
    [
        pytest.param(0, [], 0, None, id="fresh"),
        pytest.param(75, [], 0, None, id="15 days left"),
        pytest.param(76, [], 0, "the token ends by 2027-02-20", id="14 days left"),
        pytest.param(91, [], 0, "the token ended by 2027-02-20", id="over"),
        pytest.param(75, ["--expires-within", "14d"], 0, None, id="not within"),
        pytest.param(76, ["--expires-within", "14d"], 4, "the token ends by 2027-02-20", id="within"),
        pytest.param(10, ["--expires-within", "12w"], 4, None, id="within weeks"),
    ],
)
def test_latest_end_is_three_months_after_the_login(
    desk: Desk, days: int, words: list[str], code: int, warning: str | None
) -> None:
    desk.run.now += days * DAY
    result = status(desk, *words)
    assert (result.code, result.document["token_ends_at"]) == (code, "2027-02-20T09:02:30Z")
    assert [one.partition(";")[0] for one in result.document["warnings"]] == ([warning] if warning else [])


def test_end_of_a_token_from_the_environment_is_unknown(run: Terminal) -> None:
    desk = make_desk(run)
    run.configure(PROD)
    result = status(desk, "--expires-within", "14d", env=ENV)
    assert (result.code, result.document["token_ends_at"], result.document["token_saved_at"]) == (0, None, None)
    assert result.document["secrets"]["token"] == "QSC_BOT_TOKEN"


def test_environment_that_shadows_the_login_is_told_and_its_age_is_not_taken_for_it(desk: Desk) -> None:
    desk.vendor.tokens = {EU: "another"}
    before = desk.keychain.asked
    document = status(desk, env={**BUS, "QSC_BOT_TOKEN": "another"}).document
    assert (document["shadowed"], document["token_ends_at"]) == (["token"], None)
    assert document["warnings"] == ["QSC_BOT_TOKEN shadows the token stored for prod"]
    assert desk.keychain.asked == before


def test_shadowed_login_is_told_by_other_commands_too(desk: Desk) -> None:
    told = "QSC_BOT_TOKEN shadows the token stored for prod"
    shown = desk.run("api", "GET", "/me", "-o", "table", env={**BUS, **ENV})
    assert (shown.code, shown.stderr.count(told)) == (0, 1)
    assert told not in desk.run("api", "GET", "/me", "-o", "table", env=BUS).stderr


def test_rejected_token_exits_4_and_names_profile_and_source(desk: Desk) -> None:
    desk.vendor.tokens = {}
    result = status(desk)
    assert (result.code, result.document["works"], result.document["scopes"]) == (4, False, None)
    assert "profile prod from the system keychain was rejected" in result.document["warnings"][0]
    assert "next: qsc-bot auth login -p prod" in desk.run("auth", "status", env=BUS).stderr


def test_host_that_fails_is_no_rejection(desk: Desk) -> None:
    desk.vendor.broken = {EU: 503}
    result = status(desk)
    assert (result.code, result.error["code"]) == (8, "api.unavailable")


@pytest.mark.parametrize(
    ("env", "keychain", "why"),
    [
        ({}, Memory(), "there is no D-Bus session"),
        (BUS, LOCKED, "it is locked"),
        (BUS, Memory(), "no login stored it"),
    ],
    ids=["no bus", "locked", "nothing stored"],
)
def test_without_a_token_the_reason_is_told(run: Terminal, env: Mapping[str, str], keychain: Memory, why: str) -> None:
    desk = make_desk(run, keychain=keychain)
    run.configure(PROD)
    result = status(desk, env=env)
    assert (result.code, result.document["works"]) == (4, False)
    assert why in result.document["warnings"][0]
    failed = run("conversation", "show", "twitter:1001", "-o", "json", env=env)
    assert (failed.code, failed.error["code"]) == (4, "auth.no_token")
    assert why in failed.error["message"]
    assert "qsc-bot auth login -p prod" in failed.error["hint"]
    assert desk.vendor.asked == []


def test_keychain_that_answers_with_another_item_is_no_token(desk: Desk) -> None:
    desk.keychain.items["qsc-bot", "prod"] = '{"version": 1, "profile": "bank", "secrets": {"token": "4711-4711"}}'
    result = status(desk)
    assert result.code == 4
    assert "another item's text" in result.document["warnings"][0]
    assert "4711" not in result.stdout + result.stderr


def test_logout_forgets_the_secrets_and_keeps_the_profile(desk: Desk) -> None:
    result = desk.run("auth", "logout", "--yes", "-o", "json", env=BUS)
    assert (result.code, result.document["outcome"], result.document["name"]) == (0, "deleted", "prod")
    assert (desk.stored, desk.run.config_file.exists()) == ({}, True)
    assert not (desk.run.state / "logins.json").exists()
    again = desk.run("auth", "logout", "--yes", "-o", "json", env=BUS)
    assert (again.code, again.document["outcome"]) == (0, "unchanged")
    assert status(desk).code == 4


def test_logout_tells_what_the_environment_still_provides(desk: Desk) -> None:
    env = {**BUS, **ENV, "QSC_BOT_APP_SECRET": "x"}
    document = desk.run("auth", "logout", "--yes", "-o", "json", env=env).document
    assert document["warnings"] == ["the environment still provides QSC_BOT_TOKEN, QSC_BOT_APP_SECRET"]


@pytest.mark.parametrize(("words", "code"), [([], 2), (["--no-input"], 2)])
def test_logout_asks_and_off_a_terminal_names_the_flag(desk: Desk, words: list[str], code: int) -> None:
    result = desk.run("auth", "logout", *words, "-o", "json", env=BUS)
    assert (result.code, "--yes" in result.error["hint"], list(desk.stored)) == (code, True, ["prod"])


@pytest.mark.parametrize(("answer", "left"), [("y\n", []), ("n\n", ["prod"])])
def test_logout_does_as_answered(desk: Desk, answer: str, left: list[str]) -> None:
    desk.run("auth", "logout", stdin=answer, tty=True, env=BUS)
    assert list(desk.stored) == left


def test_logout_of_a_keychain_that_fails_keeps_the_login(desk: Desk) -> None:
    desk.keychain = LOCKED
    result = desk.run("auth", "logout", "--yes", "-o", "json", env=BUS)
    assert (result.code, result.error["code"]) == (3, "auth.keychain")
    assert "prod" in (desk.run.state / "logins.json").read_text()


def test_logout_after_a_renewal_into_the_file_also_forgets_the_keychain(desk: Desk) -> None:
    keychain, harmless = desk.keychain, "kept-in-a-file-on-purpose"
    desk.keychain, desk.vendor.tokens = LOCKED, {EU: harmless}
    assert desk.log_in("--allow-file-store", stdin=harmless).code == 0
    failed = desk.run("auth", "logout", "--yes", "-o", "json", env=BUS)
    assert (failed.code, failed.error["code"]) == (3, "auth.keychain")
    assert not (desk.run.state / "secrets.json").exists()
    desk.keychain = keychain
    result = desk.run("auth", "logout", "--yes", "-o", "json", env=BUS)
    assert (result.code, result.document["outcome"], desk.stored) == (0, "deleted", {})


def test_secrets_of_a_deleted_profile_can_still_be_forgotten(desk: Desk) -> None:
    deleted = desk.run("profile", "delete", "prod", "--yes", env=BUS)
    assert "next: qsc-bot auth logout -p prod" in deleted.stderr
    assert list(desk.stored) == ["prod"]
    result = desk.run("auth", "logout", "-p", "prod", "--yes", "-o", "json", env=BUS)
    assert (result.code, result.document["outcome"], result.document["api"], desk.stored) == (0, "deleted", None, {})


@pytest.mark.parametrize("words", [["-p", "sandbox"], []], ids=["named", "by default"])
def test_sandbox_cannot_be_logged_out_of(run: Terminal, words: list[str]) -> None:
    result = run("auth", "logout", "--yes", "-o", "json", *words)
    assert (result.code, result.error["code"]) == (3, "config.invalid")
