"""Bringing the index up to date: long windows in slices, each message once, and clocks that are wrong."""

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from qsc_bot.models.known import Wanted
from qsc_bot.models.mention import Mention, MentionDate
from qsc_bot.operations.refresh import MOST_SLICES, SLICE_PAGES
from tests.api.wire import NOW
from tests.operations.inbox import Inbox, refreshed
from tests.operations.messages import START, customer

SPAN = NOW - START.timestamp()
CHANCE = random.Random(7)

DENSITIES: dict[str, Callable[[int], float]] = {
    "even": lambda number: SPAN * number / 1500,
    "crowded at the end": lambda number: SPAN * (1 - (number / 1500) ** 4),
    "crowded at the start": lambda number: SPAN * (number / 1500) ** 6,
    "two bursts": lambda number: SPAN * (0.2 if number % 2 else 0.9) + number % 60,
    "one second": lambda number: SPAN / 2 + (number % 10) / 10,
    "any": lambda _number: CHANCE.random() * SPAN,
}


def message(number: int, after: float, *, name: str = "") -> Mention:
    one = customer(name or f"web:{number}", 0, number=number)
    at = min(START.timestamp() + after, NOW)
    return replace(one, date=MentionDate(added=at, published=at))


@pytest.mark.parametrize("after", DENSITIES.values(), ids=DENSITIES)
def test_slices_give_every_message(tmp_path: Path, after: Callable[[int], float]) -> None:
    inbox = Inbox([message(number, after(number)) for number in range(1500)])
    connection, refresh = refreshed(tmp_path, inbox)
    assert connection.index.count(Wanted(since=0.0)) == 1500
    assert len(inbox.chains) == 1 + min(MOST_SLICES, -(-1400 // (100 * SLICE_PAGES)))
    in_an_overlap = sum(inbox_overlaps(inbox))
    assert refresh.sieve.seen == 1500 + in_an_overlap


def inbox_overlaps(inbox: Inbox) -> list[int]:
    """How often each message stands in more windows than one, the unread rest of the first one left out."""
    whole, *slices = [tuple(map(as_seconds, window)) for window in inbox.chains]
    first_page = {one.id for one in inbox.mentions[:100]}
    counts = []
    for one in inbox.mentions:
        at = one.date.added or 0.0
        counts.append(sum(low <= at <= high for low, high in slices) + (one.id in first_page) - 1)
    assert min(counts) == 0
    assert whole[0] == START.timestamp()
    return counts


def as_seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(("count", "chains"), [(0, 1), (100, 1), (400, 1), (401, 3), (1000, 4), (5000, 7)])
def test_only_a_long_window_is_cut(tmp_path: Path, count: int, chains: int) -> None:
    inbox = Inbox([message(number, SPAN * number / 5000) for number in range(count)])
    connection, _ = refreshed(tmp_path, inbox)
    assert len(inbox.chains) == chains
    assert connection.index.count(Wanted(since=0.0)) == count


def test_messages_that_do_not_say_when_they_were_added_are_read_in_one_chain(tmp_path: Path) -> None:
    found = [customer(f"web:{number}", number / 10, number=number) for number in range(1000)]
    inbox = Inbox(found)
    connection, _ = refreshed(tmp_path, inbox)
    assert list(inbox.chains.values()) == [10]
    assert connection.index.count(Wanted(since=0.0)) == 1000


@pytest.mark.parametrize("total", [0, 450, 10**6], ids=["none told", "fewer told", "more told"])
def test_wrong_count_costs_calls_and_no_message(tmp_path: Path, total: int) -> None:
    inbox = Inbox([message(number, SPAN * number / 1000) for number in range(1000)], total=total)
    connection, _ = refreshed(tmp_path, inbox)
    assert connection.index.count(Wanted(since=0.0)) == 1000


def test_two_thousand_messages_of_one_person_are_one_conversation(tmp_path: Path) -> None:
    inbox = Inbox([message(number, SPAN * number / 2000, name="web:1") for number in range(2000)])
    connection, _ = refreshed(tmp_path, inbox)
    (only,) = connection.index.select(Wanted(since=0.0))
    assert only.waits_from == START.timestamp()
    assert only.mention == "1_1999"


def test_second_refresh_reads_the_overlap_alone(tmp_path: Path) -> None:
    inbox = Inbox([message(number, SPAN * number / 700) for number in range(700)])
    refreshed(tmp_path, inbox)
    inbox.chains.clear()
    _, refresh = refreshed(tmp_path, inbox)
    assert list(inbox.chains) == [("2026-11-18T11:05:40Z", "2999-01-01T00:00:00Z")]
    assert refresh.sieve.seen < 10
