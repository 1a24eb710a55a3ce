"""The method `messenger`: what Meta shows, and which writes it takes."""

from datetime import UTC, datetime

import msgspec
import pytest

from qsc_bot.api.threads import Threads
from qsc_bot.control.messenger import MessengerDriver, NoMessenger
from qsc_bot.errors import NotFound, QscBotError
from qsc_bot.models.conversation import Call, Control, Method, Reading
from qsc_bot.models.profile import Messenger
from tests.api.machine import MESSENGER
from tests.api.wire import Answer, Wire, body, graph, graph_sample
from tests.control.people import AT, CLOCK, person

ADA = person("facebook:5550001")
PAGE = "/v25.0/1029384756"
OWNER = f"GET {PAGE}/thread_owner"
MODE = "GET /v25.0/me"
UNTIL = datetime.fromtimestamp(1795080000, UTC)


def driver(wire: Wire, setup: Messenger = MESSENGER) -> MessengerDriver:
    return MessengerDriver(Threads(graph(wire), page_id="1029384756"), setup, clock=CLOCK)


def reading(control: Control, *, is_hidden: bool = False) -> Reading:
    return Reading(id=ADA, control=control, method=Method.MESSENGER, observed_at=AT, is_hidden=is_hidden)


OWNERS: dict[str, tuple[Answer, Control, str | None, datetime | None, bool]] = {
    "agents": (graph_sample("owner_shown.200"), Control.AGENT, "222", UNTIL, False),
    "bot, old shape": (graph_sample("owner_old_shape.200"), Control.BOT, "111", None, False),
    "page inbox": (graph_sample("owner_text_id.200"), Control.OTHER, "263902037430900", UNTIL, False),
    "hidden": (graph_sample("owner_hidden.200"), Control.UNKNOWN, None, UNTIL, True),
    "hidden, nothing told": (body({"data": [{"thread_owner": {}}]}), Control.UNKNOWN, None, None, True),
    "hidden, by the error": (graph_sample("hidden_100_2018234.400"), Control.UNKNOWN, None, None, True),
    "empty": (graph_sample("owner_empty.200"), Control.IDLE, None, None, False),
}


@pytest.mark.parametrize(("answer", "control", "holder", "until", "is_hidden"), OWNERS.values(), ids=OWNERS)
def test_owner_is_read_as_it_is_shown(
    answer: Answer, control: Control, holder: str | None, until: datetime | None, is_hidden: bool
) -> None:
    found = driver(Wire().on(OWNER, answer)).read(ADA)
    assert (found.control, found.holder, found.control_until, found.is_hidden) == (control, holder, until, is_hidden)
    assert (found.note is None) is (control is not Control.UNKNOWN)


def test_hidden_holder_is_told_with_its_end() -> None:
    found = driver(Wire().on(OWNER, graph_sample("owner_hidden.200"))).read(ADA)
    assert found.note == "held by an app we cannot see, until 2026-11-19T09:20:00Z"


@pytest.mark.parametrize(
    ("default_app", "control"), [("bot", Control.IDLE), ("other", Control.UNKNOWN), ("unknown", Control.UNKNOWN)]
)
def test_empty_means_idle_only_to_the_default_app(default_app: str, control: Control) -> None:
    setup = msgspec.structs.replace(MESSENGER, default_app=default_app)
    assert driver(Wire().on(OWNER, graph_sample("owner_empty.200")), setup).read(ADA).control is control


def test_unknown_person_raises() -> None:
    with pytest.raises(NotFound):
        driver(Wire().on(OWNER, graph_sample("no_person_100_2018001.400"))).read(ADA)


