"""`webhook … --via messenger` where a token is the wrong one, and where one of the writes fails."""

from typing import Any

import pytest

from tests.cli.messenger_layers import APP, DEFAULT, PAGE, REGISTER, URL, graph, other_app_layer, sent, show
from tests.cli.terminal import Prod

AGENTS_TOKEN = {"QSC_BOT_PAGE_TOKEN": "sandbox-agents"}
PAGE_WRITE = "POST /graph/*/1029384756/subscribed_apps"
APP_WRITE = "POST /graph/*/111/subscriptions"
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
def test_app_of_the_page_token_that_meta_does_not_tell_is_warned_of(prod: Prod, fault: dict[str, Any]) -> None:
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


def test_page_write_that_is_refused_tells_what_was_done_and_what_is_missing(prod: Prod) -> None:
    prod.sandbox.add_fault(PAGE_WRITE, status=403)
    words = (*REGISTER, URL, *EXTRA, "--update", "-o", "json")
    result = prod.run(*words)
    assert (result.code, result.error["code"]) == (5, "access.denied")
    message = result.error["message"]
    assert "before that, the subscription of app 111 was replaced (messages, messaging_postbacks, " in message
    assert message.endswith("the subscription of Page 1029384756 was not changed")
    assert "pages_manage_metadata" in result.error["hint"]
    assert "run the same command again" in result.error["hint"]
    shown = show(prod)
    assert (shown["state"], shown["url"]) == ("drifted", URL)
    assert shown["warnings"][0] == "the subscription of Page 1029384756 lacks message_reads"
    before = len(sent(prod))
    assert prod.run(*words).document["state"] == "active"
    assert [path for _, path, _ in sent(prod)[before:]] == [PAGE]


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 500, "body": "html"}, {"cut": "before"}], ids=str)
def test_page_write_that_was_not_done_is_temporary(prod: Prod, fault: dict[str, Any]) -> None:
    prod.sandbox.add_fault(PAGE_WRITE, **fault)
    words = (*REGISTER, URL, *EXTRA, "--update", "-o", "json")
    result = prod.run(*words)
    assert (result.code, result.error["code"]) == (8, "write.not_done")
    message = result.error["message"]
    assert "POST /1029384756/subscribed_apps was sent" in message
    assert "before that, the subscription of app 111 was replaced" in message
    assert "accepted" not in message
    assert prod.run(*words).document["state"] == "active"


def test_first_write_that_was_not_done_says_nothing_of_others(prod: Prod) -> None:
    prod.sandbox.add_fault(APP_WRITE, status=503)
    result = prod.run(*REGISTER, URL, *EXTRA, "--update", "-o", "json")
    assert (result.code, result.error["code"]) == (8, "write.not_done")
    assert "before that" not in result.error["message"]
    assert [path for _, path, _ in sent(prod)] == [APP]
    assert prod.run("webhook", "list", "-o", "json").document["items"] == []


def test_page_write_whose_answer_was_lost_and_that_was_done_goes_on(prod: Prod) -> None:
    prod.sandbox.add_fault(PAGE_WRITE, cut="after")
    assert prod.run(*REGISTER, URL, *EXTRA, "--update", "-o", "json").document["state"] == "active"


def test_state_that_cannot_be_read_back_tells_what_was_done(prod: Prod) -> None:
    prod.run(*REGISTER, URL, "--update")
    prod.sandbox.add_fault(PAGE_WRITE, cut="after")
    prod.run.slept.clear()
    prod.wire.after("POST", PAGE, lambda: prod.sandbox.add_fault("GET /graph/*", status=503, times=None))
    words = (*REGISTER, URL, *EXTRA, "--update", "-o", "json")
    result = prod.run(*words)
    assert (result.code, result.error["code"]) == (8, "write.in_doubt")
    assert "whether the subscription of Page 1029384756 was changed is not known" in result.error["message"]
    assert "conversation" not in result.error["hint"]


