"""Contacts: topics, tags, fields, and the list by tag."""

import json
from typing import Any

import pytest

from tests.sandbox.bench import Bench, MakeBench

ADA = "/1000/inbox/contact/twitter/1001"
TOPIC = {"topic_ids": "2001"}


def edit(tags: list[str], mode: str | None = None, **more: str) -> dict[str, str]:
    options = {} if mode is None else {"options": json.dumps({"tags_edit_mode": mode})}
    return {"updates": json.dumps({"tags": tags}), **options, **more}


def test_contact_has_the_documented_fields(bench: Bench) -> None:
    contact = bench.ask("GET", "/1000/inbox/contact/whatsapp/32470000001", TOPIC)
    assert set(contact) == {
        "id",
        "name",
        "email",
        "company",
        "phone",
        "tags",
        "socialprofiles",
        "customattributes",
        "date",
    }
    assert contact["phone"] == "+32470000001"
    assert contact["socialprofiles"] == [{"type": "whatsapp", "service_id": "32470000001"}]
    assert isinstance(contact["id"], str)
    assert bench.ask("GET", f"/1000/inbox/contact/{contact['id']}", TOPIC) == contact


def test_contact_of_two_conversations_lists_both_profiles(bench: Bench) -> None:
    contact = bench.ask("GET", "/1000/inbox/contact/twitter/1003")
    assert [profile["type"] for profile in contact["socialprofiles"]] == ["twitter", "whatsapp"]


@pytest.mark.parametrize("service", ["whatsapp", "web", "viber", "twilio", "wechat"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_bot_channels_need_topic_ids(bench: Bench, service: str, method: str) -> None:
    answer = bench.request(method, f"/1000/inbox/contact/{service}/1")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_parameter")
    assert "topic_ids" in answer.json["error_description"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/1000/inbox/contact/instagram/1", (400, "unsupported_type")),
        ("/1000/inbox/contact/twitter/404", (404, "not_found")),
        ("/1000/inbox/contact/404", (404, "not_found")),
        ("/1000/inbox/contact/99999999999999999999999", (404, "not_found")),
        (f"{ADA}?topic_ids=7", (403, "no_permission")),
    ],
    ids=["instagram", "unknown person", "unknown contact", "huge id", "other topic"],
)
def test_what_cannot_be_read_is_refused(bench: Bench, path: str, expected: tuple[int, str]) -> None:
    assert bench.refused("GET", path) == expected


@pytest.mark.parametrize(
    ("mode", "tags", "left"),
    [
        ("add", ["vip", "new"], ["vip", "old", "new"]),
        ("delete", ["vip", "other"], ["old"]),
        ("update", ["new"], ["new"]),
        (None, ["new"], ["new"]),
    ],
    ids=["add", "delete", "update", "default replaces"],
)
def test_tags_edit_mode(bench: Bench, mode: str | None, tags: list[str], left: list[str]) -> None:
    bench.ask("POST", ADA, edit(["vip", "old"], "update"))
    assert bench.ask("POST", ADA, edit(tags, mode))["tags"] == left
    assert bench.ask("GET", ADA)["tags"] == left


def test_parameters_are_read_from_the_query_of_a_post_too(bench: Bench) -> None:
    answer = bench.client.post(ADA, query_string=edit(["vip"], "add"), headers={"Authorization": "Bearer sandbox"})
    assert answer.json is not None
    assert answer.json["response"]["tags"] == ["vip"]


def test_json_body_is_not_read(bench: Bench) -> None:
    body = {"updates": {"tags": ["vip"]}}
    assert bench.refused("POST", ADA, json=body) == (400, "invalid_parameter")
    assert bench.ask("GET", ADA)["tags"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"updates": "no json"},
        {"updates": "[]"},
        {"updates": json.dumps({"socialprofiles": []})},
        {"updates": json.dumps({"tags": "vip"})},
        edit(["vip"], "replace"),
        {"updates": json.dumps({"name": 7})},
    ],
    ids=["no json", "list", "profiles", "tags text", "unknown mode", "name number"],
)
def test_unreadable_updates_change_nothing(bench: Bench, fields: dict[str, str]) -> None:
    before = bench.ask("GET", ADA)
    assert bench.refused("POST", ADA, fields) == (400, "invalid_parameter")
    assert bench.ask("GET", ADA) == before


