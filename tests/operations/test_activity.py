"""Which conversations a write on many leaves alone because somebody is in them."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.models.conversation import Control, Conversation, Method
from qsc_bot.operations.activity import RECENT, UNCLEAR, WAITS, WROTE, activity
from tests.control.people import AT

LIMIT = RECENT.total_seconds()


def row(control: Control, writer: str | None, age_s: float | None, waiting_s: int | None = 0) -> Conversation:
    """A conversation whose newest message is so old and by this one."""
    at = None if age_s is None else AT - timedelta(seconds=age_s)
    known: dict[str, Any] = {"last_message_from": writer, "last_message_at": at, "waiting_s": waiting_s}
    return Conversation(id="twitter:1", service="twitter", service_id="1", control=control, method=Method.TAG, **known)


@pytest.mark.parametrize("control", Control)
@pytest.mark.parametrize(("age_s", "is_active"), [(0, True), (LIMIT, True), (LIMIT + 1, False), (None, True)])
def test_agent_who_wrote_lately_is_in_it(control: Control, age_s: float | None, is_active: bool) -> None:
    assert activity(row(control, "agent", age_s), AT) == (WROTE if is_active else None)


@pytest.mark.parametrize(
    ("control", "is_active"),
    [
        (Control.AGENT, True),
        (Control.UNKNOWN, True),
        (Control.BOT, False),
        (Control.IDLE, False),
        (Control.OTHER, False),
    ],
)
def test_own_side_counts_as_an_agent_unless_another_holds_it(control: Control, is_active: bool) -> None:
    assert activity(row(control, "us", 60), AT) == (WROTE if is_active else None)
    assert activity(row(control, "us", LIMIT + 1), AT) is None


@pytest.mark.parametrize("writer", ["customer", "bot", None])
@pytest.mark.parametrize("control", Control)
def test_others_who_wrote_lately_are_no_agent(control: Control, writer: str | None) -> None:
    assert activity(row(control, writer, 60), AT) is None


@pytest.mark.parametrize("control", Control)
def test_customer_who_waits_is_left_to_agents_that_hold_it(control: Control) -> None:
    held = control is Control.AGENT
    assert activity(row(control, "customer", 90_000, 90_000), AT) == (WAITS if held else None)
    assert activity(row(control, "customer", 90_000, None), AT) == (UNCLEAR if held else None)
    assert activity(row(control, "customer", 90_000, 0), AT) is None


@given(
    control=st.sampled_from(Control),
    writer=st.sampled_from(["customer", "bot", "agent", "us", None]),
    age_s=st.none() | st.integers(0, 7200),
    waiting_s=st.none() | st.integers(0, 7200),
)
def test_time_alone_ends_what_agents_wrote(
    control: Control, writer: str | None, age_s: int | None, waiting_s: int | None
) -> None:
    known = row(control, writer, age_s, waiting_s)
    later = activity(known, AT + RECENT + timedelta(seconds=1))
    assert later in (None, WAITS, UNCLEAR) or age_s is None
    assert activity(known, AT) is not None or later is None
