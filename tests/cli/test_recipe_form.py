"""The form of a recipe: complete, in order, each value whole on a line of its own, and secrets only where asked for."""

import json
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
SECRET = "word-that-is-only-in-the-address"


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


def values(run: Terminal, *words: str) -> dict[str, str]:
    return {entry["label"]: entry["value"] for entry in show(run, "--form", *words)["form"]["entries"]}


def test_recipe_is_pending_and_its_form_holds_everything_in_the_order_of_the_screen(made: Terminal) -> None:
    recipe = show(made, "--form")
    assert (recipe["state"], recipe["pending"], recipe["backend"]) == ("pending", "create", "guided")
    form = recipe["form"]
    assert form["host"] == "app.engagor.com"
    assert form["path"][1:] == [
        "Account settings",
        "Automation recipes",
        "On new mention / case",
        "Add automation recipe",
    ]
    assert [(entry["number"], entry["value"]) for entry in form["entries"]] == list(
        enumerate(
            [
                "to-bot",
                "46283",
                "all new mentions matching a filter",
                "private messages",
                "escalated to agent",
                "Trigger a webhook",
                "bot",
                "Sends each new private message to the bot",
                "POST",
                f"{URL}&qsc_recipe=to-bot&qsc_rev={recipe['revision']}",
                "[mention]",
                "always",
                "enabled",
                "to-bot",
            ],
            start=1,
        )
    )


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipe"])
def test_each_value_stands_alone_and_whole_on_its_line_at_40_columns(run: Terminal, tty: bool) -> None:
    long_url = f"https://bot.example.com/{'a-very-long-path/' * 12}?team=care"
    tag = "escalated to an agent of the second line because nobody else could help"
    string = "source:twitter AND (lang:nl OR lang:fr) AND NOT author:colleague AND type:private"
    run("webhook", "register", "bot", "--url", long_url)
    run(*CREATE, "--exclude-tag", tag, "--filter", string, "--topic", "1", "--topic", "2")
    lines = run("recipe", "show", "to-bot", "--form", tty=tty, width=40).stdout.splitlines()
    wanted = [entry["value"] for entry in show(run, "--form")["form"]["entries"]]
    pasted = iter(lines)
    assert all(value in pasted for value in wanted)  # each is a whole line, and in this order
    assert max(len(line) for line in lines if line not in wanted) <= 40
    assert not set("│┃─━╭╰…") & set("".join(lines))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(
            ["--saved-filter", "Care"],
            {"Filter": "all new mentions matching a saved filter", "Saved filter": "Care"},
            id="saved",
        ),
        pytest.param(
            ["--filter", "lang:nl"],
            {"Condition": "lang:nl", "Description": "Sends each new matching mention to the bot"},
            id="string",
        ),
        pytest.param(
            ["--active", "business-hours", "--disabled"], {"Active": "business hours", "Enabled": "disabled"}, id="when"
        ),
        pytest.param(["--marker", "none"], {"URL": URL}, id="no marker"),
        pytest.param(["-p", "us"], {"Condition": "type:private", "Topic": "1"}, id="known filter"),
    ],
)
def test_form_follows_the_wish(run: Terminal, words: list[str], expected: dict[str, str]) -> None:
    account = words if "-p" in words else []
    run(*REGISTER, *account)
    run(*CREATE, *words)
    found = values(run, *account)
    assert {label: found[label] for label in expected} == expected


def test_region_decides_the_host(run: Terminal) -> None:
    run(*REGISTER, "-p", "us")
    run(*CREATE, "-p", "us")
    assert show(run, "--form", "-p", "us")["form"]["host"] == "us.engagor.com"
    assert run("recipe", "list", "-o", "id").stdout == ""


def test_after_an_update_the_form_holds_what_changed_and_show_holds_all(made: Terminal) -> None:
    made("recipe", "confirm", "to-bot")
    document = made(*CREATE, "--exclude-tag", "vip", "--topic", "7", "--topic", "8", "--update", "-o", "json").document
    changed = [(one["label"], one["before"], one["value"]) for one in document["form"]["entries"]]
    assert [row for row in changed if row[0] != "URL"] == [
        ("Topic", "46283", "7"),
        ("Topic", None, "8"),
        ("Condition: leave out contacts with this tag", "escalated to agent", "vip"),
    ]
    (url,) = [row for row in changed if row[0] == "URL"]
    assert url[2] == f"{URL}&qsc_recipe=to-bot&qsc_rev={document['revision']}" != url[1]
    assert len(show(made, "--form")["form"]["entries"]) > len(changed)


def test_what_falls_away_is_told(made: Terminal) -> None:
    made("recipe", "confirm", "to-bot")
    entries = made(*CREATE, "--no-exclude-tag", "--update", "-o", "json").document["form"]["entries"]
    assert ("escalated to agent", "", "take this out") in [
        (one["before"], one["value"], one["note"]) for one in entries
    ]


def test_update_of_what_nobody_confirmed_prints_the_whole_form(made: Terminal) -> None:
    document = made(*CREATE, "--no-exclude-tag", "--update", "-o", "json").document
    assert (document["pending"], document["form"]["entries"][0]["label"]) == ("create", "Name")