def test_fields_and_attributes_are_updated(bench: Bench) -> None:
    updates = {"company": "Example", "customattributes": [{"name": "shoe", "value": "42"}]}
    changed = bench.ask("POST", ADA, {"updates": json.dumps(updates)})
    assert (changed["company"], changed["customattributes"]) == ("Example", updates["customattributes"])
    options = json.dumps({"customattributes_edit_mode": "delete"})
    cleared = bench.ask("POST", ADA, {"updates": json.dumps(updates), "options": options})
    assert cleared["customattributes"] == []


def writes(bench: Bench) -> dict[str, int]:
    return {item["id"]: item["writes"] for item in bench.sandbox.status()["conversations"]}


def test_tag_writes_count_only_when_they_change_something(bench: Bench) -> None:
    for _ in range(2):
        bench.ask("POST", ADA, edit(["vip"], "add"))
    bench.ask("POST", ADA, {"updates": json.dumps({"name": "Ada"})})
    assert writes(bench)["twitter:1001"] == 1


def test_tag_write_by_contact_id_counts_for_each_conversation(bench: Bench) -> None:
    contact = bench.ask("GET", "/1000/inbox/contact/twitter/1003")
    bench.ask("POST", f"/1000/inbox/contact/{contact['id']}", edit(["vip"], "add"))
    assert (writes(bench)["twitter:1003"], writes(bench)["whatsapp:32470000003"]) == (1, 1)


@pytest.mark.parametrize("quoted", [True, False])
def test_list_by_tag(bench: Bench, quoted: bool) -> None:
    tag = "escalated to agent" if quoted else "vip"
    if not quoted:
        bench.ask("POST", "/1000/inbox/contact/twitter/1002", edit([tag], "add"))
    listed = bench.ask(
        "GET", "/1000/inbox/contacts", {"filter": f'contacttag:"{tag}"' if quoted else f"contacttag:{tag}"}
    )
    assert [contact["name"] for contact in listed["data"]] == ["Ben Sample"]
    assert listed["count"] == 1


@pytest.mark.parametrize(
    "filter_",
    [
        "contacttag:escalated to agent",
        "contacttag:a AND contacttag:b",
        "NOT contacttag:a",
        "source:twitter",
        "contacttag:",
    ],
)
def test_other_contact_filters_are_refused(bench: Bench, filter_: str) -> None:
    assert bench.refused("GET", "/1000/inbox/contacts", {"filter": filter_}) == (400, "invalid_parameter")


@pytest.mark.parametrize(("limit", "size"), [("", 20), ("0", 0), ("50", 23), ("7", 7)])
def test_contacts_limit(make_bench: MakeBench, limit: str, size: int) -> None:
    bench = make_bench(seed="large:23")
    listed = bench.ask("GET", f"/1000/inbox/contacts?limit={limit}")
    assert (len(listed["data"]), listed["count"]) == (size, 23)


@pytest.mark.parametrize(
    "query",
    [
        "limit=51",
        "limit=-1",
        "limit=x",
        "sort=name:asc",
        "updated_since=yesterday",
        "page_token=x",
        "page_token=WzFd",
    ],
)
def test_contacts_refuse_bad_parameters(bench: Bench, query: str) -> None:
    assert bench.refused("GET", f"/1000/inbox/contacts?{query}") == (400, "invalid_parameter")


def collect(bench: Bench, url: str | None) -> list[Any]:
    items: list[Any] = []
    while url:
        page = bench.ask("GET", url)
        items += page["data"]
        url = page["paging"]["next_url"]
    return items


@pytest.mark.parametrize("sort", ["dateadd:asc", "dateadd:desc", "lastupdate:asc", "lastupdate:desc"])
def test_contact_pages_give_each_contact_once(make_bench: MakeBench, sort: str) -> None:
    bench = make_bench(seed="large:23")
    ids = [item["id"] for item in collect(bench, f"/1000/inbox/contacts?limit=5&sort={sort}")]
    assert len(ids) == len(set(ids)) == 23
    assert ids == sorted(ids, reverse=sort.endswith("desc"))


def test_required_fields_and_updated_since(bench: Bench) -> None:
    phones = bench.ask("GET", "/1000/inbox/contacts", {"required_fields": '["phone"]'})
    assert {contact["name"] for contact in phones["data"]} == {"Cleo Pattern", "Dan Model", "Ida Double"}
    bench.sandbox.advance(60)
    bench.ask("POST", ADA, edit(["vip"], "add"))
    since = bench.ask("GET", "/1000/inbox/contacts", {"updated_since": "2026-11-18T11:07:00+00:00"})
    assert [contact["name"] for contact in since["data"]] == ["Ada Example"]
