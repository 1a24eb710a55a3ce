"""The list: what is shown, what is left out and told, and how little is asked."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from qsc_bot.errors import ApiError, NotFound
from qsc_bot.models.conversation import Control, Conversation
from qsc_bot.models.mention import Mention
from qsc_bot.operations.listing import list_conversations, list_escalated
from qsc_bot.operations.query import Query
from qsc_bot.results import Ending
from tests.api.wire import body, envelope, sc
from tests.control.people import AT
from tests.control.tag_bench import TAG, contact
from tests.operations.fakes import FakeDriver, Stage, stage
from tests.operations.messages import START, customer, ours

MENTIONS = "GET /1417/inbox/mentions"
CONTACTS = "GET /1417/inbox/contacts"
AGENT, BOT, UNKNOWN = Control.AGENT, Control.BOT, Control.UNKNOWN


def shop(cache: Path, *mentions: Mention, tagged: tuple[dict[str, Any], ...] = (), **holds: Control) -> Stage:
    """Six customers on X, the first waiting longest; one of them holds what `holds` says, the others the bot's."""
    driver = FakeDriver(holds={f"twitter:{number}": BOT for number in range(1, 10)})
    driver.holds |= {name.replace("_", ":"): control for name, control in holds.items()}
    made = stage(cache, driver)
    found = mentions or tuple(customer(f"twitter:{number}", number, number=number) for number in range(6, 0, -1))
    rows = [msgspec.to_builtins(one, enc_hook=str) for one in found]
    made.machine.wire.on(MENTIONS, envelope({"data": rows})).on(CONTACTS, envelope({"data": list(tagged)}))
    return made


def listed(made: Stage, **wish: Any) -> tuple[list[Conversation], Ending]:
    listing = list_conversations(made.connection, Query(**wish), tell=lambda _: None)
    rows = list(listing.items)
    return rows, listing.ending()


def ids(rows: list[Conversation]) -> list[int]:
    return [int(row.service_id) for row in rows]


def test_longest_waiting_comes_first(tmp_path: Path) -> None:
    rows, ending = listed(shop(tmp_path))
    assert ids(rows) == [1, 2, 3, 4, 5, 6]
    assert ending.complete
    assert rows[0].waiting_s == int((AT - START).total_seconds()) - 60


@pytest.mark.parametrize(
    ("sort", "order"), [("waiting", [1, 2, 3, 4, 5, 6]), ("last", [6, 5, 4, 3, 2, 1]), ("id", [1, 2, 3, 4, 5, 6])]
)
def test_rows_are_sorted_as_asked(tmp_path: Path, sort: str, order: list[int]) -> None:
    assert ids(listed(shop(tmp_path), sort=sort)[0]) == order


