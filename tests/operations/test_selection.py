"""From what was typed to conversations."""

from pathlib import Path

import msgspec
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.operations.selection import clean_ids, resolve
from tests.api.machine import PROD, Machine, machine
from tests.api.wire import envelope, sc

MENTION = "GET /1417/inbox/mention/46283/43769358878500001"
CONTACT = "GET /1417/inbox/contact/55512345"


def resolved(made: Machine, *texts: str, one_each: bool = False) -> tuple[list[str], list[str]]:
    told: list[str] = []
    found = resolve(made.remotes.connection, texts, one_each=one_each, tell=told.append)
    return [str(target.id) for target in found], told


def refusal(made: Machine, *texts: str, one_each: bool = False) -> QscBotError:
    with pytest.raises(QscBotError) as caught:
        resolved(made, *texts, one_each=one_each)
    return caught.value


@pytest.mark.parametrize(
    "text", ["whatsapp:32470000000", "facebook:5550001", "web:visitor-1", "twitter:@ada", "wechat:a:b", "viber:a/b=="]
)
def test_conversation_id_costs_nothing(tmp_path: Path, text: str) -> None:
    made = machine(tmp_path)
    assert resolved(made, text) == ([text], [])
    assert not made.wire.requests


@pytest.mark.parametrize(
    "text",
    [
        "46283_43769358878500001",
        "https://app.engagor.com/messages/1417/permalink/46283/43769358878500001/",
        "https://app.engagor.com/messages/1417/permalink/46283/43769358878500001",
        "<https://app.engagor.com/messages/1417/permalink/46283/43769358878500001/>",
    ],
)
def test_mention_and_permalink_are_looked_up_by_the_api(tmp_path: Path, text: str) -> None:
    made = machine(tmp_path)
    made.wire.on(MENTION, sc("mention.200"))
    assert resolved(made, text) == (["whatsapp:32470000000"], [])
    assert made.wire.calls == [MENTION]


def test_contact_id_is_all_its_conversations(tmp_path: Path) -> None:
    made = machine(tmp_path)
    made.wire.on(CONTACT, sc("contact.200"))
    assert resolved(made, "55512345")[0] == ["whatsapp:32470000000", "twitter:1002"]


def test_write_on_a_contact_with_several_conversations_lists_them(tmp_path: Path) -> None:
    made = machine(tmp_path)
    made.wire.on(CONTACT, sc("contact.200"))
    error = refusal(made, "55512345", one_each=True)
    assert (error.code, error.exit_code) == ("usage.ambiguous", ExitCode.USAGE)
    assert error.hint == ("whatsapp:32470000000", "twitter:1002")


def test_write_on_a_contact_with_one_conversation_is_fine(tmp_path: Path) -> None:
    made = machine(tmp_path)
    made.wire.on(CONTACT, sc("contact_number_id.200"))
    assert resolved(made, "55512345", one_each=True)[0] == ["facebook:43769358878500001234568"]


def test_contact_without_conversations_is_not_found(tmp_path: Path) -> None:
    made = machine(tmp_path)
    made.wire.on(CONTACT, sc("contact_bare.200"))
    assert refusal(made, "55512345").code == "contact.not_found"


def test_own_message_names_no_customer(tmp_path: Path) -> None:
    made = machine(tmp_path)
    made.wire.on("GET /1417/inbox/mention/1/2", envelope({"id": 2, "topic": {"id": 1}, "author": {"managed": True}}))
    assert refusal(made, "1_2").code == "usage.id"


@pytest.mark.parametrize("place", ["app.engagor.com/messages/9999", "us.engagor.com/messages/1417"])
def test_permalink_of_another_account_or_region_is_refused_unseen(tmp_path: Path, place: str) -> None:
    made = machine(tmp_path)
    error = refusal(made, f"https://{place}/permalink/46283/43769358878500001/")
    assert (error.code, error.exit_code) == ("access.account", ExitCode.NOT_PERMITTED)
    assert error.expected == "app.engagor.com, account 1417"
    assert error.found == place.replace("/messages/", ", account ")
    assert not made.wire.requests


