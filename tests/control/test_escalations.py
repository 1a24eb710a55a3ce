"""The list of tagged contacts: what it proves, and what it leaves open."""

from pathlib import Path
from typing import Any

import pytest

from qsc_bot.control.escalations import is_escalated
from qsc_bot.errors import ApiError
from qsc_bot.models.conversation import Control, Method
from tests.api.wire import Wire, sc
from tests.control.people import AT, person, row
from tests.control.tag_bench import LIST, TAG, Bench, contact, listed


@pytest.mark.parametrize(
    ("tags", "escalated"),
    [
        (["vip", TAG], True),
        ([TAG, TAG.upper()], True),
        (["vip"], False),
        ([], False),
        ([TAG.upper()], None),
        (["Escalated To Agent", "vip"], None),
        ([f"{TAG} "], False),
        (None, None),
    ],
    ids=["on", "on in both spellings", "others", "none", "capitals", "title", "space behind", "not told"],
)
def test_tag_is_there_absent_or_unclear(tags: list[str] | None, escalated: bool | None) -> None:
    assert is_escalated(tags, TAG) is escalated


def test_absence_proves_nothing_before_a_bearer_was_found(tmp_path: Path) -> None:
    bench = Bench(listed(), tmp_path).on_contact("twitter:7", contact(7, "vip"))
    assert bench.list.of(person("twitter:7")) is None
    assert bench.survey("twitter:7") == {"twitter:7": "bot"}
    assert bench.wire.calls == [LIST, "GET /1417/inbox/contact/twitter/7"]


def test_contacts_that_do_not_bear_the_tag_prove_nothing(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, "vip"), contact(2)), tmp_path)
    assert bench.list.load() == {}
    assert bench.list.of(person("twitter:1")) is None


def test_one_bearer_proves_the_absence_of_others(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, TAG)), tmp_path)
    assert bench.survey("twitter:1", "twitter:7", "facebook:8") == {
        "twitter:1": "agent",
        "twitter:7": "bot",
        "facebook:8": "bot",
    }
    assert bench.wire.calls == [LIST]


@pytest.mark.parametrize("service", ["whatsapp", "web", "viber", "twilio", "wechat"])
def test_channel_that_needs_topics_needs_a_bearer_of_its_own(tmp_path: Path, service: str) -> None:
    assert Bench(listed(contact(1, TAG)), tmp_path).list.of(person(f"{service}:8")) is None
    of_its_own = contact(2, TAG, profiles=(f"{service}:2",))
    assert Bench(listed(of_its_own), tmp_path).list.of(person(f"{service}:8")) is False
    assert Bench(listed(), tmp_path).list.of(person(f"{service}:8")) is False, "remembered"


def test_proof_of_another_tag_is_none(tmp_path: Path) -> None:
    Bench(listed(contact(1, TAG)), tmp_path, tag_filter="contacttag:x").list.load()
    other = Bench(listed(), tmp_path, tag="vip", tag_filter="contacttag:x")
    assert other.list.of(person("twitter:7")) is None


def test_proof_is_remembered_for_the_same_filter_only(tmp_path: Path) -> None:
    Bench(listed(contact(1, TAG)), tmp_path).list.load()
    assert Bench(listed(), tmp_path).list.of(person("twitter:7")) is False
    assert Bench(listed(), tmp_path, tag_filter="contacttag:escalated").list.of(person("twitter:7")) is None


def test_filter_of_the_profile_is_used(tmp_path: Path) -> None:
    bench = Bench(listed(), tmp_path, tag_filter="contacttag:escalated_to_agent")
    bench.list.load()
    assert bench.wire.requests[0].url.params["filter"] == "contacttag:escalated_to_agent"


@pytest.mark.parametrize("profiles", [(), None], ids=["empty", "missing"])
def test_bearer_without_profiles_leaves_absence_unproven(tmp_path: Path, profiles: tuple[str, ...] | None) -> None:
    hidden = contact(2, TAG, profiles=()) if profiles == () else {"id": 2, "tags": [TAG]}
    bench = Bench(listed(contact(1, TAG), hidden), tmp_path)
    assert bench.list.of(person("twitter:1")) is True
    assert bench.list.of(person("twitter:7")) is None
    assert bench.list.warnings == ["1 tagged contacts do not say which conversations are theirs"]


def test_every_conversation_of_a_bearer_is_escalated(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, TAG, profiles=("twitter:1", "whatsapp:32", "facebook:5"))), tmp_path)
    (first,) = bench.driver.survey([row("twitter:1", Method.TAG)])
    assert (first.control, first.contact_id, first.tags, first.observed_at) == (Control.AGENT, "1", [TAG], AT)
    assert first.also == (person("whatsapp:32"), person("facebook:5"))


@pytest.mark.parametrize(
    "hidden", [{"id": 2}, {"id": 2, "tags": ["Escalated To Agent"]}], ids=["nothing told", "other case"]
)
def test_unclear_contact_without_profiles_leaves_absence_unproven(tmp_path: Path, hidden: dict[str, Any]) -> None:
    bench = Bench(listed(contact(1, TAG), hidden), tmp_path)
    assert bench.list.of(person("twitter:1")) is True
    assert bench.list.of(person("twitter:7")) is None


@pytest.mark.parametrize("tags", [{"tags": ["Escalated To Agent"]}, {"tags": None}], ids=["other case", "no tags"])
def test_listed_contact_whose_tag_is_unclear_is_not_the_bots(tmp_path: Path, tags: dict[str, Any]) -> None:
    unclear = contact(2) | tags
    bench = Bench(listed(contact(1, TAG), unclear), tmp_path).on_contact("twitter:2", unclear)
    assert bench.list.of(person("twitter:2")) is None
    assert bench.survey("twitter:2", "twitter:7") == {"twitter:2": "unknown", "twitter:7": "bot"}


def test_refused_filter_is_told_and_proves_nothing(tmp_path: Path) -> None:
    Bench(listed(contact(1, TAG)), tmp_path).list.load()
    bench = Bench(Wire().on(LIST, sc("error_invalid_parameter.400")), tmp_path)
    assert bench.list.of(person("twitter:7")) is None
    assert bench.list.refusal is not None
    assert "contact_tag_filter in the profile" in bench.list.warnings[0]


def test_list_refused_in_the_middle_proves_nothing(tmp_path: Path) -> None:
    wire = Wire().on(LIST, sc("contacts.200"), sc("error_invalid_parameter.400"))
    bench = Bench(wire, tmp_path)
    assert bench.list.of(person("twitter:1003")) is True
    assert bench.list.of(person("twitter:7")) is None


@pytest.mark.parametrize("name", ["error_rate_limit_reached.400", "error_internal_server_error.500"])
def test_other_failures_of_the_list_are_raised(tmp_path: Path, name: str) -> None:
    with pytest.raises(ApiError):
        Bench(Wire().on(LIST, sc(name)), tmp_path).list.load()


def test_list_is_read_once(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, TAG)), tmp_path)
    bench.survey("twitter:1")
    bench.survey("twitter:2")
    assert bench.wire.calls == [LIST]