def test_secret_of_the_address_is_shown_on_a_terminal_or_when_asked_for_and_kept_nowhere(run: Terminal) -> None:
    url = "https://bot.example.com/{secret}/in"
    env = {"QSC_BOT_URL_SECRET": SECRET}
    assert run("webhook", "register", "bot", "--url", url, "-o", "json").error["code"] == "config.secret"
    assert run("webhook", "register", "bot", "--url", url, env=env).code == 0
    filled = f"https://bot.example.com/{SECRET}/in?qsc_recipe=to-bot"
    words = ["recipe", "show", "to-bot", "--form"]
    assert "{secret}/in?qsc_recipe" in run(*CREATE, env=env).stdout
    assert filled in run(*words, env=env, tty=True).stdout
    assert filled in run(*words, "--show-secrets", env=env).stdout
    assert filled in run(*words, "--show-secrets", "-o", "json", env=env).stdout
    for hidden in (run(*words, env=env), run(*words, "-o", "json", env=env, tty=True), run(*words, tty=True)):
        assert SECRET not in hidden.stdout + hidden.stderr
        assert "{secret}/in?qsc_recipe" in hidden.stdout
    assert "put the secret in the" in run(*words).stdout
    assert SECRET not in registry(run).read_text()


def test_secret_that_stands_in_a_changed_address_is_not_asked_for(run: Terminal) -> None:
    env = {"QSC_BOT_URL_SECRET": SECRET}
    run("webhook", "register", "bot", "--url", "https://bot.example.com/{secret}", env=env)
    run(*CREATE, env=env)
    run("recipe", "confirm", "to-bot")
    shown = run(*CREATE, "--no-exclude-tag", "--update", "--show-secrets", env=env).stdout
    assert f"to:\nhttps://bot.example.com/{SECRET}?qsc_recipe" in shown
    assert "put the secret in the" not in shown


def test_authorization_is_only_known_to_be_wanted(run: Terminal) -> None:
    run(*REGISTER, "--authorization-stdin", stdin="Basic Zm9yLXRoZS1ib3Q=\n")
    run(*CREATE)
    words = ["recipe", "show", "to-bot", "--form"]
    assert "Authorization header\n" in run(*words).stdout
    assert "\n***\n" in run(*words, tty=True).stdout
    given = run(*words, "--authorization-stdin", "--show-secrets", stdin="Basic Zm9yLXRoZS1ib3Q=\n")
    assert "\nBasic Zm9yLXRoZS1ib3Q=\n" in given.stdout
    assert "Zm9y" not in registry(run).read_text()


def with_own_filter(run: Terminal, text: str | None) -> None:
    """The profile's filter for private messages is another one from now on."""
    profile = f"account_id: '1417', topic_ids: ['46283'], private_message_filter: {json.dumps(text)}"
    run.configure(f"version: 1\ndefault_profile: prod\nprofiles:\n  prod: {{{profile}}}\n")


def test_form_keeps_the_filter_that_was_recorded_when_the_profiles_changes_and_that_is_told(made: Terminal) -> None:
    made("recipe", "confirm", "to-bot")
    revision = show(made)["revision"]
    with_own_filter(made, "type:private")
    recipe = show(made, "--form")
    assert (recipe["state"], recipe["revision"]) == ("confirmed", revision)
    assert values(made)["Condition"] == "private messages"
    told = "private_message_filter is type:private in the profile, and none was recorded"
    assert told in show(made)["warnings"][0]
    assert told.split()[0] in made("recipe", "list").stderr
    assert made("recipe", "enable", "to-bot", "-o", "json").document["outcome"] == "unchanged"


def test_other_filter_in_the_profile_is_a_difference_and_with_update_just_that_is_to_be_changed(made: Terminal) -> None:
    made("recipe", "confirm", "to-bot")
    with_own_filter(made, "type:private")
    before = registry(made).read_bytes()
    refused = made(*CREATE, "-o", "json")
    assert (refused.code, refused.error["code"], registry(made).read_bytes()) == (7, "recipe.different", before)
    assert "private_message_filter" in refused.error["message"]
    document = made(*CREATE, "--update", "-o", "json").document
    assert (document["state"], document["pending"], document["warnings"]) == ("pending", "update", [])
    changed = {one["label"]: (one["before"], one["value"]) for one in document["form"]["entries"]}
    assert changed.pop("URL")[1].endswith(document["revision"])
    assert changed == {"Condition": ("private messages", "type:private")}
    made("recipe", "confirm", "to-bot")
    assert made(*CREATE, "-o", "json").document["outcome"] == "unchanged"
    with_own_filter(made, None)
    assert "type:private was recorded" in show(made)["warnings"][0]


@pytest.mark.parametrize("words", [["--filter", "lang:nl"], ["--saved-filter", "Care"]], ids=["string", "saved"])
def test_profiles_filter_is_nothing_to_a_recipe_of_another_filter(run: Terminal, words: list[str]) -> None:
    run(*REGISTER)
    run(*CREATE, *words)
    before = registry(run).read_bytes()
    with_own_filter(run, "type:private")
    assert show(run)["warnings"] == []
    assert run(*CREATE, *words, "-o", "json").document["outcome"] == "unchanged"
    assert registry(run).read_bytes() == before


@pytest.mark.parametrize(
    "text", ["a\nb", "a\x1bb", "a\u2028b", "x" * 1001], ids=["lines", "escape", "separator", "long"]
)
def test_filter_of_the_profile_that_fits_on_no_line_of_the_form_is_refused(run: Terminal, text: str) -> None:
    with_own_filter(run, text)
    run(*REGISTER)
    before = registry(run).read_bytes()
    refused = run(*CREATE, "-o", "json")
    assert (refused.code, refused.error["code"], registry(run).read_bytes()) == (3, "config.invalid", before)
    assert "private_message_filter" in refused.error["message"]


def test_filter_written_by_hand_into_a_recipe_that_does_not_use_it_changes_nothing(run: Terminal) -> None:
    run(*REGISTER)
    run(*CREATE, "--filter", "lang:nl")
    revision = show(run)["revision"]
    text = registry(run).read_text()
    registry(run).write_text(
        text.replace('filter: "filter:lang:nl"', 'filter: "filter:lang:nl"\n      private_message_filter: x')
    )
    assert (show(run)["revision"], show(run)["warnings"]) == (revision, [])
