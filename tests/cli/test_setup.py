"""Webhooks and recipes by calls."""

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.terminal import SECRETS, Prod, Terminal

URL = "https://bot.example.com/webhooks?team=care"
REGISTER = ["webhook", "register", "bot", "--url", URL]
CREATE = ["recipe", "create", "to-bot", "--webhook", "bot"]


def test_webhook_is_created_then_unchanged_then_updated(run: Terminal) -> None:
    created = run(*REGISTER, "-o", "json").document
    assert (created["outcome"], created["url"], created["state"]) == ("created", URL, "active")
    assert run(*REGISTER, "-o", "json").document["outcome"] == "unchanged"
    other = ["webhook", "register", "bot", "--url", "https://bot.example.com/other"]
    refused = run(*other, "-o", "json")
    assert (refused.code, refused.error["code"]) == (7, "webhook.different")
    assert "--update" in refused.error["hint"]
    assert run(*other, "--update", "-o", "json").document["outcome"] == "updated"
    assert run("webhook", "show", "bot", "-o", "json").document["url"] == "https://bot.example.com/other"


def test_registering_names_the_next_command(run: Terminal) -> None:
    result = run(*REGISTER)
    assert "webhook bot: created\n" in result.stderr
    assert "next: qsc-bot recipe create private-messages-to-bot --webhook bot\n" in result.stderr


