"""Formats for pipes: full values, one record a line."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.results import Record


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    calls_left: int
    hosts: list[dict[str, int]] = []


def test_a_pipe_gets_plain_lines(start: Any, listing: Any, conversation: Any) -> None:
    run = start(None)
    until = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    code = run.show(listing([conversation(control_until=until), conversation(2, tags=None, waiting_s=None)]))
    assert code is ExitCode.OK
    assert run.out == (
        "whatsapp:1\tagent\tA… E…\tvip, escalated to agent\t720\tfalse"
        "\t2026-11-23T08:00:00Z\t2026-11-22T08:50:30Z\n"
        "whatsapp:2\tagent\tA… E…\t\t\tfalse\t\t2026-11-22T08:50:30Z\n"
    )


def test_a_plain_record_names_each_value(start: Any, record: Any) -> None:
    run = start("plain")
    run.show(record(fields=("id", "escalated", "stale"), view="for people"))
    assert run.out == "id\twhatsapp:1\nescalated\t\nstale\tfalse\n"


def test_a_plain_report_says_why_an_item_failed(start: Any, report: Any) -> None:
    run = start("plain")
    run.show(report())
    assert run.out == (
        "whatsapp:1\thandover.to_bot\tchanged\tagent\tbot\t\n"
        "twitter:2\thandover.to_bot\tunchanged\tbot\tbot\t\n"
        "web:3\thandover.to_bot\tfailed\tagent\t\tthe server said 503 [api.unavailable]\n"
    )


def test_a_plain_dry_run_keeps_requests_off_stdout(start: Any, dry_run: Any) -> None:
    run = start("plain")
    run.show(dry_run())
    assert run.out == "twitter:2\tescalation.add\tplanned\t\tescalated\t\n"
    assert "POST /1417/inbox/contact/9\n" in run.err
    assert run.err.endswith("dry run: nothing was sent\n")


@pytest.mark.parametrize("format_name", ["plain", "table", "csv", "id"])
def test_a_text_is_the_same_for_every_reader(start: Any, text: Any, format_name: str) -> None:
    run = start(format_name)
    run.show(text("first\nsecond\x1b", {"never": "shown"}))
    assert run.out == "first\nsecond�\n"


@pytest.mark.parametrize("format_name", ["plain", "csv"])
def test_fields_are_chosen_and_ordered(start: Any, listing: Any, format_name: str) -> None:
    run = start(format_name, fields=("method", "id"))
    run.show(listing())
    assert run.out.splitlines()[-1] == {"plain": "handover\twhatsapp:1", "csv": "handover,whatsapp:1"}[format_name]


def test_csv_has_a_header(start: Any, listing: Any) -> None:
    run = start("csv")
    run.show(listing())
    header, row = csv.reader(io.StringIO(run.out))
    assert header == [
        "id",
        "control",
        "name",
        "tags",
        "waiting_s",
        "stale",
        "control_until",
        "last_message_at",
    ]
    assert row[3] == "vip, escalated to agent"


def test_csv_of_nothing_is_its_header(start: Any, listing: Any) -> None:
    run = start("csv")
    run.show(listing([]))
    assert run.out.startswith("id,control,")
    assert run.out.count("\n") == 1


def test_csv_of_one_thing_is_one_row(start: Any, record: Any) -> None:
    run = start("csv")
    run.show(record(fields=("id", "method")))
    assert run.out == "id,method\nwhatsapp:1,handover\n"


def test_ids_stand_alone(start: Any, listing: Any, report: Any, conversation: Any) -> None:
    run = start("id")
    run.show(listing([conversation(1), conversation(2)]))
    assert (run.out, run.err) == ("whatsapp:1\nwhatsapp:2\n", "")
    run = start("id")
    run.show(report())
    assert run.out == "whatsapp:1\ntwitter:2\nweb:3\n"


def test_what_has_no_id_cannot_be_shown_as_ids(start: Any) -> None:
    run = start("id")
    with pytest.raises(QscBotError, match="no ids"):
        run.show(Record(schema="limits", item=Limits(calls_left=3)))
    assert run.out == ""


def test_what_is_deeper_than_a_list_is_json_in_its_cell(start: Any) -> None:
    run = start("plain")
    run.show(Record(schema="limits", item=Limits(calls_left=3, hosts=[{"api": 3}])))
    name, value = run.out.splitlines()[1].split("\t")
    assert (name, json.loads(value)) == ("hosts", [{"api": 3}])


@pytest.mark.parametrize("format_name", ["plain", "csv", "id"])
def test_hostile_texts_stay_in_their_cell(
    start: Any, listing: Any, record: Any, conversation: Any, is_safe: Any, hostile: str, format_name: str
) -> None:
    item = conversation(tags=[hostile], id=f"whatsapp:{hostile}", note=hostile)
    for result, plain_lines in ((listing([item]), 1), (record(item), 3)):
        run = start(format_name, fields=("id", "tags", "note"))
        run.show(result)
        assert len(run.out.splitlines()) == {"id": 1, "csv": 2, "plain": plain_lines}[format_name]
        assert is_safe(run.out)


def test_no_cell_of_a_csv_is_a_formula(start: Any, listing: Any, conversation: Any, hostile: str) -> None:
    run = start("csv", fields=("id", "tags", "note"))
    run.show(listing([conversation(tags=[hostile], id=hostile, note=hostile)]))
    cells = [cell for row in csv.reader(io.StringIO(run.out)) for cell in row]
    assert len(cells) == 6
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in cells)


def test_a_formula_in_a_list_is_only_text(start: Any, listing: Any, conversation: Any) -> None:
    run = start("csv", fields=("note",))
    run.show(listing([conversation(note="\t=cmd()")]))
    assert run.out == "note\n' =cmd()\n"


def test_long_values_are_never_cut(start: Any, listing: Any, conversation: Any) -> None:
    run = start("plain", fields=("note",), width=20)
    run.show(listing([conversation(note="x" * 10_000)]))
    assert run.out == "x" * 10_000 + "\n"
