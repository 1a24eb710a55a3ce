"""`profile set` and `profile delete`: checked by the reader of the file before it is written, comments never lost."""

from typing import Any

import pytest

from tests.cli.terminal import PROD, Terminal

COMMENTED = "# mine\n" + PROD


def assign(run: Terminal, *words: str, name: str = "prod") -> Any:
    """`profile set` as JSON."""
    return run("profile", "set", name, *words, "-o", "json")


@pytest.mark.parametrize(
    ("word", "field", "value"),
    [
        ("region=us", "region", "us"),
        ("account_id=1417", "account_id", "1417"),
        ("account_id=007", "account_id", "007"),
        ("account_id=1e3", "account_id", "1e3"),
        ("topic_ids=[46283, 2]", "topic_ids", ["46283", "2"]),
        ("topic_ids=[]", "topic_ids", []),
        ("protected=true", "protected", True),
        ("protected=bulk", "protected", "bulk"),
        ("budget_reserve=0", "budget_reserve", 0),
        ("escalation_tag=yes", "escalation_tag", "yes"),
        ("escalation_tag=to: agent #1", "escalation_tag", "to: agent #1"),
        ("escalation_tag=[x", "escalation_tag", "[x"),
        ("escalation_tag=null", "escalation_tag", "null"),
        ("contact_tag_filter=null", "contact_tag_filter", None),
        ("private_message_filter=type:private=1", "private_message_filter", "type:private=1"),
        ("channels.twitter=tag", "channels", {"twitter": "tag"}),
        ("channels={twitter: tag}", "channels", {"twitter": "tag"}),
    ],
    ids=lambda value: value if isinstance(value, str) and "=" in value else "",
)
def test_key_is_set_and_reads_the_same_again(run: Terminal, word: str, field: str, value: object) -> None:
    run.configure(PROD)
    result = assign(run, word)
    assert result.code == 0, result.stderr
    assert (result.document[field], result.document["outcome"] in ("updated", "unchanged")) == (value, True)
    assert run("profile", "show", "prod", "-o", "json").document[field] == value
    assert run.config_file.stat().st_mode & 0o077 == 0 or result.document["outcome"] == "unchanged"


def test_nested_key_is_set_beside_its_neighbours(run: Terminal) -> None:
    run.configure(PROD)
    messenger = assign(run, "messenger.default_app=other", "messenger.page_id=5").document["messenger"]
    assert (messenger["default_app"], messenger["page_id"], messenger["bot_app_id"]) == ("other", "5", "111")


def test_key_without_a_value_is_removed(run: Terminal) -> None:
    run.configure(PROD)
    document = assign(run, "messenger=", "topic_ids=").document
    assert (document["messenger"], document["topic_ids"]) == (None, [])
    assert "messenger" not in run.config_file.read_text()


def test_what_is_so_already_is_unchanged_and_not_written(run: Terminal) -> None:
    run.configure(COMMENTED)
    assert assign(run, 'account_id="1000"').document["outcome"] == "unchanged"
    assert run.config_file.read_text() == COMMENTED


def test_new_profile_is_made_and_is_no_default(run: Terminal) -> None:
    result = assign(run, "account_id=1417", "topic_ids=[46283]")
    assert (result.code, result.document["outcome"]) == (0, "created")
    assert run.config_file.stat().st_mode & 0o777 == 0o600
    assert run("profile", "list", "-o", "json").document["items"][0]["default"] is False


