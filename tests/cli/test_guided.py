"""Webhooks and recipes that a person enters: the registry and the person's word."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import Terminal

CONFIG = """\
version: 1
default_profile: prod
profiles:
  prod: {account_id: "1417", topic_ids: ["46283"]}
  us: {account_id: "1418", region: us, topic_ids: ["1"], private_message_filter: "type:private"}
"""
URL = "https://bot.example.com/webhooks?team=care"
REGISTER = ["webhook", "register", "bot", "--url", URL]
CREATE = ["recipe", "create", "to-bot", "--webhook", "bot"]


@pytest.fixture
def run(run: Terminal) -> Terminal:
    run.configure(CONFIG)
    return run


@pytest.fixture
def made(run: Terminal) -> Terminal:
    assert run(*REGISTER).code == 0
    assert run(*CREATE).code == 0
    return run


def registry(run: Terminal) -> Path:
    return run.state / "registry.yaml"


def show(run: Terminal, *words: str) -> Any:
    return run("recipe", "show", "to-bot", *words, "-o", "json").document


def test_webhook_is_recorded_without_a_token_and_without_a_call(run: Terminal) -> None:
    result = run(*REGISTER)
    assert (result.code, registry(run).stat().st_mode & 0o777) == (0, 0o600)
    assert "webhook bot: created\nrecorded here; live once a recipe uses it\n" in result.stderr
    document = run("webhook", "show", "bot", "-o", "json").document
    assert (document["state"], document["url"], document["method"]) == ("recorded", URL, "POST")


def test_webhook_is_unchanged_then_refused_then_updated(made: Terminal) -> None:
    assert made(*REGISTER, "-o", "json").document["outcome"] == "unchanged"
    other = ["webhook", "register", "bot", "--url", "https://bot.example.com/other"]
    refused = made(*other, "-o", "json")
    assert (refused.code, refused.error["code"]) == (7, "webhook.different")
    assert "--update" in refused.error["hint"]
    made("recipe", "confirm", "to-bot")
    updated = made(*other, "--update")
    assert "next: qsc-bot recipe show to-bot --form\n" in updated.stderr
    assert show(made)["state"] == "pending"


@pytest.mark.parametrize(
    "url", ["https://b.example.com/#part", "https://me:pw@b.example.com/", "ftp://b.example.com/", "b.example.com"]
)
def test_address_that_cannot_be_a_webhooks_is_refused_and_not_recorded(run: Terminal, url: str) -> None:
    result = run("webhook", "register", "bot", "--url", url, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.url")
    assert not registry(run).exists()


@pytest.mark.parametrize(
    "path",
    ["{secre}", "{SECRET}", "{secret%20}", "{{secret}}", "{sec{secret}ret}", "{secret}/{id}", "{secret", "in}", "{}"],
)
@pytest.mark.parametrize("profile", ["prod", "sandbox"])
def test_braces_that_are_not_the_secrets_place_are_refused_and_not_recorded(
    run: Terminal, path: str, profile: str
) -> None:
    url = f"https://b.example.com/{path}"
    words = ["webhook", "register", "bot", "--url", url, "-p", profile, "-o", "json"]
    result = run(*words, env={"QSC_BOT_URL_SECRET": "word-that-is-only-in-the-address"})
    assert (result.code, result.error["code"], "{secret}" in result.error["hint"]) == (2, "usage.url", True)
    assert run("webhook", "list", "-p", profile, "-o", "id").stdout == ""


def test_address_with_unknown_braces_from_before_is_read_and_told(made: Terminal) -> None:
    registry(made).write_text(registry(made).read_text().replace("/webhooks", "/{secre}", 1))
    assert any("braces" in told and "{secret}" in told for told in show(made)["warnings"])


def test_plain_http_is_warned_of_unless_it_stays_here(run: Terminal) -> None:
    far = run("webhook", "register", "far", "--url", "http://bot.example.com/", "-o", "json").document
    near = run("webhook", "register", "near", "--url", "http://[::1]:9/", "-o", "json").document
    assert ("without encryption" in far["warnings"][0], near["warnings"]) == (True, [])


@pytest.mark.parametrize(("answer", "state"), [("y\n", "confirmed"), ("n\n", "pending"), ("", "pending")])
def test_on_a_terminal_the_form_ends_with_the_question(run: Terminal, answer: str, state: str) -> None:
    run(*REGISTER)
    result = run(*CREATE, tty=True, stdin=answer)
    assert result.code == 0
    assert "1. Name\nto-bot\n" in result.stdout
    assert result.stderr.count("Entered and saved? [y/N]") == 1
    assert show(run)["state"] == state


@pytest.mark.parametrize("words", [["--no-input"], ["-o", "json"]], ids=["no input", "json"])
def test_nobody_is_asked_where_nobody_answers(run: Terminal, words: list[str]) -> None:
    run(*REGISTER)
    result = run(*CREATE, *words, tty=True)
    assert (result.code, "Entered" in result.stderr) == (0, False)


def test_confirming_tells_by_whom_and_when_and_is_unchanged_after(made: Terminal) -> None:
    done = made("recipe", "confirm", "to-bot", "-o", "json", env={"USER": "ada"}).document
    assert (done["outcome"], done["state"], done["pending"]) == ("updated", "confirmed", None)
    assert (done["confirmed_by"], done["confirmed_at"]) == ("ada", "2026-11-22T09:02:30Z")
    before = registry(made).read_bytes()
    assert made("recipe", "confirm", "to-bot", "-o", "json").document["outcome"] == "unchanged"
    assert registry(made).read_bytes() == before


def test_equal_recipe_is_unchanged_and_another_is_refused_with_the_difference(made: Terminal) -> None:
    assert made(*CREATE, "-o", "json").document["outcome"] == "unchanged"
    refused = made(*CREATE, "--exclude-tag", "vip")
    assert refused.code == 7
    assert "exclude_tag" in refused.stderr
    assert "--update" in refused.stderr


def test_switching_off_and_on_waits_for_the_persons_word(made: Terminal) -> None:
    made("recipe", "confirm", "to-bot")
    off = made("recipe", "disable", "to-bot", "-o", "json").document
    assert (off["outcome"], off["state"], off["pending"]) == ("recorded", "pending", "disable")
    (entry,) = off["form"]["entries"]
    assert (entry["label"], entry["before"], entry["value"]) == ("Enabled", "enabled", "disabled")
    assert made("recipe", "confirm", "to-bot", "-o", "json").document["state"] == "disabled"
    assert made("recipe", "disable", "to-bot", "-o", "json").document["outcome"] == "unchanged"
    assert made("recipe", "enable", "to-bot", "-o", "json").document["pending"] == "enable"
    assert made("recipe", "confirm", "to-bot", "-o", "json").document["state"] == "confirmed"


def test_deleted_recipe_stays_until_its_deletion_is_confirmed(made: Terminal) -> None:
    made("recipe", "confirm", "to-bot")
    gone = made("recipe", "delete", "to-bot", "--yes", "-o", "json").document
    assert (gone["outcome"], gone["state"], gone["pending"]) == ("recorded", "pending", "delete")
    assert gone["form"]["path"][-1] == "On new mention / case"
    assert made("webhook", "delete", "bot", "--yes").code == 7
    assert made("recipe", "confirm", "to-bot", "-o", "json").document["outcome"] == "deleted"
    assert made("recipe", "show", "to-bot", "-o", "json").error["code"] == "recipe.not_found"
    assert made("webhook", "delete", "bot", "--yes", "-o", "json").document["outcome"] == "deleted"


def test_recipe_that_is_to_be_deleted_still_is_when_its_webhook_changes(made: Terminal) -> None:
    made("recipe", "confirm", "to-bot")
    made("recipe", "delete", "to-bot", "--yes")
    made("webhook", "register", "bot", "--url", "https://bot.example.com/other", "--update")
    assert show(made)["pending"] == "delete"


def test_recipe_that_was_to_be_deleted_can_be_made_again(made: Terminal) -> None:
    made("recipe", "delete", "to-bot", "--yes")
    again = made(*CREATE, "-o", "json").document
    assert (again["outcome"], again["pending"]) == ("updated", "create")


def test_named_project_file_gets_a_registry_beside_it_made_to_be_committed(run: Terminal, tmp_path: Path) -> None:
    project = tmp_path / "repo" / "qsc-bot.yaml"
    project.parent.mkdir()
    project.write_text("version: 1\n")
    assert run(*REGISTER, "--config", str(project)).code == 0
    assert run("webhook", "list", "-o", "id", env={"QSC_BOT_CONFIG": str(project)}).stdout == "bot\n"
    assert sorted(one.name for one in project.parent.iterdir()) == ["qsc-bot.lock.yaml", "qsc-bot.yaml"]
    assert run("webhook", "list", "-o", "id").stdout == ""


def test_file_edited_by_hand_is_told_and_waits_for_a_word(made: Terminal) -> None:
    made("recipe", "confirm", "to-bot")
    registry(made).write_text(registry(made).read_text().replace("escalated to agent", "vip", 1))
    recipe = show(made)
    assert (recipe["state"], recipe["exclude_tag"]) == ("pending", "vip")
    assert "changed by hand" in recipe["warnings"][0]
    assert "changed by hand" in made("recipe", "list").stderr
    made("recipe", "confirm", "to-bot")
    assert (show(made)["state"], show(made)["warnings"]) == ("confirmed", [])


def test_state_edited_by_hand_is_not_believed(made: Terminal) -> None:
    registry(made).write_text(registry(made).read_text().replace('state: "pending"', 'state: "verified"'))
    recipe = show(made)
    assert recipe["state"] == "pending"
    assert "says verified; by what is recorded it is pending" in recipe["warnings"][0]


def test_registry_of_a_newer_version_is_refused(made: Terminal) -> None:
    registry(made).write_text("version: 2\n")
    for words in (["recipe", "list"], CREATE):
        result = made(*words, "-o", "json")
        assert (result.code, result.error["code"]) == (3, "config.invalid")
        assert "newer version" in result.error["message"]
        assert "install the newer qsc-bot" in result.error["hint"]


def test_long_name_is_told_how_long_it_may_be(made: Terminal) -> None:
    result = made("recipe", "create", "a" * 61, "--webhook", "bot")
    assert (result.code, "1 to 60 small letters" in result.stderr) == (2, True)


def test_state_folder_that_cannot_be_used_prints_nothing_as_done(run: Terminal, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(*REGISTER, "-o", "json", env={"QSC_BOT_STATE_DIR": str(tmp_path / "file" / "state")})
    assert (result.code, result.stdout, result.error["code"]) == (3, "", "config.state")


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        pytest.param(["recipe", "create", "To_Bot", "--webhook", "bot"], 2, "usage.invalid", id="name for no marker"),
        pytest.param(["recipe", "create", "r", "--webhook", "none"], 6, "webhook.not_found", id="no webhook"),
        pytest.param([*CREATE, "--filter", "a\nb", "--update"], 2, "usage.invalid", id="two lines"),
        pytest.param(["recipe", "confirm", "none"], 6, "recipe.not_found", id="confirm"),
        pytest.param(["recipe", "enable", "none"], 6, "recipe.not_found", id="enable"),
        pytest.param(["recipe", "delete", "none", "--yes"], 6, "recipe.not_found", id="delete"),
        pytest.param(["webhook", "show", "none"], 6, "webhook.not_found", id="webhook"),
        pytest.param(["recipe", "confirm", "r", "-p", "sandbox"], 3, "config.recipes", id="kept by calls"),
    ],
)
def test_what_cannot_be_is_refused_and_records_nothing(made: Terminal, words: list[str], code: int, name: str) -> None:
    before = registry(made).read_bytes()
    result = made(*words, "-o", "json")
    assert (result.code, result.stdout, result.error["code"]) == (code, "", name)
    assert registry(made).read_bytes() == before