@pytest.mark.parametrize(
    "url",
    [
        "ftp://bot.example.com/",
        "bot.example.com",
        "https://",
        "https://bot.example.com/#part",
        "https://me:pw@bot.example.com/",
        "ftp://me:pw@bot.example.com/",
        "https://me:pw@bot.example.com/a b?token=pw",
        "https://me:pw@[::1",
        "https://bot.example.com:0/",
        "https://bot.example.com:99999/",
        "https://bot.example.com/a b",
        "https://[::1",
    ],
)
def test_address_that_cannot_be_a_webhooks_is_refused_before_any_call(prod: Prod, url: str) -> None:
    result = prod.run("webhook", "register", "bot", "--url", url, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.url")
    assert "pw" not in result.stderr
    assert prod.wire.requests == []


def test_plain_http_beyond_this_machine_is_warned_of(run: Terminal) -> None:
    warned = run("webhook", "register", "bot", "--url", "http://bot.example.com/", "-o", "json")
    assert "without encryption" in warned.document["warnings"][0]
    near = run("webhook", "register", "near", "--url", "http://127.0.0.1:9/", "-o", "json")
    assert near.document["warnings"] == []


def test_secret_in_an_address_is_filled_in_and_never_shown(prod: Prod) -> None:
    words = ["webhook", "register", "bot", "--url", "https://bot.example.com/{secret}/in"]
    document = prod.run(*words, "-o", "json").document
    assert document["url"] == "https://bot.example.com/{secret}/in"
    assert SECRETS["QSC_BOT_URL_SECRET"] in prod.wire.writes[-1].content.decode()
    missing = prod.run(*words, "--update", "-o", "json", env={"QSC_BOT_URL_SECRET": ""})
    assert (missing.code, missing.error["code"]) == (3, "config.secret")


def test_authorization_comes_from_standard_input_and_is_never_shown(prod: Prod) -> None:
    words = ["--authorization-stdin", "--debug", "-o", "json"]
    result = prod.run(*REGISTER, *words, stdin="Bearer for-the-bot-only\n")
    assert result.code == 0
    assert "for-the-bot-only" in prod.wire.writes[-1].content.decode()
    assert "for-the-bot-only" not in result.stdout + result.stderr
    empty = prod.run(*REGISTER, "--update", *words, stdin="")
    assert (empty.code, empty.error["code"]) == (3, "config.secret")


def test_recipe_has_the_defaults_that_a_bot_needs(run: Terminal) -> None:
    run(*REGISTER)
    recipe = run(*CREATE, "-o", "json").document
    assert (recipe["outcome"], recipe["state"], recipe["backend"]) == ("created", "active", "api")
    assert (recipe["filter"], recipe["exclude_tag"]) == ("private-messages", "escalated to agent")
    assert (recipe["topic_ids"], recipe["active"], recipe["enabled"]) == (["2001"], "always", True)
    assert recipe["revision"] == recipe["live_revision"]


def test_recipe_takes_every_wish(run: Terminal) -> None:
    run(*REGISTER)
    words = ["--topic", "2001", "--filter", "source:twitter", "--no-exclude-tag", "--active", "business-hours"]
    recipe = run(*CREATE, *words, "--disabled", "-o", "json").document
    assert recipe["filter"] == "filter:source:twitter"
    assert (recipe["exclude_tag"], recipe["active"], recipe["state"]) == (None, "business-hours", "disabled")


def test_recipe_is_unchanged_then_refused_then_updated(run: Terminal) -> None:
    run(*REGISTER)
    first = run(*CREATE, "-o", "json").document
    assert run(*CREATE, "-o", "json").document["outcome"] == "unchanged"
    refused = run(*CREATE, "--no-exclude-tag", "-o", "json")
    assert (refused.code, refused.error["code"]) == (7, "recipe.different")
    second = run(*CREATE, "--no-exclude-tag", "--update", "-o", "json").document
    assert second["outcome"] == "updated"
    assert second["revision"] != first["revision"]


def test_recipe_is_switched_off_and_on(run: Terminal, sandbox: Sandbox) -> None:
    run("webhook", "register", "bot", "--url", "http://127.0.0.1:8081/example-bot/social-connect")
    run(*CREATE)
    assert run("recipe", "disable", "to-bot", "-o", "json").document["state"] == "disabled"
    assert run("recipe", "disable", "to-bot", "-o", "json").document["outcome"] == "unchanged"
    assert sandbox.say("twitter:1001", "Hello")["deliveries"] == []
    assert run("recipe", "enable", "to-bot", "-o", "json").document["state"] == "active"
    assert sandbox.say("twitter:1001", "Hello")["deliveries"] == [{"webhook": "bot", "status": 200}]


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        pytest.param(["recipe", "create", "r", "--webhook", "none"], 6, "webhook.not_found", id="no webhook"),
        pytest.param([*CREATE, "--filter", "a", "--saved-filter", "b"], 2, "usage.invalid", id="two filters"),
        pytest.param([*CREATE, "--exclude-tag", "a", "--no-exclude-tag"], 2, "usage.invalid", id="tag and no tag"),
        pytest.param(["recipe", "create", "To Bot", "--webhook", "bot"], 2, "usage.invalid", id="bad name"),
        pytest.param(["recipe", "create", "../x", "--webhook", "bot"], 2, "usage.invalid", id="path as a name"),
        pytest.param(["recipe", "show", "none"], 6, "recipe.not_found", id="show"),
        pytest.param(["recipe", "enable", "none"], 6, "recipe.not_found", id="enable"),
        pytest.param(["recipe", "delete", "none", "--yes"], 6, "recipe.not_found", id="delete"),
        pytest.param(["webhook", "show", "none"], 6, "webhook.not_found", id="show webhook"),
        pytest.param(["webhook", "delete", "none", "--yes"], 6, "webhook.not_found", id="delete webhook"),
        pytest.param(["webhook", "delete", "bot", "--yes"], 7, "webhook.in_use", id="webhook in use"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(prod: Prod, words: list[str], code: int, name: str) -> None:
    prod.run(*REGISTER)
    prod.run(*CREATE)
    before = len(prod.wire.writes)
    result = prod.run(*words, "-o", "json")
    assert (result.code, result.stdout, result.error["code"]) == (code, "", name)
    assert len(prod.wire.writes) == before


def test_webhook_in_use_names_the_command_that_frees_it(run: Terminal) -> None:
    run(*REGISTER)
    run(*CREATE)
    result = run("webhook", "delete", "bot", "--yes")
    assert "  try:  qsc-bot recipe delete to-bot\n" in result.stderr


def test_lists_show_what_is_there_and_deleting_empties_them(run: Terminal) -> None:
    run(*REGISTER)
    run(*CREATE)
    assert run("webhook", "list", "-o", "id").stdout == "bot\n"
    assert run("recipe", "list", "-o", "id").stdout == "to-bot\n"
    assert run("recipe", "delete", "to-bot", "--yes", "-o", "json").document["outcome"] == "deleted"
    assert run("webhook", "delete", "bot", "--yes", "-o", "json").document["outcome"] == "deleted"
    assert run("webhook", "list", "-o", "json").document["items"] == []
    assert run("recipe", "list", "-o", "json").document["items"] == []


def test_missing_topic_is_a_configuration_error(prod: Prod) -> None:
    prod.run.configure(prod.run.config_file.read_text().replace('topic_ids: ["2001"]', "topic_ids: []"))
    result = prod.run(*CREATE, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.topic")
    assert prod.wire.writes == []


@pytest.mark.parametrize(
    "written", ["s3cret word/1", "s3cret%20word%2f1", "s3cret+word%2F1", "czNjcmV0IHdvcmQvMQ=="], ids=str
)
def test_address_that_holds_the_secret_itself_is_refused_and_not_kept(prod: Prod, written: str) -> None:
    url = f"https://bot.example.com/{written.replace(' ', '%20')}/hook"
    env = {"QSC_BOT_URL_SECRET": "s3cret word/1"}
    result = prod.run("webhook", "register", "bot", "--url", url, "-o", "json", env=env)
    assert (result.code, result.error["code"], prod.wire.writes) == (2, "usage.url", [])
