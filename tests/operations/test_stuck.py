"""When a conversation counts as stuck: each rule on its own side of its threshold, whatever the other values are."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.models.conversation import Control, Conversation, Method
from qsc_bot.models.profile import Stuck
from qsc_bot.operations.stuck import CODES, stuck_codes

NOW: Final = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)
LIMITS: Final = Stuck()
MINUTE, HOUR = 60, 3600


def row(control: Control = Control.BOT, method: Method = Method.HANDOVER, **known: Any) -> Conversation:
    return Conversation(id="web:1", service="web", service_id="1", control=control, method=method, **known)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def codes(conversation: Conversation, **more: Any) -> list[str]:
    return stuck_codes(conversation, now=NOW, limits=LIMITS, **more)


BOT, AGENT, OTHER, IDLE, UNKNOWN = Control.BOT, Control.AGENT, Control.OTHER, Control.IDLE, Control.UNKNOWN
CASES: Final = {
    "bot, at the limit": (row(BOT, waiting_s=10 * MINUTE), []),
    "bot, over it": (row(BOT, waiting_s=10 * MINUTE + 1), ["bot_silent"]),
    "bot, waiting not known": (row(BOT, waiting_s=None), []),
    "agents, at the limit": (row(AGENT, waiting_s=30 * MINUTE), []),
    "agents, over it": (row(AGENT, waiting_s=30 * MINUTE + 1), ["agent_silent"]),
    "agents, waiting not known": (row(AGENT, waiting_s=None, last_message_at=ago(90 * HOUR)), []),
    "forgotten, at the limit": (row(AGENT, waiting_s=0, last_message_at=ago(12 * HOUR)), []),
    "forgotten, over it": (row(AGENT, waiting_s=0, last_message_at=ago(12 * HOUR + 1)), ["agent_forgotten"]),
    "forgotten by the bot is no code": (row(BOT, waiting_s=0, last_message_at=ago(90 * HOUR)), []),
    "forgotten, no message known": (row(AGENT, waiting_s=0), []),
    "someone waits: not forgotten": (row(AGENT, waiting_s=1, last_message_at=ago(90 * HOUR)), []),
    "other": (row(OTHER, Method.MESSENGER), ["other_holder"]),
    "nobody, at the limit": (row(IDLE, Method.MESSENGER, waiting_s=10 * MINUTE), []),
    "nobody, over it": (row(IDLE, Method.MESSENGER, waiting_s=10 * MINUTE + 1), ["nobody"]),
    "nobody, waiting not known": (row(IDLE, Method.MESSENGER), []),
    "lapsing, just within": (
        row(AGENT, Method.MESSENGER, waiting_s=1, control_until=NOW + timedelta(hours=2)),
        ["lapsing"],
    ),
    "lapsing, not yet": (row(AGENT, Method.MESSENGER, waiting_s=1, control_until=NOW + timedelta(hours=2.1)), []),
    "lapsing, end past": (row(AGENT, Method.MESSENGER, waiting_s=1, control_until=ago(1)), ["lapsing"]),
    "lapsing, nobody waits": (row(AGENT, Method.MESSENGER, waiting_s=0, control_until=NOW), []),
    "lapsing, waiting not known": (row(AGENT, Method.MESSENGER, control_until=NOW), []),
    "lapsing, end not known": (row(AGENT, Method.MESSENGER, waiting_s=1), []),
    "lapsing is Messenger's": (row(AGENT, Method.HANDOVER, waiting_s=1, control_until=NOW), []),
    "unreadable and nothing else": (
        row(UNKNOWN, waiting_s=90 * HOUR, escalated=True, last_message_at=ago(90 * HOUR), control_until=NOW),
        ["unreadable"],
    ),
    "two at once": (
        row(AGENT, Method.MESSENGER, waiting_s=31 * MINUTE, control_until=NOW),
        ["agent_silent", "lapsing"],
    ),
}


@pytest.mark.parametrize(("conversation", "wanted"), CASES.values(), ids=CASES)
def test_codes_are_exactly_these(conversation: Conversation, wanted: list[str]) -> None:
    assert codes(conversation) == wanted


SPLIT: Final = row(BOT, escalated=True)
OTHERS: Final = {
    "not known": (SPLIT, None, []),
    "none": (SPLIT, [], ["split_brain"]),
    "held by the bot": (SPLIT, [row(BOT)], ["split_brain"]),
    "idle": (SPLIT, [row(IDLE, Method.MESSENGER)], ["split_brain"]),
    "by the tag": (SPLIT, [row(BOT), row(BOT, Method.TAG)], []),
    "held by agents": (SPLIT, [row(AGENT)], []),
    "another cannot be read": (SPLIT, [row(UNKNOWN)], []),
    "the tag is the method": (row(BOT, Method.TAG, escalated=True), [], []),
    "agents hold it": (row(AGENT, escalated=True), [], []),
    "tag is off": (row(BOT, escalated=False), [], []),
    "tag not known": (row(BOT, escalated=None), [], []),
}


@pytest.mark.parametrize(("conversation", "also", "wanted"), OTHERS.values(), ids=OTHERS)
def test_split_brain_is_claimed_only_when_the_contacts_other_conversations_allow_it(
    conversation: Conversation, also: list[Conversation] | None, wanted: list[str]
) -> None:
    assert codes(conversation, also=also) == wanted


def test_limits_are_the_callers() -> None:
    limits = msgspec.structs.replace(LIMITS, bot_silent="0s")
    assert stuck_codes(row(BOT, waiting_s=1), now=NOW, limits=limits) == ["bot_silent"]
    assert stuck_codes(row(BOT, waiting_s=0), now=NOW, limits=limits) == []


def test_longest_duration_that_can_be_written_is_a_limit_too() -> None:
    limits = Stuck(lapse_warning="999999999w", agent_silent="999999999w")
    one = row(AGENT, Method.MESSENGER, waiting_s=1, control_until=NOW)
    assert stuck_codes(one, now=NOW, limits=limits) == ["lapsing"]


SECONDS = st.integers(0, 30 * 86400)
DURATIONS = SECONDS.map("{}s".format)
ROWS = st.builds(
    row,
    st.sampled_from(Control),
    st.sampled_from(Method),
    waiting_s=st.none() | SECONDS,
    escalated=st.sampled_from([True, False, None]),
    last_message_at=st.none() | SECONDS.map(ago),
    control_until=st.none() | SECONDS.map(lambda seconds: NOW + timedelta(seconds=seconds - 86400)),
    status=st.sampled_from(["new", "done", None]),
    stale=st.booleans(),
)
LIMIT_SETS = st.builds(
    Stuck, bot_silent=DURATIONS, agent_silent=DURATIONS, agent_forgotten=DURATIONS, lapse_warning=DURATIONS
)


def expected(one: Conversation, limits: Stuck, also: list[Conversation] | None) -> dict[str, bool]:
    """The table of the product, read line by line."""
    bot, agents, forgotten, lapse = (
        int(text[:-1])
        for text in (limits.bot_silent, limits.agent_silent, limits.agent_forgotten, limits.lapse_warning)
    )
    waits = -1 if one.waiting_s is None else one.waiting_s
    quiet = (NOW - one.last_message_at).total_seconds() if one.last_message_at else -1
    left = (one.control_until - NOW).total_seconds() if one.control_until else None
    frees = also is not None and all(
        other.control in (BOT, OTHER, IDLE) and other.method is not Method.TAG for other in also
    )
    return {
        "bot_silent": one.control is BOT and waits > bot,
        "agent_silent": one.control is AGENT and waits > agents,
        "agent_forgotten": one.control is AGENT and waits == 0 and quiet > forgotten,
        "split_brain": one.control is BOT and one.method is not Method.TAG and one.escalated is True and frees,
        "other_holder": one.control is OTHER,
        "nobody": one.control is IDLE and waits > bot,
        "lapsing": one.control is AGENT
        and one.method is Method.MESSENGER
        and waits > 0
        and left is not None
        and left <= lapse,
        "unreadable": one.control is UNKNOWN,
    }


@given(one=ROWS, limits=LIMIT_SETS, also=st.none() | st.lists(ROWS, max_size=3))
def test_each_rule_fires_exactly_on_its_side_in_the_order_of_the_table(
    one: Conversation, limits: Stuck, also: list[Conversation] | None
) -> None:
    wanted = [code for code, fires in expected(one, limits, also).items() if fires]
    assert stuck_codes(one, now=NOW, limits=limits, also=also) == wanted
    assert set(wanted) <= set(CODES)


@given(
    one=ROWS,
    seconds=SECONDS,
    over=st.sampled_from([-1, 0, 1]),
    rule=st.sampled_from(["bot_silent", "agent_silent", "agent_forgotten", "nobody"]),
)
def test_a_limit_itself_is_not_over_the_limit(one: Conversation, seconds: int, over: int, rule: str) -> None:
    key = {"nobody": "bot_silent"}.get(rule, rule)
    limits = Stuck(**{key: f"{seconds}s"})
    control = {"bot_silent": BOT, "nobody": IDLE}.get(rule, AGENT)
    is_forgotten = rule == "agent_forgotten"
    one = msgspec.structs.replace(
        one,
        control=control,
        waiting_s=0 if is_forgotten else seconds + over,
        last_message_at=ago(seconds + over) if is_forgotten else one.last_message_at,
    )
    assert (rule in stuck_codes(one, now=NOW, limits=limits)) is (over == 1)
