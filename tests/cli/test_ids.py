"""What stands for a conversation: every spelling, every slip, and lists of ids."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from qsc_bot.sandbox.service import Sandbox
from tests.cli.terminal import PROD, Prod, Terminal


def mention_of(prod: Prod, conversation: str) -> str:
    """The newest mention of a conversation."""
    return str(prod.run("conversation", "show", conversation, "-o", "json").document["mention"])


@pytest.mark.parametrize(
    "spelling",
    [
        "{mention}",
        "https://app.engagor.com/messages/1000/permalink/{topic}/{number}/",
        "https://app.engagor.com/messages/1000/permalink/{topic}/{number}",
        "<https://app.engagor.com/messages/1000/permalink/{topic}/{number}/>",
    ],
    ids=["mention id", "permalink", "permalink without a slash", "permalink in brackets"],
)
def test_message_of_a_customer_stands_for_the_conversation(prod: Prod, spelling: str) -> None:
    mention = mention_of(prod, "twitter:1002")
    topic, _, number = mention.partition("_")
    text = spelling.format(mention=mention, topic=topic, number=number)
    result = prod.run("handover", "to-bot", text, "-o", "json")
    assert (result.code, result.item["id"]) == (0, "twitter:1002")


@pytest.mark.parametrize(
    "link",
    [
        "https://app.engagor.com/messages/4242/permalink/2001/1/",
        "https://us.engagor.com/messages/1000/permalink/2001/1/",
    ],
    ids=["account", "region"],
)
def test_permalink_of_another_account_is_refused_without_a_call(prod: Prod, link: str) -> None:
    result = prod.run("handover", "to-bot", link, "-o", "json")
    assert (result.code, result.error["code"]) == (5, "access.account")
    assert prod.wire.requests == []


def test_mention_that_is_not_there_is_not_found(prod: Prod) -> None:
    result = prod.run("conversation", "show", "2001_999999999", "-o", "json")
    assert result.code == 6


@pytest.fixture
def double(prod: Prod) -> str:
    """The contact who is met on two services."""
    return str(prod.run("conversation", "show", "twitter:1003", "-o", "json").document["contact_id"])


def test_contact_with_several_conversations_is_refused_for_a_write(prod: Prod, double: str) -> None:
    result = prod.run("handover", "to-agent", double)
    assert result.code == 2
    assert "[usage.ambiguous]" in result.stderr
    assert "twitter:1003" in result.stderr
    assert "whatsapp:32470000003" in result.stderr
    assert prod.wire.writes == []


def test_contact_with_several_conversations_is_shown_with_all(prod: Prod, double: str) -> None:
    result = prod.run("conversation", "show", double, "-o", "json")
    assert [item["id"] for item in result.document["items"]] == ["twitter:1003", "whatsapp:32470000003"]


def test_contact_with_one_conversation_stands_for_it(prod: Prod) -> None:
    contact = prod.run("conversation", "show", "twitter:1002", "-o", "json").document["contact_id"]
    result = prod.run("handover", "to-bot", contact, "-o", "json")
    assert result.item["id"] == "twitter:1002"


def test_unknown_contact_id_is_not_found_and_says_what_else_it_can_mean(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "987654321", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "contact.not_found")
    assert "may not see it" in result.error["hint"]


@pytest.mark.parametrize(
    ("typed", "code", "hint"),
    [
        pytest.param("x:1001", "usage.service", "write twitter:1001", id="x"),
        pytest.param("livechat:visitor-1", "usage.service", "write web:visitor-1", id="livechat"),
        pytest.param("messenger:5550001", "usage.service", "write facebook:5550001", id="messenger"),
        pytest.param("twiter:1001", "usage.service", "did you mean twitter", id="misspelt"),
        pytest.param("pigeon:1", "usage.service", "channels: {pigeon: tag}", id="unknown service"),
        pytest.param("whatsapp", "usage.id", "", id="service alone"),
        pytest.param("twitter:", "usage.id", "", id="no id"),
        pytest.param("twitter:1 2", "usage.id", "", id="space"),
        pytest.param("twitter:..", "usage.id", "", id="path step"),
        pytest.param("Ada Example", "usage.id", "", id="a name"),
        pytest.param("", "usage.id", "", id="nothing"),
    ],
)
def test_slip_is_answered_before_any_call(prod: Prod, typed: str, code: str, hint: str) -> None:
    result = prod.run("handover", "to-bot", "twitter:1002", typed, "-o", "json")
    assert (result.code, result.error["code"]) == (2, code)
    assert hint in result.error["hint"]
    assert prod.wire.requests == []


def test_plus_of_a_phone_number_is_taken_off_and_told(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "whatsapp:+32470000000")
    assert result.code == 0
    assert "whatsapp:+32470000000: read as whatsapp:32470000000\n" in result.stderr


def test_service_named_in_the_profile_is_known(prod: Prod) -> None:
    prod.run.configure(PROD.replace("topic_ids:", "channels: {pigeon: tag}\n    topic_ids:"))
    result = prod.run("handover", "status", "pigeon:1", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "contact.not_found")
    assert [request.url.path for request in prod.wire.requests] == ["/1000/inbox/contact/pigeon/1"]


def test_same_id_typed_twice_is_one_write(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "twitter:1001", "twitter:1001", "-o", "json")
    assert len(result.document["items"]) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("twitter:1001\nweb:visitor-1\n", "", id="plain"),
        pytest.param("\n\ntwitter:1001\n  \nweb:visitor-1", "3 blank", id="blank lines"),
        pytest.param("twitter:1001\ntwitter:1001\nweb:visitor-1\n", "1 double", id="duplicates"),
        pytest.param("twitter:1001\r\nweb:visitor-1\r\n", "", id="CRLF"),
        pytest.param("\ufefftwitter:1001\nweb:visitor-1\n", "", id="BOM"),
        pytest.param("twitter:1001\tbot\t0\nweb:visitor-1\tagent\n", "", id="columns after a tab"),
        pytest.param("\ufeff\r\ntwitter:1001\r\ntwitter:1001\r\nweb:visitor-1", "1 blank and 1 double", id="all"),
    ],
)
@pytest.mark.parametrize("source", ["-", "file"])
def test_list_of_ids_is_cleaned_and_what_was_left_out_is_told(
    prod: Prod, tmp_path: Path, source: str, text: str, told: str
) -> None:
    path = tmp_path / "ids.txt"
    path.write_bytes(text.encode())
    words = ["--ids", "-" if source == "-" else str(path), "--yes", "-o", "json"]
    result = prod.run("handover", "to-agent", *words, stdin=text)
    assert [item["id"] for item in result.document["items"]] == ["twitter:1001", "web:visitor-1"]
    assert result.code == 0
    warnings = " ".join(result.document["warnings"])
    assert f"left out {told} line" in warnings if told else "left out" not in warnings


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"], ids=["empty", "blank", "BOM"])
def test_empty_list_of_ids_is_an_error(prod: Prod, text: str) -> None:
    result = prod.run("handover", "to-bot", "--ids", "-", "--yes", "-o", "json", stdin=text)
    assert (result.code, result.error["code"]) == (2, "usage.ids")
    assert prod.wire.requests == []


def test_one_bad_line_in_a_list_stops_all_before_any_call(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "--ids", "-", "--yes", stdin="twitter:1002\nx:1\n")
    assert result.code == 2
    assert prod.wire.requests == []


UNREADABLE: Mapping[str, bytes | None] = {"missing": None, "binary": b"\xff\xfe\x00\x01"}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable_list_of_ids_is_a_usage_error(prod: Prod, tmp_path: Path, kind: str) -> None:
    content = UNREADABLE[kind]
    if content is not None:
        (tmp_path / "ids").write_bytes(content)
    result = prod.run("handover", "to-bot", "--ids", str(tmp_path / "ids"), "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.ids")


@pytest.mark.parametrize("words", [["twitter:1001", "--ids", "-"], []], ids=["both words and a list", "nothing"])
def test_ids_are_named_once(run: Terminal, sandbox: Sandbox, words: list[str]) -> None:
    result = run("handover", "to-bot", *words, "-o", "json", stdin="twitter:1002\n")
    assert (result.code, result.error["code"]) == (2, "usage.ids")
    assert sandbox.status()["requests"] == {}
