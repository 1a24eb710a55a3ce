"""Contacts and accounts as the samples hold them, and the topics that the bot channels need."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from qsc_bot.api.accounts import Accounts, Topics
from qsc_bot.api.contacts import NEED_TOPICS, Contacts
from qsc_bot.errors import AccessDenied, ApiError, NotFound, QscBotError, WriteInDoubt
from qsc_bot.models.conversation import Call, ConversationId
from qsc_bot.storage.facts import Facts
from tests.api.wire import NOW, Wire, envelope, form_of, sc, social_connect

ADA = ConversationId("whatsapp", "32470000000")
PATH = "/1417/inbox/contact/whatsapp/32470000000"


def contacts(wire: Wire, topic_ids: Sequence[str] = ("46283",)) -> Contacts:
    return Contacts(social_connect(wire), topics=topics(wire, Path("no-cache"), Hours(), *topic_ids))


def test_documented_contact_is_read() -> None:
    contact = contacts(Wire().on(f"GET {PATH}", sc("contact.200"))).read(ADA)
    assert (contact.id, contact.name, contact.tags) == ("55512345", "Ada Example", ["vip", "escalated to agent"])
    assert contact.conversations == (ADA, ConversationId("twitter", "1002"))


def test_large_number_ids_are_kept_digit_by_digit() -> None:
    contact = contacts(Wire().on(f"GET {PATH}", sc("contact_number_id.200"))).read(ADA)
    assert contact.id == "43769358878500001234567"
    assert contact.conversations == (ConversationId("facebook", "43769358878500001234568"),)


def test_contact_without_tags_and_profiles_says_so() -> None:
    contact = contacts(Wire().on(f"GET {PATH}", sc("contact_bare.200"))).read(ADA)
    assert contact.tags is None
    assert contact.conversations == ()


@pytest.mark.parametrize(
    ("response", "path"),
    [
        ({"name": "no id"}, "missing required field `id`"),
        ({"id": 1.5}, r"Expected an id, got `float` - at `\$\.id`"),
        ({"id": True}, r"Expected an id, got `bool` - at `\$\.id`"),
        ({"id": "1", "tags": [{"name": "vip"}]}, r"Expected `str`, got `object` - at `\$\.tags\[0\]`"),
        ({"id": "1", "socialprofiles": [{"type": "x"}]}, r"`service_id` - at `\$\.socialprofiles\[0\]`"),
        ([], "Expected `object`, got `array`"),
    ],
    ids=["no id", "broken id", "true as id", "tag objects", "profile without id", "list"],
)
def test_contact_of_another_shape_names_the_path(response: object, path: str) -> None:
    with pytest.raises(ApiError, match=path) as caught:
        contacts(Wire().on(f"GET {PATH}", envelope(response))).read(ADA)
    assert caught.value.code == "api.wrong_shape"


def test_unknown_contact_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        contacts(Wire().on(f"GET {PATH}", sc("error_not_found.404"))).read(ADA)
    assert caught.value.code == "contact.not_found"


def test_tagged_contacts_come_page_by_page() -> None:
    wire = Wire().on("GET /1417/inbox/contacts", sc("contacts.200"), sc("contacts_last.200"))
    pages = list(contacts(wire).tagged('contacttag:"escalated to agent"'))
    assert [[contact.id for contact in page] for page in pages] == [["55512345", "55512347"], ["55512348"]]


@pytest.mark.parametrize("service", sorted(NEED_TOPICS))
def test_bot_channels_are_read_and_written_with_topics(service: str) -> None:
    person = ConversationId(service, "1")
    wire = Wire().on(f"GET /1417/inbox/contact/{service}/1", sc("contact.200"))
    wire.on(f"POST /1417/inbox/contact/{service}/1", sc("contact.200"))
    both = contacts(wire, ["1", "2"])
    both.read(person)
    both.send(both.tag_call(person, tag="x", add=True))
    assert wire.requests[0].url.params["topic_ids"] == "1,2"
    assert form_of(wire.requests[1])["topic_ids"] == "1,2"


def test_other_services_get_no_topics() -> None:
    call = contacts(Wire()).tag_call(ConversationId("twitter", "1"), tag="x", add=False)
    assert call == Call(
        method="POST",
        path="/1417/inbox/contact/twitter/1",
        body={"updates": '{"tags": ["x"]}', "options": '{"tags_edit_mode": "delete"}'},
    )


def test_offline_plan_asks_nobody_for_topics(tmp_path: Path) -> None:
    wire = Wire()
    client = Contacts(social_connect(wire), topics=topics(wire, tmp_path, Hours()))
    call = client.tag_call(ADA, tag="x", add=True, offline=True)
    assert (call.body or {})["topic_ids"] == "{topic_ids}"
    assert "topic_ids" not in (
        client.tag_call(ConversationId("twitter", "1"), tag="x", add=True, offline=True).body or {}
    )
    assert not wire.requests


def test_offline_plan_uses_topics_that_are_known(tmp_path: Path) -> None:
    wire = Wire().on("GET /me/accounts", sc("accounts.200"))
    client = Contacts(social_connect(wire), topics=topics(wire, tmp_path, Hours()))
    client.tag_call(ADA, tag="x", add=True)
    call = client.tag_call(ADA, tag="x", add=True, offline=True)
    assert (call.body or {})["topic_ids"] == "46283,46284"
    assert len(wire.requests) == 1


def test_written_tag_with_a_strange_answer_is_in_doubt() -> None:
    wire = Wire().on(f"POST {PATH}", envelope({"done": True}))
    client = contacts(wire)
    with pytest.raises(WriteInDoubt, match="missing required field `id`"):
        client.send(client.tag_call(ADA, tag="x", add=True))


def own_account(wire: Wire) -> Accounts:
    return Accounts(social_connect(wire))


def test_own_account_is_found_by_number_or_text() -> None:
    account = own_account(Wire().on("GET /me/accounts", sc("accounts.200"))).own()
    assert account.id == "1417"
    assert account.topics_of("whatsapp") == ["46283", "46284"]
    assert account.topics_of("web") == ["46284"]
    assert account.topics_of("viber") == []


def test_token_of_another_account_names_both() -> None:
    with pytest.raises(AccessDenied) as caught:
        own_account(Wire().on("GET /me/accounts", sc("accounts_other.200"))).own()
    assert (caught.value.code, caught.value.expected, caught.value.found) == ("access.account", "1417", "7001, 7002")


class Hours:
    """A clock in hours."""

    def __init__(self) -> None:
        self.passed = 0.0

    def unix(self) -> float:
        return NOW + self.passed * 3600


def topics(wire: Wire, cache: Path, hours: Hours, *configured: str) -> Topics:
    facts = Facts(cache / "facts.json", key="https://api.engagor.com 1417", unix_seconds=hours.unix)
    return Topics(configured=configured, account=own_account(wire).own, facts=facts)


def test_topics_of_the_profile_cost_nothing(tmp_path: Path) -> None:
    wire = Wire()
    assert topics(wire, tmp_path, Hours(), "7", "8").of("whatsapp") == ["7", "8"]
    assert not wire.requests


def test_topics_are_filled_in_from_the_account_and_remembered_for_a_day(tmp_path: Path) -> None:
    wire, hours = Wire().on("GET /me/accounts", sc("accounts.200")), Hours()
    for passed, calls in ((0.0, 1), (23.9, 1), (24.1, 2), (47.9, 2)):
        hours.passed = passed
        assert topics(wire, tmp_path, hours).of("whatsapp") == ["46283", "46284"]
        assert len(wire.requests) == calls
    assert (tmp_path / "facts.json").exists()


def test_topics_from_the_future_are_asked_again(tmp_path: Path) -> None:
    wire, hours = Wire().on("GET /me/accounts", sc("accounts.200")), Hours()
    topics(wire, tmp_path, hours).of("web")
    hours.passed = -1
    topics(wire, tmp_path, hours).of("web")
    assert len(wire.requests) == 2


def test_contact_by_its_own_id_is_looked_for_in_every_topic(tmp_path: Path) -> None:
    wire = Wire().on("GET /me/accounts", sc("accounts.200")).on("GET /1417/inbox/contact/55512345", sc("contact.200"))
    for _ in range(2):
        Contacts(social_connect(wire), topics=topics(wire, tmp_path, Hours())).read_by_id("55512345")
    assert wire.calls.count("GET /me/accounts") == 1
    assert wire.requests[-1].url.params["topic_ids"] == "46283,46284,46285"


def test_service_that_no_topic_watches_needs_the_profile(tmp_path: Path) -> None:
    wire = Wire().on("GET /me/accounts", sc("accounts.200"))
    with pytest.raises(QscBotError, match="viber needs a topic") as caught:
        topics(wire, tmp_path, Hours()).of("viber")
    assert caught.value.code == "config.topic"
