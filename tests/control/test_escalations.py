"""The list of tagged contacts: what it proves, and what it leaves open."""

from pathlib import Path
from typing import Any

import pytest

from qsc_bot.control.escalations import is_escalated
from qsc_bot.errors import ApiError
from qsc_bot.models.conversation import Control
from tests.api.wire import Wire, envelope, sc
from tests.control.people import AT
from tests.control.tag_bench import LIST, MENTIONS, TAG, Bench, contact, listed


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
    assert bench.survey("twitter:7") == {"twitter:7": "bot"}
    assert bench.wire.calls == [LIST, MENTIONS, "GET /1417/inbox/contact/twitter/7"]


def test_contacts_that_do_not_bear_the_tag_prove_nothing(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, "vip"), contact(2)), tmp_path)
    assert list(bench.list.tagged()) == [[]]
    assert bench.escalated("twitter:1") is None


def test_one_bearer_proves_the_absence_of_others(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, TAG)), tmp_path)
    assert bench.survey("twitter:1", "twitter:7", "facebook:8") == {
        "twitter:1": "agent",
        "twitter:7": "bot",
        "facebook:8": "bot",
    }
    assert bench.wire.calls == [LIST, MENTIONS]


@pytest.mark.parametrize("service", ["whatsapp", "web", "viber", "twilio", "wechat"])
def test_channel_that_needs_topics_needs_a_bearer_of_its_own(tmp_path: Path, service: str) -> None:
    name = f"{service}:8"
    assert Bench(listed(contact(1, TAG)), tmp_path).escalated(name) is None
    of_its_own = contact(2, TAG, profiles=(f"{service}:2",))
    assert Bench(listed(of_its_own), tmp_path).escalated(name) is False
    assert Bench(listed(), tmp_path).escalated(name) is False, "remembered"


def test_proof_of_another_tag_is_none(tmp_path: Path) -> None:
    assert Bench(listed(contact(1, TAG)), tmp_path, tag_filter="contacttag:x").escalated("twitter:7") is False
    assert Bench(listed(), tmp_path, tag="vip", tag_filter="contacttag:x").escalated("twitter:7") is None


def test_proof_is_remembered_for_the_same_filter_only(tmp_path: Path) -> None:
    list(Bench(listed(contact(1, TAG)), tmp_path).list.tagged())
    assert Bench(listed(), tmp_path).escalated("twitter:7") is False
    assert Bench(listed(), tmp_path, tag_filter="contacttag:escalated").escalated("twitter:7") is None


def test_bearer_that_the_filter_did_not_find_proves_nothing_of_it(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, TAG)), tmp_path)
    assert [[one.id for one in page] for page in bench.list.changed(AT)] == [["1"]]
    assert not bench.list.proves_absence("twitter")


def test_filter_of_the_profile_is_used(tmp_path: Path) -> None:
    bench = Bench(listed(), tmp_path, tag_filter="contacttag:escalated_to_agent")
    list(bench.list.tagged())
    assert bench.wire.requests[0].url.params["filter"] == "contacttag:escalated_to_agent"


@pytest.mark.parametrize("profiles", [(), None], ids=["empty", "missing"])
def test_bearer_without_profiles_leaves_absence_unproven(tmp_path: Path, profiles: tuple[str, ...] | None) -> None:
    hidden = contact(2, TAG, profiles=()) if profiles == () else {"id": 2, "tags": [TAG]}
    bench = Bench(listed(contact(1, TAG), hidden), tmp_path).on_contact("twitter:7", {"id": 7})
    rows, ending = bench.rows("twitter:1", "twitter:7")
    assert {row.id: row.escalated for row in rows} == {"twitter:1": True, "twitter:7": None}
    assert ending.warnings == ["1 tagged contacts do not say which conversations are theirs"]
    assert not ending.complete


def test_every_conversation_of_a_bearer_is_escalated(tmp_path: Path) -> None:
    names = ("twitter:1", "whatsapp:32", "facebook:5")
    rows, _ = Bench(listed(contact(1, TAG, profiles=names)), tmp_path).rows()
    assert {row.id for row in rows} == set(names)
    told = {(row.control, row.contact_id, tuple(row.tags or ()), row.observed_at) for row in rows}
    assert told == {(Control.AGENT, "1", (TAG,), AT)}


