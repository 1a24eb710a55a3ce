"""Which account is acted for: the sandbox by default and never by accident, protected profiles, `profile` itself."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.terminal import PROD, Prod, Terminal

UNNAMED = PROD.replace("default_profile: prod\n", "")
OTHER = PROD.replace("  prod:", "  test:").replace("default_profile: prod", "default_profile: test")


@pytest.mark.parametrize(
    "env",
    [
        pytest.param({}, id="nothing set"),
        pytest.param({"QSC_BOT_TOKEN": "sandbox"}, id="the sandbox's own token"),
        pytest.param({"QSC_BOT_TOKEN": ""}, id="empty token"),
        pytest.param({"CI": ""}, id="empty CI"),
        pytest.param({"QSC_BOT_PROFILE": "sandbox", "CI": "true"}, id="named by a variable in CI"),
    ],
)
def test_sandbox_is_the_profile_where_nothing_hints_at_a_real_account(run: Terminal, env: Mapping[str, str]) -> None:
    result = run("conversation", "list", "-o", "json", env=env)
    assert (result.code, result.document["profile"], result.document["account_id"]) == (0, "sandbox", "1000")


@pytest.mark.parametrize(
    ("env", "config"),
    [
        pytest.param({"QSC_BOT_TOKEN": "real"}, None, id="a token"),
        pytest.param({"QSC_BOT_PAGE_TOKEN": "real"}, None, id="a Page token"),
        pytest.param({"CI": "true"}, None, id="CI"),
        pytest.param({}, UNNAMED, id="a configuration without default"),
    ],
)
def test_sandbox_is_never_assumed_where_a_real_account_may_be_meant(
    run: Terminal, env: Mapping[str, str], config: str | None
) -> None:
    if config:
        run.configure(config)
    result = run("handover", "to-bot", "twitter:1002", "-o", "json", env=env)
    assert (result.code, result.error["code"], result.stdout) == (3, "config.profile_missing", "")
    assert not (run.state / "sandbox.db").exists()
    assert run("conversation", "list", "-p", "sandbox", env=env).code == 0


@pytest.mark.parametrize(
    ("words", "env", "chosen"),
    [
        pytest.param([], {}, "test", id="default"),
        pytest.param([], {"QSC_BOT_PROFILE": "sandbox"}, "sandbox", id="environment over default"),
        pytest.param(["-p", "test"], {"QSC_BOT_PROFILE": "sandbox"}, "test", id="flag over environment"),
    ],
)
def test_flag_wins_over_environment_over_file(
    run: Terminal, words: list[str], env: Mapping[str, str], chosen: str
) -> None:
    run.configure(OTHER)
    assert run("profile", "show", *words, "-o", "json", env=env).document["name"] == chosen


@pytest.mark.parametrize("place", ["before", "between", "after"])
def test_shared_options_stand_before_and_after_the_verb(run: Terminal, place: str) -> None:
    words = ["profile", "list"]
    words[{"before": 0, "between": 1, "after": 2}[place] : 0] = ["-o", "json", "-p", "sandbox"]
    words = words if place != "after" else ["profile", "list", "-o", "json", "-p", "sandbox"]
    assert run(*words).document["schema"] == "qsc-bot/profile-list@1"


def test_project_file_wins_over_the_user_file_key_by_key(run: Terminal, tmp_path: Path) -> None:
    run.configure(OTHER)
    project = tmp_path / "project.yaml"
    project.write_text("profiles:\n  test:\n    region: us\n")
    for words, env in (
        (["--config", str(project)], {}),
        ([], {"QSC_BOT_CONFIG": str(project)}),
    ):
        document = run("profile", "show", *words, "-o", "json", env=env).document
        assert (document["region"], document["account_id"]) == ("us", "1000")


def test_unknown_profile_names_the_nearest(run: Terminal) -> None:
    run.configure(PROD)
    result = run("conversation", "list", "-p", "prd", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.profile_unknown")
    assert "did you mean prod?" in result.error["hint"]


def test_list_shows_all_and_marks_the_default(run: Terminal) -> None:
    run.configure(PROD)
    items = run("profile", "list", "-o", "json").document["items"]
    assert [(one["name"], one["default"]) for one in items] == [("prod", True), ("sandbox", False)]


def test_show_tells_where_secrets_come_from_and_never_a_secret(prod: Prod) -> None:
    document = prod.run("profile", "show", "-o", "json").document
    assert document["secrets"]["token"] == "QSC_BOT_TOKEN"
    assert set(document["secrets"]) == {
        "token",
        "page_token",
        "client_secret",
        "app_secret",
        "verify_token",
        "url_secret",
    }
    assert prod.run("profile", "show", "sandbox", "-o", "json").document["secrets"]["token"] == "built in"


def test_use_makes_a_profile_the_default_and_keeps_every_other_line(run: Terminal) -> None:
    run.configure("# mine\n" + PROD)
    assert run("profile", "use", "sandbox", "-o", "json").document["outcome"] == "updated"
    assert run.config_file.read_text() == "# mine\n" + PROD.replace(
        "default_profile: prod", 'default_profile: "sandbox"'
    )
    assert run("conversation", "list", "-o", "json").document["profile"] == "sandbox"


def test_use_refuses_a_profile_that_is_not_there(run: Terminal) -> None:
    run.configure(PROD)
    assert run("profile", "use", "prud").code == 3
    assert run.config_file.read_text() == PROD


def protect(prod: Prod, word: str) -> Prod:
    """The same machine with a protected profile."""
    prod.run.configure(PROD.replace("topic_ids:", f"protected: {word}\n    topic_ids:"))
    return prod


@pytest.mark.parametrize("words", [["twitter:1002"], ["twitter:1002", "--yes"], ["--ids", "-", "--yes"]])
def test_protected_profile_wants_its_name_and_yes_does_not_answer_that(prod: Prod, words: list[str]) -> None:
    result = protect(prod, "true").run("handover", "to-bot", *words, "-o", "json", stdin="twitter:1002\n")
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert "--confirm-profile prod" in result.error["hint"]
    assert prod.wire.writes == []


def test_protected_profile_is_written_to_with_its_name(prod: Prod) -> None:
    result = protect(prod, "true").run("handover", "to-bot", "twitter:1002", "--confirm-profile", "prod")
    assert result.code == 0
    assert prod.effects("twitter:1002") == 1


def test_wrong_name_by_flag_is_a_usage_error(prod: Prod) -> None:
    result = protect(prod, "true").run("handover", "to-bot", "twitter:1002", "--confirm-profile", "test", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert prod.wire.writes == []


@pytest.mark.parametrize(("typed", "code", "writes"), [("prod\n", 0, 1), ("yes\n", 12, 0), ("", 12, 0)])
def test_name_can_be_typed_on_a_terminal(prod: Prod, typed: str, code: int, writes: int) -> None:
    result = protect(prod, "true").run("handover", "to-bot", "twitter:1002", stdin=typed, tty=True)
    assert "profile prod is protected; type its name to go on: " in result.stderr
    assert (result.code, prod.effects("twitter:1002")) == (code, writes)


def test_bulk_protection_asks_only_where_a_question_is_asked_anyway(prod: Prod) -> None:
    assert protect(prod, "bulk").run("handover", "to-bot", "twitter:1002").code == 0
    bulk = prod.run("handover", "to-agent", "--ids", "-", "--yes", "-o", "json", stdin="twitter:1002\n")
    assert (bulk.code, bulk.error["code"]) == (2, "usage.confirmation")
    named = ["--confirm-profile", "prod"]
    assert prod.run("handover", "to-agent", "--ids", "-", "--yes", *named, stdin="twitter:1002\n").code == 0


def test_dry_run_and_reading_on_a_protected_profile_ask_nothing(prod: Prod) -> None:
    protect(prod, "true")
    assert prod.run("handover", "to-bot", "twitter:1002", "--dry-run").code == 0
    assert prod.run("handover", "status", "twitter:1002").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["webhook", "register", "bot", "--url", "https://bot.example.com/"],
        ["webhook", "delete", "bot", "--yes"],
        ["recipe", "create", "r", "--webhook", "bot"],
        ["recipe", "disable", "r"],
        ["recipe", "delete", "r", "--yes"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_protected_profile_asks_for_its_name_before_the_set_up_is_changed(prod: Prod, words: list[str]) -> None:
    prod.run("webhook", "register", "bot", "--url", "https://bot.example.com/old")
    prod.run("recipe", "create", "r", "--webhook", "bot")
    before = len(prod.wire.writes)
    result = protect(prod, "true").run(*words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert len(prod.wire.writes) == before