ROUTED, ZERO = "mode_routed.200", "mode_zero_config.200"
HIDDEN = reading(Control.UNKNOWN, is_hidden=True)
EMPTY = reading(Control.UNKNOWN)
PLANS: dict[str, tuple[str, Reading | None, Control, list[str], bool]] = {
    "routed, agents' to the bot": (ROUTED, reading(Control.AGENT), Control.BOT, ["take"], False),
    "routed, another's to the bot": (ROUTED, reading(Control.OTHER), Control.BOT, ["take"], False),
    "routed, idle to the bot": (ROUTED, reading(Control.IDLE), Control.BOT, ["take"], False),
    "routed, hidden to the bot": (ROUTED, HIDDEN, Control.BOT, ["take"], False),
    "routed, empty to the bot": (ROUTED, EMPTY, Control.BOT, ["take"], False),
    "routed, the bot's to the agents": (ROUTED, reading(Control.BOT), Control.AGENT, ["pass"], False),
    "routed, idle to the agents": (ROUTED, reading(Control.IDLE), Control.AGENT, ["pass"], False),
    "routed, another's to the agents": (ROUTED, reading(Control.OTHER), Control.AGENT, ["take", "pass"], False),
    "routed, hidden to the agents": (ROUTED, HIDDEN, Control.AGENT, ["take", "pass"], False),
    "routed, empty to the agents": (ROUTED, EMPTY, Control.AGENT, ["pass"], False),
    "zero-config, agents' to the bot": (ZERO, reading(Control.AGENT), Control.BOT, ["request"], True),
    "zero-config, another's to the bot": (ZERO, reading(Control.OTHER), Control.BOT, ["request"], True),
    "zero-config, idle to the bot": (ZERO, reading(Control.IDLE), Control.BOT, ["request"], True),
    "zero-config, hidden to the bot": (ZERO, HIDDEN, Control.BOT, ["request"], True),
    "zero-config, the bot's to the agents": (ZERO, reading(Control.BOT), Control.AGENT, ["pass"], False),
    "zero-config, idle to the agents": (ZERO, reading(Control.IDLE), Control.AGENT, ["pass"], False),
    "zero-config, another's to the agents": (ZERO, reading(Control.OTHER), Control.AGENT, ["pass"], False),
    "zero-config, hidden to the agents": (ZERO, HIDDEN, Control.AGENT, ["pass"], False),
    "not read, to the bot": (ROUTED, None, Control.BOT, ["take"], False),
    "not read, to the agents": (ROUTED, None, Control.AGENT, ["pass"], False),
}


@pytest.mark.parametrize(("mode", "before", "to", "edges", "asks"), PLANS.values(), ids=PLANS)
def test_plan_follows_mode_and_reading(
    mode: str, before: Reading | None, to: Control, edges: list[str], asks: bool
) -> None:
    plan = driver(Wire().on(MODE, graph_sample(mode))).plan(ADA, to, reading=before, note="qsc-bot op_1")
    assert [call.path for call in plan.calls] == [f"/1029384756/{edge}_thread_control" for edge in edges]
    assert plan.asks is asks
    assert all((call.body or {})["metadata"] == "qsc-bot op_1" for call in plan.calls)


@pytest.mark.parametrize("to", [Control.BOT, Control.AGENT])
def test_plan_without_a_reading_asks_nothing(to: Control) -> None:
    wire = Wire()
    driver(wire).plan(ADA, to, reading=None, note="x")
    assert not wire.requests


def test_mode_is_asked_once_for_each_platform() -> None:
    wire = Wire().on(MODE, graph_sample(ROUTED))
    one = driver(wire)
    for name, edge in (("facebook:1", "take"), ("facebook:2", "take"), ("instagram:3", "request")):
        plan = one.plan(person(name), Control.BOT, reading=reading(Control.OTHER), note="x")
        assert plan.calls[0].path.endswith(f"/{edge}_thread_control")
    assert wire.calls == [MODE, MODE]


def test_pass_names_social_connects_app() -> None:
    (call,) = driver(Wire()).plan(ADA, Control.AGENT, reading=reading(Control.BOT), note="x").calls
    assert (call.body or {})["target_app_id"] == 222


def test_extension_is_one_write_in_seconds() -> None:
    (call,) = driver(Wire()).plan_extension(ADA, 86400).calls
    assert call.path == "/1029384756/extend_thread_control"
    assert call.body == {"recipient": {"id": "5550001"}, "duration": 86400}


def test_page_without_messenger_reads_nothing_and_refuses_writes() -> None:
    none = NoMessenger(profile="prod", now=lambda: AT)
    found = none.read(person("facebook:5550001"))
    assert (found.control, found.note) == (Control.UNKNOWN, "profile prod has no messenger section")
    refused = pytest.raises(QscBotError, match="facebook:5550001 moves by Messenger, and profile prod has no messenger")
    with refused:
        none.plan(ADA, Control.BOT, reading=None, note="x")
    with refused:
        none.plan_extension(ADA, 60)
    with refused:
        none.send(ADA, Call(method="POST", path="/x"), before=None)