@pytest.mark.parametrize(
    "hidden", [{"id": 2}, {"id": 2, "tags": ["Escalated To Agent"]}], ids=["nothing told", "other case"]
)
def test_unclear_contact_without_profiles_leaves_absence_unproven(tmp_path: Path, hidden: dict[str, Any]) -> None:
    bench = Bench(listed(contact(1, TAG), hidden), tmp_path).on_contact("twitter:7", {"id": 7})
    rows, _ = bench.rows("twitter:1", "twitter:7")
    assert {row.id: row.escalated for row in rows} == {"twitter:1": True, "twitter:7": None}


@pytest.mark.parametrize("tags", [{"tags": ["Escalated To Agent"]}, {"tags": None}], ids=["other case", "no tags"])
def test_listed_contact_whose_tag_is_unclear_is_not_the_bots(tmp_path: Path, tags: dict[str, Any]) -> None:
    unclear = contact(2) | tags
    bench = Bench(listed(contact(1, TAG), unclear), tmp_path).on_contact("twitter:2", unclear)
    rows, _ = bench.rows("twitter:2", "twitter:7")
    assert {row.id: (row.control.value, row.escalated) for row in rows if row.id != "twitter:1"} == {
        "twitter:2": ("unknown", None),
        "twitter:7": ("bot", False),
    }


@pytest.mark.parametrize("order", [1, -1], ids=["bearer first", "bearer last"])
def test_conversation_of_two_contacts_is_escalated_where_one_bears_the_tag(tmp_path: Path, order: int) -> None:
    both = [contact(1, TAG), contact(2, TAG.upper(), profiles=("twitter:1",))][::order]
    assert Bench(listed(*both), tmp_path).escalated("twitter:1") is True


def test_refused_filter_is_told_and_proves_nothing(tmp_path: Path) -> None:
    list(Bench(listed(contact(1, TAG)), tmp_path).list.tagged())
    bench = Bench(Wire().on(LIST, sc("error_invalid_parameter.400")), tmp_path)
    assert bench.escalated("twitter:7") is None
    assert bench.list.refusal is not None
    assert "contact_tag_filter in the profile" in bench.list.warnings[0]


def test_list_refused_in_the_middle_proves_nothing(tmp_path: Path) -> None:
    wire = Wire().on(LIST, sc("contacts.200"), sc("error_invalid_parameter.400"))
    bench = Bench(wire, tmp_path).on_contact("twitter:7", {"id": 7})
    escalated = {row.id: row.escalated for row in bench.rows("twitter:7")[0]}
    assert (escalated["twitter:1003"], escalated["twitter:7"]) == (True, None)


@pytest.mark.parametrize("name", ["error_rate_limit_reached.400", "error_internal_server_error.500"])
def test_other_failures_of_the_list_are_raised(tmp_path: Path, name: str) -> None:
    with pytest.raises(ApiError):
        list(Bench(Wire().on(LIST, sc(name)), tmp_path).list.tagged())


def test_list_is_read_once(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, TAG)), tmp_path)
    bench.survey("twitter:1")
    bench.survey("twitter:1")
    assert bench.wire.calls == [LIST, MENTIONS]


def test_list_with_gaps_is_read_again_and_its_gaps_are_told_again(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, TAG), contact(2, TAG, profiles=())), tmp_path)
    bench.on_contact("twitter:7", contact(7))
    for _ in range(2):
        assert bench.rows("twitter:7")[1].warnings
    assert bench.wire.calls.count(LIST) == 2
    assert bench.wire.calls.count("GET /1417/inbox/contact/twitter/7") == 1, "its own reading still counts"


@pytest.mark.parametrize("tags", [[TAG.upper()], [TAG]], ids=["doubt", "on"])
def test_changed_contact_is_read_by_nobody_wrongly(tmp_path: Path, tags: list[str]) -> None:
    bench = Bench(listed(contact(1, TAG)), tmp_path)
    assert bench.survey("twitter:7") == {"twitter:7": "bot"}
    changed = contact(7) | {"tags": tags}
    bench.wire.on(LIST, envelope({"data": [changed]}))
    bench.on_contact("twitter:7", changed)
    rows, _ = bench.rows("twitter:7", max_age=AT - AT)
    assert next(row.control for row in rows if row.id == "twitter:7") is (
        Control.AGENT if tags == [TAG] else Control.UNKNOWN
    )
