"""`auth login`: an answer that is none does not undo the others, and a refusal names the option that helps."""

import pytest

from tests.cli.accounts import BUS, EU, TOKEN, TWO, Desk, make_desk, nothing_saved
from tests.cli.terminal import Terminal
from tests.credentials.backends import LOCKED

HARMLESS = "kept-in-a-file-on-purpose"


@pytest.fixture
def desk(run: Terminal) -> Desk:
    """A machine to log in from."""
    return make_desk(run)


def answer(desk: Desk, *lines: str, words: tuple[str, ...] = ()) -> tuple[int, str]:
    """Exit code and questions of a login where a person answers after the profile's name and the token."""
    typed = "\n".join(["", TOKEN, *lines, ""])
    result = desk.run("auth", "login", *words, stdin=typed, tty=True, env=BUS)
    return result.code, result.stderr


@pytest.mark.parametrize(
    "wrong", ["two words", "t\u00f6ken", '""', "x" * 70_000], ids=["space", "accent", "quotes", "endless"]
)
def test_answer_that_is_no_secret_is_asked_for_again(desk: Desk, wrong: str) -> None:
    code, told = answer(desk, wrong, "page-1", "client-1")
    assert (code, desk.stored["prod"]) == (0, {"token": TOKEN, "page_token": "page-1", "client_secret": "client-1"})
    assert "; once more: Page token, QSC_BOT_PAGE_TOKEN (not shown, Enter skips): " in told
    assert wrong not in told or wrong == '""'


def test_answer_that_is_wrong_three_times_is_left_out_and_told(desk: Desk) -> None:
    code, told = answer(desk, "a b", "c d", "e f", "client-1")
    assert (code, desk.stored["prod"]) == (0, {"token": TOKEN, "client_secret": "client-1"})
    assert "the Page token was left out after 3 answers; log in again, or set QSC_BOT_PAGE_TOKEN" in told


def test_enter_skips_after_a_wrong_answer(desk: Desk) -> None:
    code, told = answer(desk, "a b", "", "client-1")
    assert (code, desk.stored["prod"]) == (0, {"token": TOKEN, "client_secret": "client-1"})
    assert "left out" not in told


def test_what_was_left_out_is_told_to_programs_with_the_result(desk: Desk) -> None:
    typed = "\n".join(["", TOKEN, "a b", "c d", "e f", ""])
    document = desk.run("auth", "login", "-o", "json", stdin=typed, tty=True, env=BUS).document
    assert document["warnings"] == [
        "the Page token was left out after 3 answers; log in again, or set QSC_BOT_PAGE_TOKEN"
    ]


def test_secret_that_is_left_out_stays_as_it_was(desk: Desk) -> None:
    assert answer(desk, "page-1")[0] == 0
    assert answer(desk, "a b", "c d", "e f")[0] == 0
    assert desk.stored["prod"] == {"token": TOKEN, "page_token": "page-1"}


def test_declining_the_file_names_the_option_that_agrees_to_it(run: Terminal) -> None:
    make_desk(run, tokens={EU: HARMLESS}, keychain=LOCKED)
    result = run("auth", "login", stdin=f"\n{HARMLESS}\n\n\n\n\n\nn\n", tty=True, env=BUS)
    assert result.code == 12
    assert "declined; nothing was saved   [prompt.declined]" in result.stderr
    assert "run again and answer yes, or add --allow-file-store" in result.stderr
    assert "--yes" not in result.stderr


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--account-id", "a b"], "--account-id"),
        (["--account-id", ""], "--account-id"),
        (["--account-id", "1417/../2"], "--account-id"),
        (["--api-url", "x"], "--api-url"),
        (["--api-url", ""], "--api-url"),
        (["--api-url", "http://api.engagor.com"], "--api-url"),
        (["--api-url", "https://me:pw@api.engagor.com"], "--api-url"),
    ],
    ids=" ".join,
)
def test_word_that_cannot_be_is_a_usage_error_that_names_its_option(
    run: Terminal, words: list[str], option: str
) -> None:
    desk = make_desk(run, accounts=TWO)
    result = desk.log_in(*words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")
    assert option in result.error["message"]
    assert "pw" not in result.error["message"]
    assert desk.vendor.asked == []
    assert nothing_saved(desk)


def test_host_that_is_not_allowed_names_the_option_and_what_allows_it(desk: Desk) -> None:
    result = desk.log_in("--api-url", "https://evil.example.com", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.host")
    assert result.error["message"] == "--api-url: the host evil.example.com is not allowed"
    assert "allowed_hosts" in result.error["hint"]