def test_permalink_of_the_other_region_is_for_the_other_regions_profile(tmp_path: Path) -> None:
    made = machine(tmp_path, profile=msgspec.structs.replace(PROD, region="us"))
    made.wire.on(MENTION, sc("mention.200"))
    link = "https://us.engagor.com/messages/1417/permalink/46283/43769358878500001/"
    assert resolved(made, link) == (["whatsapp:32470000000"], [])


SLIPS = {
    "x:ada": "twitter:ada",
    "X:ada": "twitter:ada",
    "livechat:1": "web:1",
    "live-chat:1": "web:1",
    "messenger:5": "facebook:5",
    "fb:5": "facebook:5",
    "wa:32": "whatsapp:32",
}


@pytest.mark.parametrize(("text", "meant"), SLIPS.items(), ids=SLIPS)
def test_slip_is_answered_and_never_run(tmp_path: Path, text: str, meant: str) -> None:
    error = refusal(machine(tmp_path), text)
    assert (error.code, error.hint) == ("usage.service", (f"write {meant}",))


@pytest.mark.parametrize("service", ["whatsapp", "viber", "twilio"])
def test_plus_of_a_phone_number_is_taken_off_and_told(tmp_path: Path, service: str) -> None:
    ids, told = resolved(machine(tmp_path), f"{service}:+32470000000")
    assert ids == [f"{service}:32470000000"]
    assert told == [f"{service}:+32470000000: read as {service}:32470000000"]


def test_plus_stays_where_it_is_no_phone_number(tmp_path: Path) -> None:
    assert resolved(machine(tmp_path), "twitter:+1") == (["twitter:+1"], [])


def test_misspelt_service_gets_the_near_name(tmp_path: Path) -> None:
    error = refusal(machine(tmp_path), "whatsap:1")
    assert error.code == "usage.service"
    assert error.hint[0].startswith("did you mean whatsapp")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whatsapp",
        "whatsapp:",
        ":1",
        "WhatsApp:1",
        "whatsapp:a b",
        "whatsapp:..",
        "web:.",
        "whatsapp:\x1b[31m",
        "1_2_3",
        "-1",
    ],
)
def test_malformed_id_is_a_usage_error(tmp_path: Path, text: str) -> None:
    made = machine(tmp_path)
    assert refusal(made, text).exit_code is ExitCode.USAGE
    assert not made.wire.requests


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/messages/1417/permalink/1/2/",
        "http://app.engagor.com/messages/1417/permalink/1/2/",
        "https://app.engagor.com.evil.example/messages/1417/permalink/1/2/",
        "https://app.engagor.com/messages/1417/permalink/1/2/?x=1",
    ],
)
def test_foreign_link_is_no_permalink(tmp_path: Path, text: str) -> None:
    assert refusal(machine(tmp_path), text).exit_code is ExitCode.USAGE


def test_every_spelling_is_checked_before_the_first_call(tmp_path: Path) -> None:
    made = machine(tmp_path)
    refusal(made, "46283_43769358878500001", "55512345", "nonsense")
    assert not made.wire.requests


def test_one_conversation_named_twice_is_one_target(tmp_path: Path) -> None:
    made = machine(tmp_path)
    made.wire.on(MENTION, sc("mention.200"))
    texts = ("whatsapp:32470000000", "46283_43769358878500001", "whatsapp:+32470000000", "twitter:1")
    assert resolved(made, *texts)[0] == ["whatsapp:32470000000", "twitter:1"]


def cleaned(*lines: str) -> tuple[list[str], list[str]]:
    told: list[str] = []
    return clean_ids(lines, tell=told.append), told


def test_list_of_ids_is_text_up_to_the_first_tab() -> None:
    assert cleaned("\ufeffweb:1\tbot\t12\n", "  web:2  \r\n", "web:3") == (["web:1", "web:2", "web:3"], [])


def test_blank_and_double_lines_are_left_out_and_told() -> None:
    ids, told = cleaned("web:1\n", "\n", "\tbot\n", "web:1\tagent\n")
    assert ids == ["web:1"]
    assert told == ["left out 2 blank and 1 double lines of the list of ids"]


@pytest.mark.parametrize("lines", [(), ("\n", " \n"), ("\ufeff",)], ids=["nothing", "blank", "mark only"])
def test_empty_list_of_ids_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(QscBotError) as caught:
        cleaned(*lines)
    assert caught.value.code == "usage.ids"
