"""Tables fit the terminal and no text can break them."""

import io
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Failure, Outcome, Status
from qsc_bot.output.text import cell_width
from qsc_bot.results import Column, Listing, Record


class Item(msgspec.Struct, frozen=True, kw_only=True):
    id: str = "whatsapp:1"
    note: str = ""
    flag: bool | None = None


def test_a_wide_terminal_shows_every_column(start: Any, listing: Any, conversation: Any, now: Any) -> None:
    run = start("table", width=160, color=False)
    run.show(listing([conversation(control_until=now + timedelta(hours=2)), conversation(2, waiting_s=None)]))
    assert run.out == (
        "WAIT  CONTROL  CONVERSATION  NAME   ASSIGNED  LAST  UNTIL\n"
        "12m   agent    whatsapp:1    A… E…  Support   12m   11:02\n"
        "      agent    whatsapp:2    A… E…  Support   12m\n"
    )


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (160, "WAIT CONTROL CONVERSATION NAME ASSIGNED LAST UNTIL"),
        (80, "WAIT CONTROL CONVERSATION NAME ASSIGNED LAST UNTIL"),
        (57, "WAIT CONTROL CONVERSATION NAME ASSIGNED LAST UNTIL"),
        (56, "WAIT CONTROL CONVERSATION NAME ASSIGNED LAST"),
        (49, "WAIT CONTROL CONVERSATION NAME ASSIGNED"),
        (43, "WAIT CONTROL CONVERSATION NAME"),
        (33, "WAIT CONTROL CONVERSATION"),
        (20, "CONTROL CONVERSATION"),
        (1, "CONTROL CONVERSATION"),
    ],
)
def test_columns_give_way_whole_by_rank_and_from_the_right(
    start: Any, listing: Any, conversation: Any, width: int, header: str
) -> None:
    run = start("table", width=width, color=False)
    run.show(listing([conversation(control_until=conversation().last_message_at)]))
    assert run.out.splitlines()[0].split() == header.split()


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_ids_and_control_are_never_cut(start: Any, listing: Any, conversation: Any, width: int) -> None:
    run = start("table", width=width)
    item = conversation(id="whatsapp:" + "9" * 60, name="x " * 50)
    run.show(listing([item]))
    assert item.id in run.out
    assert "agent" in run.out


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_a_table_is_no_wider_than_the_terminal(start: Any, width: int) -> None:
    columns = (Column("id", "ID", rank=0), Column("note", "NOTE"))
    items = [Item(note="日本 👩‍🚒 " * 100), Item(note="short")]
    run = start("table", width=width, color=False)
    run.show(Listing(schema="item-list", items=items, columns=columns, plain=("id",)))
    assert all(cell_width(line) <= width for line in run.out.splitlines())


def test_long_free_text_is_cut_and_says_so(start: Any) -> None:
    columns = (Column("id", "ID", rank=0), Column("note", "NOTE"))
    run = start("table", width=40, color=False)
    run.show(Listing(schema="item-list", items=[Item(note="x" * 10_000)], columns=columns, plain=("id",)))
    assert run.out.splitlines()[1] == "whatsapp:1  " + "x" * 27 + "…"


def test_wide_characters_keep_the_columns_straight(start: Any) -> None:
    columns = (Column("note", "NOTE"), Column("id", "ID", rank=0))
    run = start("table", color=False)
    items = [Item(note="日本"), Item(note="abc")]
    run.show(Listing(schema="item-list", items=items, columns=columns, plain=("id",)))
    starts = {cell_width(line[: line.index("whatsapp")]) for line in run.out.splitlines()[1:]}
    assert starts == {6}


def test_fields_bring_their_own_columns(start: Any, listing: Any) -> None:
    run = start("table", fields=("method", "waiting_s"), color=False)
    run.show(listing())
    assert run.out == "METHOD    WAIT\nhandover  12m\n"


def test_nothing_found_is_said_on_stderr(start: Any, listing: Any) -> None:
    run = start("table")
    run.show(listing([]))
    assert (run.out, run.err) == ("", "Nothing found.\n")


def test_old_moments_show_their_date(start: Any, listing: Any, conversation: Any, now: Any) -> None:
    run = start("table", fields=("control_until",), color=False)
    run.show(listing([conversation(control_until=now - timedelta(days=3))]))
    assert run.out == "UNTIL\n2026-11-19\n"


@pytest.mark.parametrize(
    ("options", "is_bold"),
    [
        ({}, True),
        ({"color": False}, False),
        ({"is_terminal": False}, False),
        ({"environ": {"NO_COLOR": "1"}}, False),
        ({"environ": {"NO_COLOR": ""}}, True),
        ({"environ": {"TERM": "dumb"}}, False),
    ],
    ids=["terminal", "flag", "pipe", "NO_COLOR", "empty NO_COLOR", "dumb terminal"],
)
def test_the_header_is_bold_only_where_colour_is_welcome(
    start: Any, listing: Any, options: dict[str, Any], is_bold: bool
) -> None:
    run = start("table", **options)
    run.show(listing())
    assert ("\x1b[1m" in run.out) is is_bold
    assert ("\x1b" in run.out) is is_bold


def test_a_record_is_aligned_and_wrapped(start: Any) -> None:
    run = start("table", width=40)
    run.show(Record(schema="item", item=Item(note="one two three four five six seven eight nine ten", flag=True)))
    assert run.out == ("id    whatsapp:1\nnote  one two three four five six seven\n      eight nine ten\nflag  yes\n")


