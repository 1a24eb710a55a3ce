"""The raw way in: any call with the profile's token, and nothing that could carry the token elsewhere."""

import httpx
import pytest

from tests.cli.terminal import SECRETS, Prod, Terminal, answering


def test_body_of_the_answer_is_printed_as_it_is(prod: Prod) -> None:
    result = prod.run("api", "GET", "/me")
    assert result.code == 0
    assert result.document["response"]["name"] == "Sandbox User"


def test_placeholders_are_filled_in_from_the_profile(prod: Prod) -> None:
    assert prod.run("api", "GET", "/{account_id}/inbox/handover/whatsapp/32470000001").code == 0
    assert prod.run("api", "GET", "/{page_id}/thread_owner", "-F", "recipient=5550001", "--graph").code == 0
    assert [request.url.path for request in prod.wire.requests] == [
        "/1000/inbox/handover/whatsapp/32470000001",
        "/v25.0/1029384756/thread_owner",
    ]


def test_fields_go_into_the_query_of_a_get_and_into_the_form_of_a_post(prod: Prod) -> None:
    prod.run("api", "get", "/{account_id}/inbox/mentions", "-F", "limit=1")
    fields = ["-F", 'updates={"tags":["vip"]}', "-F", 'options={"tags_edit_mode":"add"}']
    result = prod.run("api", "POST", "/{account_id}/inbox/contact/twitter/1001", *fields)
    read, write = prod.wire.requests
    assert (result.code, read.url.params["limit"], write.url.query) == (0, "1", b"")
    assert b"tags_edit_mode" in write.content
    assert "profile prod (account 1000)" in result.stderr


def test_pages_are_merged_into_one_body(run: Terminal) -> None:
    run.sandbox.reset("large:130:twitter")
    result = run("api", "GET", "/{account_id}/inbox/mentions", "-F", "limit=50", "--paginate")
    assert len(result.document["response"]["data"]) == 130
    assert result.document["response"]["paging"] == {"next_url": None}


def test_pages_of_meta_are_merged_and_no_next_is_shown(run: Terminal) -> None:
    run.sandbox.reset("large:30:facebook")
    words = ["-F", "platform=messenger", "-F", "limit=7", "--graph", "--paginate"]
    result = run("api", "GET", "/{page_id}/conversations", *words)
    assert (len(result.document["data"]), list(result.document)) == (30, ["data"])


@pytest.mark.parametrize(
    "words",
    [
        ["GET", "https://evil.example/me"],
        ["GET", "//evil.example/me"],
        ["GET", "me"],
        ["GET", "/1000/../2000/inbox/mentions"],
        ["GET", "/me\n"],
        ["GET", "/me with space"],
        ["GET", "/\\evil.example"],
        ["GET", "/me?access_token=abc"],
        ["GET", "/me?access%5Ftoken=abc"],
        ["GET", "/%2e%2e/me"],
        ["GET", "/me#fragment"],
        ["GET", "/me?limit=5", "-F", "a=1"],
        ["GET", "/me", "-F", "access_token=abc"],
        ["GET", "/me", "-F", "novalue"],
        ["GET", "/me", "-F", "a=1", "-F", "a=2"],
        ["FETCH", "/me"],
        ["POST", "/me", "--paginate"],
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_what_must_not_be_sent_is_refused_and_nothing_is_sent(prod: Prod, words: list[str]) -> None:
    result = prod.run("api", *words, "-o", "json")
    assert (result.code, result.error["code"], prod.wire.requests) == (2, "usage.invalid", [])


@pytest.mark.parametrize(
    "words",
    [
        ["GET", "https://graph.facebook.com/me?access_token=EAABpasted"],
        ["GET", "https://user:EAABpasted@graph.facebook.com/me"],
        ["GET", "me?input_token=EAABpasted"],
        ["GET", "/me", "-F", "access_token:EAABpasted"],
        ["access_token=EAABpasted", "/me"],
    ],
    ids=lambda words: " ".join(words),
)
def test_token_that_was_pasted_among_the_words_is_not_repeated(prod: Prod, words: list[str]) -> None:
    for more in ([], ["-o", "json"]):
        result = prod.run("api", *words, *more)
        assert (result.code, prod.wire.requests) == (2, [])
        assert "EAABp" not in result.stderr


def test_errors_of_the_api_have_our_codes(prod: Prod) -> None:
    result = prod.run("api", "GET", "/{account_id}/inbox/contact/twitter/nobody", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "api.not_found")


def test_without_a_messenger_section_graph_is_refused(prod: Prod) -> None:
    prod.run.configure('version: 1\ndefault_profile: prod\nprofiles:\n  prod: {account_id: "1000"}\n')
    result = prod.run("api", "GET", "/me", "--graph", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.messenger")


def test_tokens_in_an_answer_are_not_shown(prod: Prod) -> None:
    body = {"data": [{"access_token": "page-token-of-another"}, f"see https://x.example/?a={SECRETS['QSC_BOT_TOKEN']}"]}
    prod.run.mount = answering(lambda _request: httpx.Response(200, json=body))
    result = prod.run("api", "GET", "/me/accounts", "--graph")
    assert result.document["data"] == [{"access_token": "***"}, "see https://x.example/?a=***"]


def test_protected_profile_asks_before_a_raw_write_and_not_before_a_read(prod: Prod) -> None:
    prod.run.configure('version: 1\ndefault_profile: prod\nprofiles:\n  prod: {account_id: "1000", protected: true}\n')
    path = "/{account_id}/inbox/handover/whatsapp/32470000001"
    assert prod.run("api", "GET", path).code == 0
    assert prod.run("api", "DELETE", path).code == 2
    assert prod.run("api", "DELETE", path, "--confirm-profile", "prod").code == 0
    assert len(prod.wire.writes) == 1
