"""What is proposed for each stuck conversation, row by row of the table."""

from itertools import combinations
from typing import Any, Final

import pytest

from qsc_bot.models.conversation import Control, Conversation, Method
from qsc_bot.operations.cures import CURES, Case, cure
from qsc_bot.operations.stuck import CODES

EXPLAIN: Final = "qsc-bot conversation explain web:1"


def case(
    *codes: str, may_take: bool = True, includes_open: bool = False, unread: str | None = None, **known: Any
) -> Case:
    row = Conversation(
        id="web:1",
        service="web",
        service_id="1",
        control=Control.AGENT,
        method=Method.HANDOVER,
        stuck=list(codes),
        **known,
    )
    return Case(row=row, may_take=may_take, includes_open=includes_open, unread=unread)


OPEN: Final[dict[str, Any]] = {"assigned_to": ["Ana Agent"], "status": "new"}
TABLE: Final = {
    "bot silent": (case("bot_silent"), "handover.to_agent", None),
    "agents silent": (case("agent_silent"), None, f"agents are to answer; {EXPLAIN}"),
    "forgotten": (case("agent_forgotten"), "handover.to_bot", None),
    "forgotten, assigned": (case("agent_forgotten", **OPEN), None, "assigned and not done; add --include-open"),
    "forgotten, assigned, status not known": (
        case("agent_forgotten", assigned_to=["Ana Agent"]),
        None,
        "assigned and not done; add --include-open",
    ),
    "forgotten, assigned and done": (
        case("agent_forgotten", assigned_to=["Ana Agent"], status="done"),
        "handover.to_bot",
        None,
    ),
    "forgotten, assigned, wanted all the same": (
        case("agent_forgotten", includes_open=True, **OPEN),
        "handover.to_bot",
        None,
    ),
    "forgotten, case not read": (
        case("agent_forgotten", unread="no answer"),
        None,
        "whether its case is open could not be read: no answer",
    ),
    "forgotten, case not read, wanted all the same": (
        case("agent_forgotten", includes_open=True, unread="no answer"),
        "handover.to_bot",
        None,
    ),
    "split brain": (case("split_brain"), "escalation.remove", None),
    "another app": (case("other_holder"), "handover.to_bot", None),
    "another app, not to be taken": (
        case("other_holder", may_take=False),
        None,
        "Meta lets nobody take it; qsc-bot handover to-bot web:1 asks for it",
    ),
    "nobody": (case("nobody"), "handover.to_bot", None),
    "lapsing": (
        case("lapsing"),
        "handover.renew",
        "two writes: it is taken and passed back, so that control ends later",
    ),
    "lapsing, not to be taken": (
        case("lapsing", may_take=False),
        None,
        f"control ends soon, and cannot be renewed; {EXPLAIN}",
    ),
    "unreadable": (case("unreadable", note="HTTP 500"), None, "HTTP 500"),
    "unreadable, no reason told": (case("unreadable"), None, "who holds it cannot be read"),
    "bot silent while the tag is on": (case("bot_silent", "split_brain"), "handover.to_agent", None),
    "agents silent while control ends": (
        case("agent_silent", "lapsing"),
        "handover.renew",
        "two writes: it is taken and passed back, so that control ends later",
    ),
}


@pytest.mark.parametrize(("stuck", "action", "note"), TABLE.values(), ids=TABLE)
def test_cure_is_that_of_the_table(stuck: Case, action: str | None, note: str | None) -> None:
    found = cure(stuck)
    assert (found.action, found.note) == (action, note)


def test_every_code_has_a_cure() -> None:
    assert set(CURES) == set(CODES)


@pytest.mark.parametrize("codes", list(combinations(CODES, 2)), ids="+".join)
def test_what_is_proposed_for_two_codes_is_proposed_for_one_of_them_whatever_their_order(
    codes: tuple[str, str],
) -> None:
    assert cure(case(*codes)) == cure(case(*reversed(codes)))
    assert cure(case(*codes)) in [cure(case(code)) for code in codes]


@pytest.mark.parametrize("code", [code for code in CODES if code != "unreadable"])
def test_nothing_is_done_to_what_cannot_be_read(code: str) -> None:
    assert cure(case(code, "unreadable")).action is None
