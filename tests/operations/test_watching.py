"""What counts as a change, and how often there may be a look."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Control, Conversation, Method
from qsc_bot.models.profile import Stuck
from qsc_bot.operations.query import Query
from qsc_bot.operations.slo import Slo, breach, check_seen, limits_with
from qsc_bot.operations.watching import changes, interval_floor

NOW = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)
ROW = Conversation(id="twitter:1", service="twitter", service_id="1", method=Method.TAG, control=Control.BOT, stuck=[])


def found(before: list[Conversation], now: list[Conversation]) -> list[tuple[str, str]]:
    """The changes by id."""
    rows = ({row.id: row for row in rows} for rows in (before, now))
    return [(event.change, event.id) for event in changes(*rows, checked_at=NOW)]


@pytest.mark.parametrize(
    "other",
    [
        {"control": Control.AGENT},
        {"holder": "222"},
        {"escalated": True},
        {"stuck": ["bot_silent"]},
        {"last_message_at": NOW},
        {"last_message_from": "customer"},
        {"status": "done"},
        {"assigned_to": ["Ana"]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_row_that_differs_in_what_counts_is_modified(other: dict[str, Any]) -> None:
    assert found([ROW], [replace(ROW, **other)]) == [("modified", "twitter:1")]


@pytest.mark.parametrize(
    "other",
    [
        {"waiting_s": 30},
        {"observed_at": NOW},
        {"stale": True},
        {"note": "a note"},
        {"control_until": NOW},
        {"name": "A"},
        {},
    ],
    ids=lambda other: next(iter(other), "nothing"),
)
def test_row_that_differs_in_nothing_else_is_not(other: dict[str, Any]) -> None:
    assert found([ROW], [replace(ROW, **other)]) == []


def test_new_rows_are_added_and_those_that_left_are_removed() -> None:
    other = replace(ROW, id="twitter:2")
    assert found([], [ROW, other]) == [("added", "twitter:1"), ("added", "twitter:2")]
    assert found([ROW], [other]) == [("added", "twitter:2"), ("removed", "twitter:1")]


@pytest.mark.parametrize(
    ("cost", "left", "reserve", "reset", "floor"),
    [
        pytest.param(3, 350, 50, 3600, 36.0, id="spread"),
        pytest.param(3, 53, 50, 3600, 3600.0, id="one look is left"),
        pytest.param(3, 52, 50, 3600, 3600.0, id="less than a look is left"),
        pytest.param(3, 10, 50, 1200, 1200.0, id="the reserve is touched"),
        pytest.param(3, None, 50, 3600, 0.0, id="limit not known"),
        pytest.param(3, 350, 50, None, 0.0, id="reset not known"),
        pytest.param(3, 0, 50, -5, 0.0, id="reset is past"),
        pytest.param(0, 10, 50, 3600, 0.0, id="costs nothing"),
    ],
)
def test_interval_floor(cost: float, left: int | None, reserve: int, reset: float | None, floor: float) -> None:
    assert interval_floor(cost, left, reserve, reset) == floor


@given(st.integers(1, 200), st.integers(0, 5000), st.integers(0, 100), st.floats(1, 3600))
def test_calls_that_are_left_last_until_the_reset(cost: int, left: int, reserve: int, reset: float) -> None:
    floor = interval_floor(cost, left, reserve, reset)
    looks_before_reset = int(reset / floor * (1 - 1e-9))
    assert looks_before_reset * cost <= max(left - reserve, 0)


def test_slo_is_read_and_its_limit_counts() -> None:
    slo = Slo.parse(" bot_silent < 5m ")
    assert str(slo) == "bot_silent<5m"
    assert limits_with(Stuck(), [slo], given=()) == Stuck(bot_silent="5m")


@pytest.mark.parametrize(
    "text", ["", "bot_silent", "bot_silent<", "bot_silent>5m", "lapsing<5m", "bot_silent<soon", "<5m"]
)
def test_other_slos_are_refused_naming_the_codes(text: str) -> None:
    with pytest.raises(QscBotError) as caught:
        Slo.parse(text)
    assert caught.value.code == "usage.invalid"
    assert "bot_silent, agent_silent, agent_forgotten" in str(caught.value.expected)


def test_two_limits_for_one_code_contradict_each_other() -> None:
    twice = [Slo.parse("bot_silent<5m"), Slo.parse("bot_silent<6m")]
    with pytest.raises(QscBotError):
        limits_with(Stuck(), twice, given=())
    with pytest.raises(QscBotError):
        limits_with(Stuck(bot_silent="6m"), twice[:1], given=["bot_silent"])
    assert limits_with(Stuck(bot_silent="5m"), twice[:1], given=["bot_silent"]).bot_silent == "5m"


@pytest.mark.parametrize(
    "query", [Query(codes=frozenset({"nobody"})), Query(controls=frozenset({Control.AGENT}))], ids=["code", "control"]
)
def test_slo_that_the_filter_hides_is_refused(query: Query) -> None:
    with pytest.raises(QscBotError):
        check_seen([Slo.parse("bot_silent<5m")], query, must_be=False)
    check_seen([Slo.parse("bot_silent<5m")], Query(since=timedelta(days=1), is_stuck=True), must_be=True)


def test_breach_names_who_and_which_limit_and_not_without_end() -> None:
    slos = [Slo.parse("bot_silent<5m"), Slo.parse("agent_silent<5m")]
    rows = [replace(ROW, id=f"twitter:{number}", stuck=["bot_silent"]) for number in range(25)]
    assert breach(slos, [ROW], options="") is None
    error = breach(slos, rows, options=" -p prod")
    assert error is not None
    assert error.message.startswith("bot_silent<5m is breached by twitter:0, ")
    assert error.message.endswith("twitter:19 and 5 more")
    assert error.hint == ("qsc-bot conversation explain twitter:0 -p prod",)
