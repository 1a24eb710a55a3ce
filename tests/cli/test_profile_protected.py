"""A protected profile is changed, taken away or turned to another account only by who gives its name."""

from pathlib import Path

import pytest

from tests.cli.accounts import BUS, EU, TOKEN, TWO, US, Desk, make_desk
from tests.cli.terminal import PROD, Terminal

SET = ["profile", "set", "prod", "account_id=2000"]
DELETE = ["profile", "delete", "prod", "--yes"]
UNPROTECT = ["profile", "set", "prod", "protected=false"]
NAMED = ["--confirm-profile", "prod"]


def protect(run: Terminal, word: str = "true") -> str:
    """A user file with a protected profile; what stands in it."""
    run.configure(PROD.replace("topic_ids:", f"protected: {word}\n    topic_ids:"))
    return run.config_file.read_text()


@pytest.mark.parametrize("words", [SET, DELETE, UNPROTECT, [*SET, "--yes"], [*SET, "--no-input"]], ids=" ".join)
def test_off_a_terminal_the_name_is_wanted_and_nothing_written(run: Terminal, words: list[str]) -> None:
    before = protect(run)
    result = run(*words, "-o", "json")
    assert (result.code, result.error["code"], run.config_file.read_text()) == (2, "usage.confirmation", before)
    assert "--confirm-profile prod" in result.error["hint"]


@pytest.mark.parametrize("words", [SET, DELETE, UNPROTECT], ids=" ".join)
def test_name_by_its_option_answers(run: Terminal, words: list[str]) -> None:
    before = protect(run)
    wrong = run(*words, "--confirm-profile", "production", "-o", "json")
    assert (wrong.code, wrong.error["message"]) == (2, "'production' is not prod; nothing was written")
    assert run.config_file.read_text() == before
    assert run(*words, *NAMED).code == 0
    assert run.config_file.read_text() != before


@pytest.mark.parametrize(("typed", "code"), [("prod\n", 0), ("yes\n", 12), ("\n", 12), ("", 12)])
@pytest.mark.parametrize("words", [SET, DELETE, UNPROTECT], ids=" ".join)
def test_name_is_typed_on_a_terminal(run: Terminal, words: list[str], typed: str, code: int) -> None:
    before = protect(run)
    result = run(*words, stdin=typed, tty=True)
    assert "profile prod is protected; type its name to go on: " in result.stderr
    assert (result.code, run.config_file.read_text() == before) == (code, code != 0)


def test_deleting_on_a_terminal_asks_for_the_name_and_then_for_yes(run: Terminal) -> None:
    before = protect(run)
    assert run("profile", "delete", "prod", stdin="prod\nn\n", tty=True).code == 12
    assert run.config_file.read_text() == before
    assert run("profile", "delete", "prod", stdin="prod\ny\n", tty=True).code == 0


@pytest.mark.parametrize(
    "words", [["profile", "set", "prod", "account_id=1000"], ["profile", "use", "prod"], ["profile", "show", "prod"]]
)
def test_what_changes_no_account_is_not_asked_about(run: Terminal, words: list[str]) -> None:
    protect(run)
    assert run(*words).code == 0


@pytest.mark.parametrize(
    "words", [["profile", "set", "prod", "region=asia"], ["profile", "set", "prod", "account_id="]]
)
def test_what_cannot_be_is_told_before_the_name_is_asked_for(run: Terminal, words: list[str]) -> None:
    protect(run)
    assert run(*words, "-o", "json").error["code"] == "usage.invalid"


def test_protecting_a_profile_that_was_not_asks_nothing(run: Terminal) -> None:
    run.configure(PROD)
    assert run("profile", "set", "prod", "protected=true").code == 0
    assert run("profile", "set", "new", "account_id=1", "protected=true").code == 0
    assert run("profile", "set", "new", "region=us").code == 2


def test_bulk_protection_counts_where_a_question_is_asked_anyway(run: Terminal) -> None:
    protect(run, "bulk")
    assert run("profile", "set", "prod", "region=us").code == 0
    assert run(*DELETE, "-o", "json").error["code"] == "usage.confirmation"
    assert run(*DELETE, *NAMED).code == 0


@pytest.mark.parametrize(("user", "project"), [("true", "false"), ("false", "true")])
def test_neither_file_takes_the_other_s_protection_away(run: Terminal, tmp_path: Path, user: str, project: str) -> None:
    before = protect(run, user)
    (tmp_path / "project.yaml").write_text(f"profiles:\n  prod:\n    protected: {project}\n")
    words = ["--config", str(tmp_path / "project.yaml"), "-o", "json"]
    for command in (SET, DELETE):
        assert run(*command, *words).error["code"] == "usage.confirmation"
    assert run.config_file.read_text() == before


@pytest.fixture
def desk(run: Terminal) -> Desk:
    """A machine that is logged in to a protected profile."""
    desk = make_desk(run, accounts=TWO, tokens={EU: TOKEN, US: TOKEN})
    assert desk.log_in("--account-id", "1417").code == 0
    assert run("profile", "set", "prod", "protected=true", env=BUS).code == 0
    return desk


@pytest.mark.parametrize("words", [["--account-id", "2000"], ["--region", "us"]], ids=" ".join)
def test_login_that_turns_it_to_another_account_or_host_wants_its_name(desk: Desk, words: list[str]) -> None:
    before = (desk.run.config_file.read_text(), desk.stored)
    result = desk.log_in(*words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert "--confirm-profile prod" in result.error["hint"]
    assert (desk.run.config_file.read_text(), desk.stored) == before
    assert desk.log_in(*words, *NAMED).code == 0
    assert desk.run.config_file.read_text() != before[0]


def test_login_that_only_renews_the_token_asks_nothing(desk: Desk) -> None:
    assert desk.log_in().code == 0
