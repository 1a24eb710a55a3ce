"""The list of mentions, one mention, and its context."""

from typing import Any

import pytest

from qsc_bot.errors import QscBotError
from tests.sandbox.bench import NOW, Bench, MakeBench

MENTIONS = "/1000/inbox/mentions"


def newest(bench: Bench, conversation: str) -> Any:
    service, _, service_id = conversation.partition(":")
    mentions = bench.ask("GET", MENTIONS, {"filter": f"source:{service}", "limit": "100"})["data"]
    return next(mention for mention in mentions if str(mention["author"]["id"]) == service_id)


def test_mention_has_the_keys_of_the_documented_example(bench: Bench) -> None:
    mention = newest(bench, "whatsapp:32470000001")
    example = {
        "": "id unique_id message source author topic project status permalink tags assignment assignees"
        " handled_by actions action_links date timestamps",
        "message": "title content type language sentiment attachments",
        "source": "category type service id url profile profile_name in_reply_to_message_id application",
        "author": "id name fullname managed tags",
        "topic": "id name",
        "project": "id name",
        "assignment": "user_ids team_ids comments",
        "date": "added published",
    }
    for part, keys in example.items():
        assert set(keys.split()) <= set(mention[part] if part else mention), part
    assert mention["unique_id"] == f"2001_{mention['id']}"
    assert mention["permalink"] == f"https://app.engagor.com/messages/1000/permalink/2001/{mention['id']}/"
    assert (mention["topic"]["id"], mention["project"]["id"]) == (2001, 1)
    assert len(mention["id"]) == 17


@pytest.mark.parametrize(
    ("conversation", "author"),
    [
        ("twitter:1001", 1001),
        ("facebook:5550001", 5550001),
        ("whatsapp:32470000000", "32470000000"),
        ("web:visitor-1", "visitor-1"),
    ],
)
def test_author_id_is_integer_or_text_by_service(bench: Bench, conversation: str, author: int | str) -> None:
    found = newest(bench, conversation)["author"]["id"]
    assert (found, type(found)) == (author, type(author))


def test_author_bears_the_contact_tags(bench: Bench) -> None:
    assert newest(bench, "twitter:1002")["author"]["tags"] == ["escalated to agent"]
    assert newest(bench, "twitter:1001")["author"]["tags"] == []


def test_own_message_names_what_it_answers(bench: Bench) -> None:
    bench.sandbox.agent_reply("twitter:1001", "And on Sunday at ten.")
    own = bench.ask("GET", MENTIONS, {"limit": "1"})["data"][0]
    assert own["author"] == {
        "id": 900100,
        "name": "Sandbox",
        "fullname": "Sandbox Care",
        "url": None,
        "img": None,
        "managed": True,
        "tags": [],
    }
    assert own["source"]["in_reply_to_message_id"] == newest(bench, "twitter:1001")["source"]["id"]


def test_default_is_newest_first_with_twenty_a_page(make_bench: MakeBench) -> None:
    bench = make_bench(seed="large:30")
    page = bench.ask("GET", MENTIONS)
    ids = [mention["id"] for mention in page["data"]]
    assert (len(ids), page["count"], ids) == (20, 30, sorted(ids, reverse=True))


@pytest.mark.parametrize("size", [1, 7, 30, 100])
@pytest.mark.parametrize("sort", ["dateadd:asc", "dateadd:desc"])
def test_pages_give_each_mention_once(make_bench: MakeBench, size: int, sort: str) -> None:
    bench = make_bench(seed="large:30")
    url, ids = f"{MENTIONS}?limit={size}&sort={sort}", []
    while url:
        page = bench.ask("GET", url)
        ids += [mention["id"] for mention in page["data"]]
        url = page["paging"]["next_url"]
    assert len(ids) == len(set(ids)) == 30
    assert ids == sorted(ids, reverse=sort == "dateadd:desc")


def test_next_page_is_absolute_on_the_own_host_without_the_token(bench: Bench) -> None:
    page = bench.ask("GET", f"{MENTIONS}?limit=2&access_token=sandbox", base_url="http://127.0.0.1:9", token=None)
    url = page["paging"]["next_url"]
    assert url.startswith("http://127.0.0.1:9/1000/inbox/mentions?")
    assert "limit=2" in url
    assert "token=sandbox" not in url


def test_new_mention_does_not_shift_pages(bench: Bench) -> None:
    first = bench.ask("GET", MENTIONS, {"limit": "5"})
    bench.sandbox.say("twitter:9", "New")
    second = bench.ask("GET", first["paging"]["next_url"])
    ids = {mention["id"] for mention in first["data"]}
    assert not ids & {mention["id"] for mention in second["data"]}