def test_a_record_says_what_is_not_known(start: Any) -> None:
    run = start("table", fields=("flag",))
    run.show(Record(schema="item", item=Item()))
    assert run.out == "flag  -\n"


def test_a_long_word_is_folded_and_not_cut(start: Any) -> None:
    run = start("table", width=40)
    run.show(Record(schema="item", item=Item(id="9" * 100), fields=("id",)))
    assert run.out.replace("\n", "").replace(" ", "") == "id" + "9" * 100


def test_a_record_with_a_view_shows_it(start: Any) -> None:
    run = start("table")
    run.show(Record(schema="item", item=Item(), view="1. Name\n\nbot\x1b[31m", next=["qsc-bot limits"]))
    assert run.out == "1. Name\n\nbot�[31m\n"
    assert run.err == "next: qsc-bot limits\n"


def test_a_report_is_a_table_and_counts(start: Any, report: Any) -> None:
    run = start("table", color=False)
    run.show(report(next=["qsc-bot operation resume op_7f3"], warnings=["the tag stays"]))
    assert run.out == (
        "STATUS     ID          FROM   TO   NOTE\n"
        "changed    whatsapp:1  agent  bot\n"
        "unchanged  twitter:2   bot    bot\n"
        "failed     web:3       agent       the server said 503 [api.unavailable]\n"
    )
    assert run.err == (
        "failed: web:3: the server said 503   [api.unavailable]\n"
        "warning: the tag stays\n"
        "next: qsc-bot operation resume op_7f3\n"
        "1 changed, 1 unchanged, 1 failed\n"
    )
    assert "success" not in run.out + run.err


def test_what_was_not_tried_is_told_once(start: Any, report: Any) -> None:
    run, error = start("table"), Failure.of(QscBotError("api.unavailable", "the server said 503"))
    left = [
        Outcome(id=f"web:{number}", action="handover.to_bot", status=Status.SKIPPED, error=error) for number in range(9)
    ]
    run.show(report(left))
    assert run.err == (
        "skipped: 9 conversations, not tried after: the server said 503   [api.unavailable]\n9 skipped\n"
    )


def test_reason_of_a_failure_names_its_conversation_once(start: Any, report: Any) -> None:
    run, error = start("table"), Failure.of(QscBotError("api.unavailable", "web:1: the server said 503"))
    run.show(report([Outcome(id=f"web:{n}", action="x", status=Status.FAILED, error=error) for n in (1, 2)]))
    assert run.err.splitlines()[:2] == [
        "failed: web:1: the server said 503   [api.unavailable]",
        "failed: web:2: web:1: the server said 503   [api.unavailable]",
    ]


def test_counts_speak_of_doubt_in_words(start: Any, report: Any) -> None:
    run = start("table")
    run.show(report([Outcome(id="web:1", action="handover.to_bot", status=Status.IN_DOUBT)]))
    assert run.err == "1 in doubt\n"


def test_a_dry_run_shows_its_requests(start: Any, dry_run: Any) -> None:
    run = start("table", color=False)
    run.show(dry_run("a\x1bb"))
    assert run.out == (
        "STATUS   ID         FROM  TO         NOTE\n"
        "planned  twitter:2        escalated\n"
        "\n"
        "POST /1417/inbox/contact/9\n"
        '  updates: {"tags":["a�b"]}\n'
    )
    assert run.err == "dry run: nothing was sent\n"


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_hostile_texts_print_safely(
    start: Any,
    listing: Any,
    record: Any,
    report: Any,
    conversation: Any,
    is_safe: Any,
    hostile: str,
    width: int,
) -> None:
    item = conversation(name=hostile, note=hostile, tags=[hostile], service_id=hostile)
    outcome = Outcome(id="web:1", action="handover.to_bot", status=Status.SKIPPED, note=hostile)
    for result in (
        listing([item], warnings=[hostile], hints=[hostile]),
        record(item, warnings=[hostile], next=[hostile]),
        record(item, view=hostile),
        report([outcome], next=[hostile]),
    ):
        run = start("table", width=width, color=False, show_names=lambda: True)
        run.show(result)
        shown = run.out + run.err
        assert shown != ""
        assert is_safe(shown)


def test_a_stream_of_ascii_gets_ascii(start: Any) -> None:
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    columns = (Column("id", "ID", rank=0), Column("note", "NOTE"))
    run = start("table", stdout=stdout, width=40, color=False)
    run.show(Listing(schema="item-list", items=[Item(note="日本" * 40)], columns=columns, plain=("id",)))
    assert raw.getvalue() == b"ID          NOTE\nwhatsapp:1  " + b"?" * 25 + b"...\n"


@pytest.mark.parametrize("format_name", ["plain", "csv", "json", "yaml", "ndjson", "table"])
def test_no_format_fails_on_a_stream_of_ascii(
    start: Any, listing: Any, conversation: Any, hostile: str, format_name: str
) -> None:
    raw = io.BytesIO()
    run = start(format_name, stdout=io.TextIOWrapper(raw, encoding="ascii"), fields=("id", "name", "note"))
    run.show(listing([conversation(note=hostile)]))
    assert raw.getvalue().isascii()
    assert b"whatsapp:1" in raw.getvalue()
