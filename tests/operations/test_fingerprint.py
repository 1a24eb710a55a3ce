"""The laws of the fingerprint: the same state has the same one, and whatever moves gives another and is named."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from qsc_bot.models.conversation import Control, Conversation, Method
from qsc_bot.operations.fingerprint import PATTERN, differences, fingerprint

AT: Final = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)
NOT_COVERED: Final = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(),
        "tags": st.lists(st.text()),
        "status": st.sampled_from(["new", "done"]),
        "control_until": st.just(AT),
        "observed_at": st.just(AT),
        "note": st.text(),
        "stuck": st.lists(st.text()),
        "contact_id": st.text(),
    },
)
VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "control": st.sampled_from(Control),
    "holder": st.none() | st.text(),
    "escalated": st.sampled_from([True, False, None]),
    "mention": st.none() | st.from_regex(r"\A\d{1,9}_\d{1,9}\Z"),
    "last_message_at": st.none() | st.integers(0, 10**7).map(lambda seconds: AT - timedelta(seconds=seconds)),
}
WORDS: Final = {
    "control": "it is held by",
    "holder": "it is held by",
    "escalated": "escalation tag",
    "mention": "its newest message is another one now",
    "last_message_at": "its newest message is another one now",
}
STATES = st.builds(
    Conversation,
    id=st.just("web:1"),
    service=st.just("web"),
    service_id=st.just("1"),
    method=st.sampled_from(Method),
    waiting_s=st.none() | st.integers(0, 10**6),
    **VALUES,
)


@given(STATES, NOT_COVERED, st.integers(0, 10**6))
def test_same_state_gives_the_same_whatever_else_is_known(
    state: Conversation, more: dict[str, Any], waiting: int
) -> None:
    other = replace(state, **more, waiting_s=None if state.waiting_s is None else waiting)
    assert fingerprint(other) == fingerprint(state)
    assert differences(fingerprint(state), other) == []
    assert re.match(PATTERN, fingerprint(state))


@given(STATES, st.sampled_from(sorted(VALUES)), st.data())
def test_any_part_that_moves_gives_another_and_is_told(state: Conversation, field: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[field])
    assume(value != getattr(state, field))
    moved = replace(state, **{field: value})
    assert fingerprint(moved) != fingerprint(state)
    (told,) = differences(fingerprint(state), moved)
    assert WORDS[field] in told


@given(STATES)
def test_message_of_ours_that_says_not_whom_it_answers_moves_the_newest_message(state: Conversation) -> None:
    assume(state.waiting_s is not None)
    assert differences(fingerprint(state), replace(state, waiting_s=None)) == ["its newest message is another one now"]


def test_fingerprint_stays_the_same_from_version_to_version() -> None:
    state = Conversation(
        id="whatsapp:1",
        service="whatsapp",
        service_id="1",
        method=Method.HANDOVER,
        control=Control.BOT,
        holder="application",
        escalated=False,
        mention="2001_7",
        last_message_at=AT,
        waiting_s=60,
    )
    assert fingerprint(state) == "b6b06eb4-07bfaea5-fcbcf165-2787fac8"
