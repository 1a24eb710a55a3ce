"""The method `tag`: one tag on or off, and every other left alone."""

import json
from pathlib import Path

import pytest

from qsc_bot.errors import NotFound, QscBotError, WriteInDoubt
from qsc_bot.models.conversation import Control, Move
from tests.api.wire import Wire, body, envelope, form_of, sc
from tests.control.people import person
from tests.control.tag_bench import LIST, MENTIONS, TAG, Bench, contact, listed


def test_list_keeps_the_order_of_proven_and_read(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, TAG), contact(9, TAG.upper()), contact(8, TAG.upper())), tmp_path)
    bench.on_contact("twitter:9", contact(9, TAG)).on_contact("twitter:8", contact(8, "vip"))
    names = ["twitter:9", "twitter:1", "twitter:5", "twitter:8"]
    rows, _ = bench.rows(*reversed(names))
    assert [row.id for row in rows] == names
    assert [row.control.value for row in rows] == ["agent", "agent", "bot", "bot"]


def test_instagram_has_no_tag(tmp_path: Path) -> None:
    bench = Bench(listed(contact(1, TAG)), tmp_path)
    found = {row.id: row for row in bench.rows("instagram:1")[0]}["instagram:1"]
    assert (found.control, found.escalated) == (Control.UNKNOWN, None)
    assert found.note == "contact calls do not support instagram"
    with pytest.raises(QscBotError) as caught:
        bench.driver.plan(person("instagram:1"), Control.AGENT, reading=None, note="x")
    assert caught.value.code == "usage.service"
    assert bench.wire.calls == [LIST, MENTIONS]


def test_unclear_tag_is_unknown_with_the_reason(tmp_path: Path) -> None:
    bench = Bench(Wire(), tmp_path).on_contact("twitter:1", {"id": 1})
    reading = bench.driver.read(person("twitter:1"))
    assert (reading.control, reading.escalated, reading.tags) == (Control.UNKNOWN, None, None)
    assert "cannot be told from the contact's tags" in (reading.note or "")


def test_unknown_contact_raises(tmp_path: Path) -> None:
    wire = Wire().on("GET /1417/inbox/contact/twitter/1", sc("error_not_found.404"))
    with pytest.raises(NotFound):
        Bench(wire, tmp_path).driver.read(person("twitter:1"))


@pytest.mark.parametrize(("to", "mode"), [(Control.AGENT, "add"), (Control.BOT, "delete")], ids=["on", "off"])
def test_move_is_one_write_of_one_tag(tmp_path: Path, to: Control, mode: str) -> None:
    after = contact(1, "vip", TAG) if to is Control.AGENT else contact(1, "vip")
    wire = Wire().on("POST /1417/inbox/contact/twitter/1", envelope(after))
    bench = Bench(wire, tmp_path)
    driver = bench.driver
    (call,) = driver.plan(person("twitter:1"), to, reading=None, note="x").calls
    proof = driver.send(person("twitter:1"), call, before=None)
    assert json.loads(form_of(bench.wire.requests[0])["updates"]) == {"tags": [TAG]}
    assert json.loads(form_of(bench.wire.requests[0])["options"]) == {"tags_edit_mode": mode}
    assert proof.control is to


def test_tag_does_not_lapse(tmp_path: Path) -> None:
    assert Bench(Wire(), tmp_path).driver.plan_extension(person("twitter:1"), 60) == Move(calls=())


def test_answer_of_a_write_tells_every_tag_and_which_was_moved(tmp_path: Path) -> None:
    wire = Wire().on("POST /1417/inbox/contact/twitter/1", envelope(contact(1, TAG, "EN")))
    driver = Bench(wire, tmp_path).driver
    (call,) = driver.plan(person("twitter:1"), Control.AGENT, reading=None, note="x").calls
    proof = driver.send(person("twitter:1"), call, before=None)
    assert (proof.tags, proof.moved_tag, proof.escalated) == ([TAG, "EN"], TAG, True)


def test_lost_answer_of_a_tag_write_is_in_doubt(tmp_path: Path) -> None:
    wire = Wire().on("POST /1417/inbox/contact/twitter/1", body({}, status=503))
    driver = Bench(wire, tmp_path).driver
    (call,) = driver.plan(person("twitter:1"), Control.BOT, reading=None, note="x").calls
    with pytest.raises(WriteInDoubt):
        driver.send(person("twitter:1"), call, before=None)