def test_cut_list_is_told_and_reads_no_more_than_it_shows(tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows, ending = listed(made, limit=2)
    assert ids(rows) == [1, 2]
    assert sorted(made.driver.asked) == ["twitter:1", "twitter:2"]
    assert not ending.complete
    assert ending.hints == ["2 of 6 shown; add --all"]


@pytest.mark.parametrize("limit", [6, 7, None])
def test_list_that_fits_is_complete(tmp_path: Path, limit: int | None) -> None:
    rows, ending = listed(shop(tmp_path), limit=limit)
    assert (len(rows), ending.complete, ending.hints) == (6, True, [])


def test_rows_are_filtered_by_who_holds_them(tmp_path: Path) -> None:
    rows, ending = listed(shop(tmp_path, twitter_2=AGENT, twitter_5=AGENT), controls=frozenset({AGENT}))
    assert ids(rows) == [2, 5]
    assert ending.complete
    assert ending.summary is not None
    assert ending.summary.by_control == {"agent": 2}


def test_rows_are_filtered_before_anybody_is_asked(tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows, _ = listed(made, waiting=AT - START - timedelta(minutes=2))
    assert ids(rows) == [1, 2]
    assert sorted(made.driver.asked) == ["twitter:1", "twitter:2"]
    assert listed(made, services=frozenset({"web"}))[0] == []


def test_tagged_contacts_are_listed_whatever_their_age(tmp_path: Path) -> None:
    made = shop(tmp_path, tagged=(contact(2, TAG), contact(9, TAG, name="Old")), twitter_9=AGENT)
    rows, _ = listed(made)
    assert ids(rows) == [1, 2, 3, 4, 5, 6, 9]
    assert (rows[6].waiting_s, rows[6].name, rows[6].escalated, rows[6].tags) == (None, "Old", True, [TAG])
    assert [row.escalated for row in rows[:3]] == [False, True, False]


@pytest.mark.parametrize(("wish", "found"), [(True, [2, 9]), (False, [1, 3, 4, 5, 6])], ids=["on", "off"])
def test_rows_are_filtered_by_the_tag(tmp_path: Path, wish: bool, found: list[int]) -> None:
    made = shop(tmp_path, tagged=(contact(2, TAG), contact(9, TAG)))
    assert ids(listed(made, escalated=wish)[0]) == found


def test_unproven_absence_is_neither_on_nor_off(tmp_path: Path) -> None:
    made = shop(tmp_path)
    assert {row.escalated for row in listed(made)[0]} == {None}
    assert listed(made, escalated=False)[0] == []


def test_unreadable_row_says_why(tmp_path: Path) -> None:
    rows, _ = listed(shop(tmp_path, twitter_1=UNKNOWN))
    assert (rows[0].control, rows[0].note) == (UNKNOWN, "the item cannot be read")


def test_streamed_rows_come_in_the_order_read_without_a_guess(tmp_path: Path) -> None:
    story = [
        ours("twitter", 9, number=90, answers="m3"),
        customer("twitter:3", 3, number=3),
        customer("twitter:1", 1, number=1),
        customer("twitter:4", None, number=4),
    ]
    made = shop(tmp_path, *story, tagged=(contact(9, TAG), contact(1, TAG)))
    rows, ending = listed(made, streams=True)
    assert ids(rows) == [3, 1, 9]
    assert [row.waiting_s for row in rows] == [0, None, None]
    assert ending.complete


def test_streamed_cut_is_told(tmp_path: Path) -> None:
    rows, ending = listed(shop(tmp_path), streams=True, limit=1)
    assert ids(rows) == [6]
    assert not ending.complete


def test_inbox_without_private_messages_names_the_way_out(tmp_path: Path) -> None:
    _, ending = listed(shop(tmp_path, customer("twitter:1", 1, number=1, kind="post")))
    assert "none of 1 messages is marked as private (message.type: post)" in ending.warnings[0]


def test_refused_tag_filter_is_a_warning(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.machine.wire.on(CONTACTS, sc("error_invalid_parameter.400"))
    rows, ending = listed(made)
    assert len(rows) == 6
    assert "contact_tag_filter" in ending.warnings[0]


def test_window_and_cost_are_told(tmp_path: Path) -> None:
    made = shop(tmp_path)
    left = {"x-ratelimit-remaining": "348"}
    made.machine.wire.on(CONTACTS, body({"meta": {"code": 200}, "response": {"data": []}}, headers=left))
    _, ending = listed(made, since=timedelta(hours=6))
    assert ending.summary is not None
    assert ending.summary.since == AT - timedelta(hours=6)
    assert (ending.summary.total, ending.summary.calls, ending.summary.calls_left) == (6, 2, 347)
    asked = next(one for one in made.machine.wire.requests if one.url.path.endswith("mentions"))
    assert asked.url.params["date_from"] == (AT - timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_escalated_are_listed_from_the_tag_alone(tmp_path: Path) -> None:
    made = shop(tmp_path, tagged=(contact(2, TAG), contact(3, "vip")), twitter_2=AGENT)
    listing = list_escalated(made.connection, Query())
    (row,) = listing.items
    assert (row.id, row.control, row.contact_id) == ("twitter:2", AGENT, "2")
    assert listing.ending().complete
    assert made.machine.wire.calls == [CONTACTS]


def test_reading_that_failed_is_told_and_the_list_is_not_complete(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.driver.reads["twitter:1"] = [ApiError("api.unavailable", "the remote failed")]
    rows, ending = listed(made, controls=frozenset({BOT}))
    assert ids(rows) == [2, 3, 4, 5, 6]
    assert not ending.complete
    assert ending.warnings == ["who holds 1 conversation could not be read: the remote failed"]


def test_conversation_that_is_gone_is_known_to_be_so(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.driver.reads["twitter:1"] = [NotFound("api.not_found", "no such conversation")]
    rows, ending = listed(made)
    assert (rows[0].control, rows[0].note, ending.complete) == (UNKNOWN, "no such conversation", True)


def test_rows_that_nobody_looked_at_are_not_counted_as_found(tmp_path: Path) -> None:
    made = shop(tmp_path, *(customer(f"twitter:{number}", number, number=number) for number in range(250, 0, -1)))
    made.driver.holds |= {f"twitter:{number}": AGENT if number % 50 == 0 else BOT for number in range(1, 251)}
    rows, ending = listed(made, controls=frozenset({AGENT}), limit=1)
    assert (ids(rows), ending.complete) == ([50], False)
    assert ending.summary is not None
    assert ending.summary.total == 2
    assert ending.hints == ["1 of 2 shown, and 150 not looked at; add --all"]