def test_other_profiles_and_settings_stay(run: Terminal) -> None:
    run.configure(
        PROD + "  test: {account_id: '5', escalation_tag: \"1e3\"}\nshow_names: true\nallowed_hosts: [a.example]\n"
    )
    before = {name: run("profile", "show", name, "-o", "json").document for name in ("prod", "test")}
    assert assign(run, "region=us").code == 0
    assert run("profile", "show", "test", "-o", "json").document == before["test"]
    after = run("profile", "show", "prod", "-o", "json").document
    assert {key for key in after if after[key] != before["prod"][key]} == {"region", "api", "web"}
    assert "a.example" in run.config_file.read_text()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (
            ["topic_id=[1]"],
            "usage.invalid",
            "profiles.prod.topic_id is not a known key; the nearest known key is topic_ids",
        ),
        (["messenger.page=1"], "usage.invalid", "profiles.prod.messenger.page is not a known key"),
        (["token=abc"], "usage.invalid", "secrets never stand in a file"),
        (["region=asia"], "usage.invalid", "expected eu or us"),
        (["region=us", "timeout=soon"], "usage.invalid", "profiles.prod.timeout"),
        (["budget_reserve=-1"], "usage.invalid", "0 or more"),
        (["account_id="], "usage.invalid", "account_id is missing"),
        (["recipes.backend=api"], None, None),
        (["recipes.backend=api", "recipes.path="], "usage.invalid", "recipes.path is missing"),
        (["api_url=https://evil.example.com"], "config.host", "evil.example.com is not allowed"),
        (["api_url=http://api.engagor.com"], "usage.invalid", "plain http"),
        (["region"], "usage.invalid", "assigns nothing"),
        (["=x"], "usage.invalid", "assigns nothing"),
        (["messenger..page_id=1"], "usage.invalid", "assigns nothing"),
        (["stuck.nothing="], "usage.invalid", "is not set"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_nothing_is_written_unless_all_of_it_is_right(
    run: Terminal, words: list[str], code: str | None, told: str | None
) -> None:
    run.configure(PROD)
    result = assign(run, *words)
    if code is None:
        assert result.code == 0
        return
    assert (result.error["code"], run.config_file.read_text()) == (code, PROD)
    assert result.code == (3 if code == "config.host" else 2)
    assert str(told) in result.error["message"]


def test_unknown_profile_without_account_names_the_nearest(run: Terminal) -> None:
    run.configure(PROD)
    result = assign(run, "region=us", name="prd")
    assert (result.code, result.error["code"]) == (3, "config.profile_unknown")
    assert "did you mean prod?" in result.error["hint"]


@pytest.mark.parametrize("name", ["sandbox", "a b", "", "-"])
def test_sandbox_and_impossible_names_are_refused(run: Terminal, name: str) -> None:
    assert run("profile", "set", "-o", "json", "--", name, "account_id=1").error["code"] == "config.invalid"
    assert run("profile", "delete", "--yes", "-o", "json", "--", name).error["code"] == "config.invalid"
    assert not run.config_file.exists()


@pytest.mark.parametrize(
    "words", [["profile", "set", "prod", "region=us"], ["profile", "delete", "prod"]], ids=" ".join
)
def test_file_with_comments_is_not_rewritten_without_yes(run: Terminal, words: list[str]) -> None:
    run.configure(COMMENTED)
    result = run(*words, "-o", "json")
    assert (result.code, result.error["code"], run.config_file.read_text()) == (2, "usage.confirmation", COMMENTED)
    assert "line 1: # mine" in result.error["message"]
    assert run(*words, "--yes").code == 0
    assert "mine" not in run.config_file.read_text()


@pytest.mark.parametrize(
    ("text", "is_comment"),
    [
        ("escalation_tag: 'a # b'", False),
        ('escalation_tag: "#"', False),
        ("escalation_tag: a#b", False),
        ("escalation_tag: a # b", True),
        ("# region: eu", True),
        ("escalation_tag: |-\n      # b", False),
    ],
    ids=["single quotes", "double quotes", "within a word", "behind a value", "a line", "in a block"],
)
def test_only_comments_are_taken_for_comments(run: Terminal, text: str, is_comment: bool) -> None:
    run.configure(f'version: 1\nprofiles:\n  prod:\n    account_id: "5"\n    {text}\n')
    assert (assign(run, "region=us").code == 2) is is_comment


def test_broken_file_is_not_written_over(run: Terminal) -> None:
    run.configure("version: 1\nprofiles: [\n")
    assert assign(run, "account_id=1").code == 3
    assert run.config_file.read_text() == "version: 1\nprofiles: [\n"


def test_linked_file_stays_a_link(run: Terminal) -> None:
    run.configure(PROD)
    target = run.config_file.rename(run.home / "dotfiles.yaml")
    run.config_file.symlink_to(target)
    assert assign(run, "region=us").code == 0
    assert run.config_file.is_symlink()
    assert "region: us" in target.read_text()


def test_delete_asks_and_takes_the_default_with_it(run: Terminal) -> None:
    run.configure(PROD)
    refused = run("profile", "delete", "prod", "-o", "json")
    assert (refused.code, refused.error["code"], run.config_file.read_text()) == (2, "usage.confirmation", PROD)
    assert run("profile", "delete", "prod", stdin="n\n", tty=True).code == 12
    result = run("profile", "delete", "prod", stdin="y\n", tty=True)
    assert result.code == 0
    assert "there is no default profile now" in result.stderr
    assert "next: qsc-bot auth logout -p prod" in result.stderr
    assert "prod" not in run.config_file.read_text()


def test_profile_that_is_not_there_cannot_be_deleted(run: Terminal) -> None:
    run.configure(PROD)
    result = run("profile", "delete", "prud", "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.profile_unknown")
    assert run.config_file.read_text() == PROD
