"""Mentions as the samples hold them."""

from datetime import UTC, datetime

import pytest

from qsc_bot.api.mentions import Mentions
from qsc_bot.errors import NotFound
from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.mention import Action, ToldMention, ToldMessage, Topic
from qsc_bot.models.wire import WireId
from tests.api.wire import Wire, envelope, sc, social_connect

SINCE = datetime(2023, 11, 14, tzinfo=UTC)


def mentions(wire: Wire, *, topic_ids: list[str] | None = None, private_filter: str | None = None) -> Mentions:
    return Mentions(social_connect(wire), topic_ids=topic_ids or [], private_filter=private_filter)


def test_documented_mention_is_read() -> None:
    wire = Wire().on("GET /1417/inbox/mention/46283/43769358878500001", sc("mention.200"))
    mention = mentions(wire).read("46283", "43769358878500001")
    assert mention.unique_id == "46283_43769358878500001"
    assert mention.conversation == ConversationId("whatsapp", "32470000000")
    assert mention.at == datetime(2023, 11, 14, 22, 13, 10, tzinfo=UTC)
    assert (mention.message.type, mention.status, mention.assignees) == ("privatemessage", "new", [])


def test_pages_hold_numbers_texts_unknown_fields_and_gaps() -> None:
    wire = Wire().on("GET /1417/inbox/mentions", sc("mentions.200"), sc("mentions_last.200"))
    (number, own), (_, gaps) = mentions(wire).newest_first(SINCE)
    assert number.unique_id == "46283_43769358878500002"
    assert number.conversation == ConversationId("twitter", "99887766554433221100")
    assert number.source.id == "1700000000000000001"
    assert [one.display_name for one in number.assignees or []] == ["Team Blue", None]
    assert own.ours
    assert own.conversation is None
    assert own.source.in_reply_to_message_id == "wamid.X"
    assert (gaps.unique_id, gaps.conversation, gaps.at) == ("46283_5", None, None)


def test_filter_and_topics_of_the_profile_are_sent() -> None:
    wire = Wire().on("GET /1417/inbox/mentions", sc("empty_list.200"))
    assert list(mentions(wire, topic_ids=["1", "2"], private_filter="is:private").newest_first(SINCE)) == [[]]
    assert dict(wire.requests[0].url.params) == {
        "date_from": "2023-11-14T00:00:00Z",
        "sort": "dateadd:desc",
        "limit": "100",
        "topic_ids": "1,2",
        "filter": "is:private",
    }


def test_profile_without_topics_and_filter_asks_for_the_default_inbox() -> None:
    wire = Wire().on("GET /1417/inbox/mentions", sc("empty_list.200"))
    list(mentions(wire).newest_first(SINCE))
    assert set(wire.requests[0].url.params) == {"date_from", "sort", "limit"}


def test_thread_is_the_private_one() -> None:
    wire = Wire().on("GET /1417/inbox/mention/46283/43769358878500001", sc("mention.200"))
    wire.on("GET /1417/inbox/context/46283/43769358878500001", sc("context.200"))
    client = mentions(wire)
    thread = client.thread(client.read("46283", "43769358878500001"))
    assert [mention.ours for mention in thread] == [False, True]
    assert dict(wire.requests[1].url.params) == {"context_type": "privatemessages"}


def test_unknown_mention_is_not_found() -> None:
    wire = Wire().on("GET /1417/inbox/mention/1/2", sc("error_not_found.404"))
    with pytest.raises(NotFound, match="mention 1_2 is not known to account 1417") as caught:
        mentions(wire).read("1", "2")
    assert caught.value.code == "conversation.not_found"


@pytest.mark.parametrize(
    ("date", "known"),
    [
        ({"published": 1700000000}, True),
        ({"added": 1700000000}, True),
        ({"published": 0, "added": 1700000000}, True),
        ({"published": 1700000000.5}, True),
        ({"published": None, "added": None}, False),
        ({"published": -5}, False),
        ({"published": 1e30}, False),
        ({}, False),
    ],
    ids=["published", "added", "zero, added", "fraction", "null", "negative", "absurd", "missing"],
)
def test_moment_is_known_or_null(date: dict[str, float | None], known: bool) -> None:
    wire = Wire().on("GET /1417/inbox/mention/1/2", envelope({"id": 2, "topic": {"id": 1}, "date": date}))
    at = mentions(wire).read("1", "2").at
    assert (at is not None) is known


def test_story_has_the_texts_and_what_was_done() -> None:
    wire = Wire().on("GET /1417/inbox/mention/46283/43769358878500001", sc("mention.200"))
    wire.on("GET /1417/inbox/context/46283/43769358878500001", sc("context_actions.200"))
    client = mentions(wire)
    asked, answered = client.story(client.read("46283", "43769358878500001"))
    assert (asked.message.text, answered.message.text) == ("Where is my parcel?", "It arrives <b>tomorrow</b>.")
    assert (asked.ours, answered.ours, answered.source.sender) == (False, True, "Example bot")
    assert list(asked.done()) == [
        Action(
            at=datetime(2023, 11, 14, 22, 15, tzinfo=UTC),
            type="status",
            description="Status set to done",
            status="done",
        ),
        Action(type="assigned", assignees=("Team Blue",), priority="high"),
        Action(),
    ]


@pytest.mark.parametrize("actions", [None, "text", {"a": 1}, ["text", None, 3]], ids=str)
def test_actions_of_another_form_are_passed_over(actions: object) -> None:
    assert list(ToldMention(id=WireId("1"), topic=Topic(id=WireId("2")), actions=actions).done()) == []


@pytest.mark.parametrize("content", [None, 3, {"text": "x"}], ids=str)
def test_text_of_another_form_is_not_known(content: object) -> None:
    assert ToldMessage(content=content).text is None
