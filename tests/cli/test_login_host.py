"""`auth login`: which host accepts the token, and where it is never sent."""

import pytest

from tests.cli.accounts import BUS, EU, TOKEN, US, Desk, make_desk, nothing_saved
from tests.cli.terminal import Terminal


@pytest.fixture
def desk(run: Terminal) -> Desk:
    """A machine to log in from; the token has one account in Europe."""
    return make_desk(run)


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


@pytest.mark.parametrize(
    ("url", "exit_code", "code"),
    [
        ("https://evil.example.com", 3, "config.host"),
        ("http://api.engagor.com", 2, "usage.invalid"),
        ("x", 2, "usage.invalid"),
    ],
)
def test_token_is_never_sent_to_a_host_that_is_not_allowed(desk: Desk, url: str, exit_code: int, code: str) -> None:
    result = desk.log_in("--api-url", url, "-o", "json")
    assert (result.code, result.error["code"]) == (exit_code, code)
    assert desk.vendor.asked == []
    assert nothing_saved(desk)


def test_host_of_ones_own_is_asked_alone(run: Terminal) -> None:
    desk = make_desk(run, tokens={"127.0.0.1": TOKEN})
    assert desk.log_in("--api-url", "http://127.0.0.1:9").code == 0
    assert {call.partition("/")[0] for call in desk.vendor.asked} == {"127.0.0.1"}
    assert desk.run("profile", "show", "-o", "json", env=BUS).document["api"] == "http://127.0.0.1:9"
