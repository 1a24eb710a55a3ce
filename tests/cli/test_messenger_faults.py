"""`webhook … --via messenger` where a token is the wrong one, and where one of the writes fails."""

import pytest

from tests.cli.messenger_layers import REGISTER, URL, sent
from tests.cli.terminal import Prod

AGENTS_TOKEN = {"QSC_BOT_PAGE_TOKEN": "sandbox-agents"}
EXTRA = ("--subscribe", "messages", "--subscribe", "message_reads")


def page_fields(prod: Prod, app: str) -> list[str]:
    """What the Page sends one app."""
    listed = prod.run("api", "GET", "/{page_id}/subscribed_apps", "--graph").document["data"]
    return next((one["subscribed_fields"] for one in listed if one["id"] == app), [])


@pytest.mark.parametrize("fields", [(), EXTRA], ids=["the Page has all", "the Page lacks some"])
@pytest.mark.parametrize("words", [("--update",), ("--update", "-n")], ids=["write", "dry run"])
def test_page_token_of_another_app_is_refused_before_anything_is_written(
    prod: Prod, fields: tuple[str, ...], words: tuple[str, ...]
) -> None:
    theirs = page_fields(prod, "222")
    result = prod.run(*REGISTER, URL, *fields, *words, "-o", "json", env=AGENTS_TOKEN)
    assert (result.code, result.error["code"], sent(prod)) == (5, "access.app", [])
    assert "from QSC_BOT_PAGE_TOKEN is of app 222 (Social Connect)" in result.error["message"]
    assert "111" in result.error["message"]
    assert "bot_app_id" in result.error["hint"]
    assert page_fields(prod, "222") == theirs
    assert prod.run("webhook", "list", "-o", "json").document["items"] == []


@pytest.mark.parametrize("words", [("--yes",), ("-n",)], ids=["write", "dry run"])
def test_delete_with_the_page_token_of_another_app_is_refused(prod: Prod, words: tuple[str, ...]) -> None:
    prod.run(*REGISTER, URL, "--update")
    theirs, before = page_fields(prod, "222"), len(sent(prod))
    refused = prod.run("webhook", "delete", "bot-messenger", *words, "-o", "json", env=AGENTS_TOKEN)
    assert (refused.code, refused.error["code"], len(sent(prod))) == (5, "access.app", before)
    assert page_fields(prod, "222") == theirs


@pytest.mark.parametrize("fault", [{"status": 400}, {"status": 403}, {"body": "wrong-shape"}], ids=str)
def test_app_of_the_page_token_that_meta_does_not_tell_is_warned_of(prod: Prod, fault: dict[str, object]) -> None:
    prod.sandbox.add_fault("GET /graph/*/app", times=None, **fault)
    told = prod.run(*REGISTER, URL, "--update", "-o", "json").document
    assert (told["outcome"], told["state"]) == ("created", "active")
    [warning] = told["warnings"]
    assert warning.startswith(
        "Meta does not tell which app the Page token is of, so it was not compared with app 111: "
    )
    assert prod.run(*REGISTER, URL, "-n", "-o", "json").document["warnings"] == [warning]
    assert prod.run("webhook", "delete", "bot-messenger", "-n", "-o", "json").document["warnings"] == [warning]
    deleted = prod.run("webhook", "delete", "bot-messenger", "--yes", "-o", "json").document
    assert (deleted["outcome"], deleted["warnings"]) == ("deleted", [warning])


def test_meta_that_is_down_before_the_first_write_ends_it(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /graph/*/app", status=503, times=None)
    result = prod.run(*REGISTER, URL, "--update", "-o", "json")
    assert (result.code, result.error["code"], sent(prod)) == (8, "api.unavailable", [])