def test_layers_that_cannot_be_read_back_after_all_writes(prod: Prod) -> None:
    prod.wire.after("POST", PAGE, lambda: prod.sandbox.add_fault("GET /graph/*", status=503, times=None))
    result = prod.run(*REGISTER, URL, *EXTRA, "--update", "-o", "json")
    assert (result.code, result.error["code"]) == (8, "api.unavailable")
    assert "before that, the subscription of app 111 was replaced" in result.error["message"]
    assert "the subscription of Page 1029384756 was replaced" in result.error["message"]
    prod.sandbox.clear_faults()
    assert show(prod)["state"] == "active"


def test_field_that_is_given_up_is_still_known_after_half_of_it_was_done(prod: Prod) -> None:
    prod.run(*REGISTER, URL, *EXTRA, "--update")
    prod.sandbox.add_fault(PAGE_WRITE, status=403)
    words = (*REGISTER, URL, "--subscribe", "messages", "--update", "-o", "json")
    assert prod.run(*words).code == 5
    assert prod.run(*words).document["state"] == "active"
    assert "message_reads" not in page_fields(prod, "111")


def test_half_done_deletion_is_told_and_goes_on(prod: Prod) -> None:
    graph(prod, "/{page_id}/subscribed_apps", subscribed_fields="feed,messages")
    prod.run(*REGISTER, URL, "--update")
    prod.sandbox.add_fault("DELETE /graph/*/111/subscriptions", status=403)
    words = ("webhook", "delete", "bot-messenger", "--yes", "-o", "json")
    result = prod.run(*words)
    assert (result.code, result.error["code"]) == (5, "access.denied")
    assert "before that, the subscription of Page 1029384756 was replaced (feed)" in result.error["message"]
    assert result.error["message"].endswith("the subscription of app 111 was not changed")
    assert prod.run(*words).document["outcome"] == "deleted"


def test_registering_again_with_update_writes_nothing_where_all_is_there(prod: Prod) -> None:
    prod.run(*REGISTER, URL, *EXTRA, "--update")
    before = len(sent(prod))
    assert prod.run(*REGISTER, URL, *EXTRA, "--update", "-o", "json").document["outcome"] == "unchanged"
    dry = prod.run(*REGISTER, URL, *EXTRA, "--update", "-n", "-o", "json").document
    assert (dry["items"][0]["status"], dry["requests"], len(sent(prod))) == ("unchanged", [], before)
    assert set(DEFAULT) <= set(show(prod)["subscribe"])


def test_fields_on_one_layer_only_are_shown(prod: Prod) -> None:
    prod.run(*REGISTER, URL, "--update")
    other_app_layer(prod, URL, ",".join([*DEFAULT, "message_reads", "feed"]))
    graph(prod, "/{page_id}/subscribed_apps", subscribed_fields=",".join([*DEFAULT, "message_echoes"]))
    shown = show(prod)
    assert (shown["state"], shown["subscribe"]) == ("active", DEFAULT)
    assert shown["warnings"] == [
        "app 111 subscribes to message_reads, feed, and Page 1029384756 does not send them",
        "Page 1029384756 sends message_echoes, and app 111 does not subscribe to it",
    ]
    told = prod.run("webhook", "show", "bot-messenger")
    assert "next:" not in told.stderr
    assert prod.run("webhook", "list", "-o", "json").document["warnings"] == []


def test_rejected_app_secret_is_told_how_to_be_renewed(prod: Prod) -> None:
    result = prod.run(*REGISTER, URL, "--update", "-o", "json", env={"QSC_BOT_APP_SECRET": "wrong"})
    assert (result.code, result.error["code"], sent(prod)) == (4, "auth.rejected", [])
    assert "from QSC_BOT_APP_SECRET" in result.error["message"]
    hint = result.error["hint"]
    assert "App secret" in hint
    assert "app 111" in hint
    assert "three months" not in hint


@pytest.mark.parametrize("words", [("webhook", "register", "bot-messenger", "--via", "messenger", "--url", URL), None])
def test_rejected_page_token_is_told_how_to_be_renewed(prod: Prod, words: tuple[str, ...] | None) -> None:
    words = words or ("conversation", "show", "facebook:5550001")
    result = prod.run(*words, "-o", "json", env={"QSC_BOT_PAGE_TOKEN": "wrong"})
    assert (result.code, result.error["code"]) == (4, "auth.rejected")
    assert "a new Page token with app 111" in result.error["hint"]
    assert "three months" not in result.error["hint"]
