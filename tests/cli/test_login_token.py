"""`auth login`: the token as it is given, cleaned of what was pasted along, and never shown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.accounts import BUS, EU, TOKEN, TWO, US, Desk, make_desk, nothing_saved
from tests.cli.terminal import Terminal
from tests.credentials.backends import LOCKED


@pytest.fixture
def desk(run: Terminal) -> Desk:
    """A machine to log in from; the token has one account in Europe."""
    return make_desk(run)


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
    assert result.error["hint"] == "give a file that holds the token alone, on one line"


def test_off_a_terminal_without_a_token_the_flag_is_named(desk: Desk) -> None:
    result = desk.run("auth", "login", "-o", "json", env=BUS)
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert "--token-stdin" in result.error["hint"]


def test_programs_are_told_with_the_result_and_stderr_stays_empty(desk: Desk) -> None:
    result = desk.log_in("-o", "json", stdin=f'"{TOKEN}"')
    assert result.document["warnings"] == ["standard input: quotes around it taken off"]
    assert result.stderr == ""


@pytest.mark.parametrize(
    "vendor",
    [{"tokens": {}}, {"accounts": []}, {"accounts": TWO}, {"broken": {EU: 500, US: 500}}, {"keychain": LOCKED}],
    ids=["rejected", "no account", "several accounts", "broken", "locked"],
)
@pytest.mark.parametrize("output", ["table", "json"])
def test_no_failed_login_shows_the_token(run: Terminal, vendor: Mapping[str, Any], output: str) -> None:
    desk = make_desk(run, **vendor)
    assert desk.log_in("-o", output, "--debug", "-v").code != 0  # every run looks for the token in streams and files
