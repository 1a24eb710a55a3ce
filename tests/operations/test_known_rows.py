"""What of the known must be asked again, and what is shown as old."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from qsc_bot.control.driver import Drivers
from qsc_bot.models.conversation import Control
from qsc_bot.models.known import Coverage, Known
from qsc_bot.operations.known_rows import NOT_READ, UNCLEAR, View, is_swept
from tests.control.people import AT

NOW = AT.timestamp()
MINUTE, HOUR = 60.0, 3600.0
WEB: dict[str, Any] = {"service": "web", "control": "agent"}
X: dict[str, Any] = {"service": "twitter"}
BY_LIST: dict[str, Any] = X | {"bears": True, "bears_at": None}


def view(
    *, listed_at: float | None = NOW - MINUTE, swept_at: float | None = None, is_proven: bool = True, **wish: Any
) -> View:
    settings: dict[str, Any] = {"max_age": timedelta(minutes=2), "control_max_age": timedelta(hours=1)}
    return View(
        now=AT,
        method_of=Drivers({}, {}).method_of,
        coverage=Coverage(contacts_at=listed_at, swept_at=swept_at),
        is_proven=lambda _service: is_proven,
        **(settings | wish),
    )


def known(facts: dict[str, Any], **more: Any) -> Known:
    return Known(**{"service_id": "1"} | facts | more)


CASES: dict[str, tuple[Known, dict[str, Any], bool, bool]] = {
    "never read": (known({"service": "web"}), {}, True, False),
    "just read": (known(WEB, observed_at=NOW), {}, False, False),
    "read within max_age": (known(WEB, observed_at=NOW - MINUTE), {}, False, False),
    "read before max_age": (known(WEB, observed_at=NOW - 3 * MINUTE), {}, False, True),
    "no age is young enough": (known(WEB, observed_at=NOW - 1), {"max_age": timedelta(0)}, False, True),
    "read in this run": (
        known(WEB, observed_at=NOW - 1),
        {"max_age": timedelta(0), "swept_at": NOW - 2, "has_swept": True},
        False,
        False,
    ),
    "read before this run": (
        known(WEB, observed_at=NOW - MINUTE),
        {"max_age": timedelta(0), "swept_at": NOW - 2, "has_swept": True},
        False,
        True,
    ),
    "read in another run": (
        known(WEB, observed_at=NOW - 3 * MINUTE),
        {"swept_at": NOW - 4 * MINUTE},
        False,
        True,
    ),
    "read at control_max_age": (known(WEB, observed_at=NOW - HOUR), {}, False, True),
    "read before control_max_age": (known(WEB, observed_at=NOW - HOUR - 1), {}, True, True),
    "older message": (known(WEB, observed_at=NOW - MINUTE, active_at=NOW - 2 * MINUTE), {}, False, False),
    "newer message": (known(WEB, observed_at=NOW - MINUTE, active_at=NOW - 30), {}, True, False),
    "message just before": (known(WEB, observed_at=NOW - MINUTE, active_at=NOW - MINUTE - 3), {}, True, False),
    "control goes on": (known(WEB, observed_at=NOW - MINUTE, control_until=NOW + 1), {}, False, False),
    "control has ended": (known(WEB, observed_at=NOW - MINUTE, control_until=NOW), {}, True, False),
    "full": (known(WEB, observed_at=NOW - MINUTE), {"full": True}, True, False),
    "full, read in this run": (known(WEB, observed_at=NOW), {"full": True}, False, False),
    "read before the clock was set back": (known(WEB, observed_at=NOW + HOUR), {}, True, False),
    "a little ahead": (known(WEB, observed_at=NOW + 2), {}, False, False),
    "tag by the list": (known(BY_LIST), {}, False, False),
    "tag by an old list": (known(BY_LIST), {"listed_at": NOW - HOUR - 1}, True, True),
    "tag by the list, newer message": (known(BY_LIST, active_at=NOW), {}, False, False),
    "tag by the list, full": (known(BY_LIST), {"full": True}, False, False),
    "tag by the list, never listed": (known(BY_LIST), {"listed_at": None}, True, False),
    "no tag by the list": (known(BY_LIST, bears=False), {}, False, False),
    "tag read itself, list proves": (known(X, bears=True, bears_at=NOW - 2 * HOUR), {}, False, False),
    "tag read itself": (known(X, bears=True, bears_at=NOW - MINUTE), {"is_proven": False}, False, False),
    "tag read itself long ago": (known(X, bears=True, bears_at=NOW - 2 * HOUR), {"is_proven": False}, True, True),
    "tag read itself, newer message": (
        known(X, bears=False, bears_at=NOW - MINUTE, active_at=NOW),
        {"is_proven": False},
        True,
        False,
    ),
    "tag not known": (known(X), {}, True, False),
    "tag in doubt": (known(X, bears=None, bears_at=0.0), {}, True, False),
    "tag in doubt, once held": (known(X, bears=None, bears_at=0.0, control="bot", observed_at=NOW), {}, True, False),
    "tag read and unclear": (known(X, bears=None, bears_at=NOW - MINUTE), {}, False, False),
    "forgotten": (known({"service": "web"}, bears=None, bears_at=0.0), {}, True, False),
}


@pytest.mark.parametrize(("one", "wish", "is_due", "is_stale"), CASES.values(), ids=CASES)
def test_known_is_asked_again_or_shown_as_old(one: Known, wish: dict[str, Any], is_due: bool, is_stale: bool) -> None:
    looked = view(**wish)
    assert (looked.is_due(one), looked.is_stale(one)) == (is_due, is_stale)
    was_seen = looked.observed_at(one) is not None
    assert looked.row(one).stale is (is_stale or (is_due and was_seen))


SHOWN: dict[str, tuple[Known, Control, str | None]] = {
    "held": (known(WEB, observed_at=NOW), Control.AGENT, None),
    "held, with a note": (known(WEB, observed_at=NOW, note="hidden"), Control.AGENT, "hidden"),
    "never read": (known({"service": "web"}), Control.UNKNOWN, NOT_READ),
    "lapsed": (
        known(WEB, observed_at=NOW - HOUR, control_until=NOW),
        Control.UNKNOWN,
        f"control lapsed at {AT:%Y-%m-%dT%H:%M:%SZ}; who holds it since was not read",
    ),
    "tagged": (known(BY_LIST), Control.AGENT, None),
    "not tagged": (known(BY_LIST, bears=False), Control.BOT, None),
    "in doubt": (known(X, bears_at=0.0), Control.UNKNOWN, NOT_READ),
    "in doubt, once the bot's": (known(X, bears_at=0.0, control="bot", observed_at=NOW), Control.UNKNOWN, NOT_READ),
    "unclear": (known(X, bears_at=NOW), Control.UNKNOWN, UNCLEAR),
    "tagged, but moving otherwise": (known(WEB, control="bot", observed_at=NOW, bears=True), Control.BOT, None),
}


@pytest.mark.parametrize(("one", "control", "note"), SHOWN.values(), ids=SHOWN)
def test_known_is_shown_without_a_guess(one: Known, control: Control, note: str | None) -> None:
    row = view().row(one)
    assert (row.control, row.note) == (control, note)


SWEPT = Coverage(
    swept_from=NOW - 25 * HOUR, swept_until=NOW - 60, swept_at=NOW - 60, tagged_at=NOW - 60, contacts_at=NOW - 60
)


@pytest.mark.parametrize(
    ("change", "swept"),
    [
        pytest.param({}, True, id="all read within max_age"),
        pytest.param({"swept_at": NOW - 120}, False, id="messages read before max_age"),
        pytest.param({"contacts_at": NOW - 120}, False, id="tags read before max_age"),
        pytest.param({"contacts_at": None}, False, id="tags never read"),
        pytest.param({"contacts_at": NOW + HOUR}, False, id="tags read before the clock was set back"),
        pytest.param({"tagged_at": NOW - 30 * MINUTE}, True, id="changed tags read since the list"),
        pytest.param({"tagged_at": 0.0}, False, id="the list of tags has gaps"),
        pytest.param({"swept_from": NOW - 23 * HOUR}, False, id="a later beginning"),
    ],
)
def test_nothing_is_asked_only_where_messages_and_tags_were_just_read(change: dict[str, float], swept: bool) -> None:
    looked = replace(view(), coverage=structs.replace(SWEPT, **change))
    assert is_swept(looked, start=AT - timedelta(hours=24)) is swept