@pytest.mark.parametrize(
    ("filter_", "services", "types"),
    [
        ("source:twitter", {"twitter"}, {"privatemessage", "post"}),
        ("(source:twitter)", {"twitter"}, {"privatemessage", "post"}),
        ("source:twitter AND type:privatemessage", {"twitter"}, {"privatemessage"}),
        ("type:post", {"twitter"}, {"post"}),
        ('source:"web"', {"web"}, {"privatemessage"}),
        ("source:myspace", set(), set()),
    ],
)
def test_filter_language(bench: Bench, filter_: str, services: set[str], types: set[str]) -> None:
    found = bench.ask("GET", MENTIONS, {"filter": filter_, "limit": "100"})
    assert {mention["source"]["service"] for mention in found["data"]} == services
    assert {mention["message"]["type"] for mention in found["data"]} == types
    assert found["count"] == len(found["data"])


@pytest.mark.parametrize(
    "fields",
    [
        {"filter": "mood:happy"},
        {"filter": "source:twitter OR source:web"},
        {"filter": "type:whatever"},
        {"filter": "(source:twitter"},
        {"sort": "followers:desc"},
        {"date_from": "last week"},
        {"page_token": "abc"},
        {"limit": "1.5"},
    ],
    ids=lambda fields: "-".join(fields.values()),
)
def test_bad_parameters_are_refused(bench: Bench, fields: dict[str, str]) -> None:
    assert bench.refused("GET", MENTIONS, fields) == (400, "invalid_parameter")


def test_window_is_28_days_unless_told(bench: Bench) -> None:
    everything = bench.ask("GET", MENTIONS)["count"]
    bench.sandbox.advance(28 * 86400 - 600)
    assert 0 < bench.ask("GET", MENTIONS)["count"] < everything
    bench.sandbox.advance(86400)
    assert bench.ask("GET", MENTIONS)["count"] == 0
    assert bench.ask("GET", MENTIONS, {"date_from": "2026-11-01"})["count"] == everything


@pytest.mark.parametrize("end", ["2026-11-18T11:00:00+00:00", "2026-11-18T12:00:00+01:00", "2026-11-18T11:00:00Z"])
def test_window_reads_iso_times_with_offset(bench: Bench, end: str) -> None:
    found = bench.ask("GET", MENTIONS, {"date_to": end, "limit": "100"})["data"]
    assert found
    assert all(mention["date"]["added"] <= NOW - 400 for mention in found)


def test_one_mention_is_found_by_topic_and_id(bench: Bench) -> None:
    mention = newest(bench, "web:visitor-1")
    assert bench.ask("GET", f"/1000/inbox/mention/2001/{mention['id']}") == mention
    assert bench.refused("GET", f"/1000/inbox/mention/7/{mention['id']}") == (404, "not_found")
    assert bench.refused("GET", "/1000/inbox/mention/2001/5") == (404, "not_found")


def test_context_is_the_private_thread_of_that_person(bench: Bench) -> None:
    mention = newest(bench, "facebook:5550002")
    thread = bench.ask("GET", f"/1000/inbox/context/2001/{mention['id']}", {"context_type": "privatemessages"})
    assert [(item["message"]["content"], item["author"]["managed"]) for item in thread] == [
        ("I need a human.", False),
        ("I am passing you on to a colleague.", True),
        ("Hello Gus, how can I help?", True),
    ]
    assert bench.refused("GET", f"/1000/inbox/context/2001/{mention['id']}?context_type=x")[0] == 400


def test_suggestions_reveal_the_private_message_token(bench: Bench) -> None:
    found = bench.ask("GET", "/1000/filter/suggestions?query=private")
    assert [item["filter"] for item in found["data"]] == ["type:privatemessage"]


def test_assignment_and_status_leave_actions_with_their_dates(bench: Bench) -> None:
    assert newest(bench, "twitter:1001")["actions"] == []
    bench.sandbox.take_case("twitter:1001")
    bench.seconds += 60
    bench.sandbox.mark_done("twitter:1001")
    mention = newest(bench, "twitter:1001")
    assert (mention["status"], [one["display_name"] for one in mention["assignees"]]) == ("done", ["Ana Agent"])
    assigned, done = mention["actions"]
    assert set(assigned) == set(done) == {"type", "description", "date", "metadata"}
    assert (assigned["metadata"], assigned["date"]) == ({"assignees": mention["assignees"]}, {"added": int(NOW)})
    assert (done["metadata"], done["date"]) == ({"status": "done"}, {"added": int(NOW) + 60})


def test_what_is_done_cannot_be_marked_done_again(bench: Bench) -> None:
    bench.sandbox.mark_done("twitter:1001")
    with pytest.raises(QscBotError, match="done already"):
        bench.sandbox.mark_done("twitter:1001")


def test_seeded_assignment_has_its_action(bench: Bench) -> None:
    (action,) = newest(bench, "whatsapp:32470000001")["actions"]
    assert (action["type"], action["metadata"]["assignees"][0]["display_name"]) == ("assignment", "Ana Agent")


def test_newer_message_is_new_again(bench: Bench) -> None:
    bench.sandbox.mark_done("twitter:1001")
    bench.sandbox.say("twitter:1001", "One more thing")
    assert (newest(bench, "twitter:1001")["status"], newest(bench, "twitter:1001")["actions"]) == ("new", [])
