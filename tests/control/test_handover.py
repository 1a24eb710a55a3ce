"""The method `handover`: what its item says, and never more."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.api.handover import Handover
from qsc_bot.control.handover import WORDS, HandoverDriver, owner_of
from qsc_bot.errors import NotFound
from qsc_bot.models.conversation import Call, Control, Method, Move
from tests.api.wire import SAMPLES, Wire, body, envelope, sc, social_connect
from tests.control.people import AT, CLOCK, person

SHAPES = {
    path.stem.removesuffix(".200"): Control(path.name.split("_")[1])
    for path in sorted((SAMPLES / "social_connect").glob("handover_*.200.json"))
}
ADA = person("whatsapp:1")
PATH = "/1417/inbox/handover/whatsapp/1"


def driver(wire: Wire) -> HandoverDriver:
    return HandoverDriver(Handover(social_connect(wire)), clock=CLOCK)


def item_of(name: str) -> Any:
    return json.loads((SAMPLES / "social_connect" / f"{name}.200.json").read_bytes())["response"]


def test_samples_hold_every_kind_of_shape() -> None:
    assert {control: list(SHAPES.values()).count(control) > 3 for control in SHAPES.values()} == {
        Control.AGENT: True,
        Control.BOT: True,
        Control.UNKNOWN: True,
    }


@pytest.mark.parametrize(("name", "control"), SHAPES.items(), ids=SHAPES)
def test_item_is_read_for_what_it_says(name: str, control: Control) -> None:
    assert owner_of(item_of(name))[0] is control


@pytest.mark.parametrize(("name", "control"), SHAPES.items(), ids=SHAPES)
def test_reading_of_each_shape(name: str, control: Control) -> None:
    reading = driver(Wire().on(f"GET {PATH}", sc(f"{name}.200"))).read(ADA)
    assert (reading.id, reading.control, reading.method, reading.observed_at) == (ADA, control, Method.HANDOVER, AT)
    assert (reading.note is None) is (control is not Control.UNKNOWN)
    assert (reading.holder is None) is (control is Control.UNKNOWN)


def test_holder_is_the_apis_own_word() -> None:
    assert owner_of({"owner": {"id": 5, "name": "Qualtrics Social Connect"}}) == (
        Control.AGENT,
        "Qualtrics Social Connect",
    )


def test_unreadable_item_names_its_keys() -> None:
    reading = driver(Wire().on(f"GET {PATH}", envelope({"zeta": 1, "alpha": 2}))).read(ADA)
    assert reading.note == "the handover item cannot be read (it holds: alpha, zeta)"


@pytest.mark.parametrize(
    ("item", "words_told"), [({}, "nothing"), ([], "list"), (None, "NoneType"), ("bot", "str")], ids=str
)
def test_item_without_keys_says_what_it_is(item: object, words_told: str) -> None:
    reading = driver(Wire().on(f"GET {PATH}", envelope(item))).read(ADA)
    assert reading.note == f"the handover item cannot be read (it holds: {words_told})"


def test_item_with_many_keys_has_a_short_note() -> None:
    reading = driver(Wire().on(f"GET {PATH}", envelope({f"key{number}": 1 for number in range(999)}))).read(ADA)
    assert len(reading.note or "") < 200


@pytest.mark.parametrize(("word", "control"), WORDS.items())
def test_words_are_read_without_case_and_punctuation(word: str, control: Control) -> None:
    spelled = "-".join(word.upper())
    assert owner_of({"OWNER": spelled}) == (control, spelled)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SAYING = st.dictionaries(st.sampled_from(["owner", "state", "status", "app"]) | st.text(), JSON, max_size=4)
BOT_WORDS = {word for word, control in WORDS.items() if control is Control.BOT}


@given(item=JSON | SAYING)
def test_nothing_is_the_bots_unless_it_says_so(item: Any) -> None:
    control, holder = owner_of(item)
    if control is Control.BOT:
        assert "".join(filter(str.isalnum, (holder or "").casefold())) in BOT_WORDS
    assert (holder is None) is (control is Control.UNKNOWN)


@given(
    bot=st.sampled_from(sorted(BOT_WORDS)),
    agent=st.sampled_from(sorted(set(WORDS) - BOT_WORDS)),
    keys=st.permutations(["owner", "state", "status"]),
)
def test_contradiction_is_unknown_in_any_order(bot: str, agent: str, keys: list[str]) -> None:
    assert owner_of({keys[0]: bot, keys[1]: agent}) == (Control.UNKNOWN, None)


@pytest.mark.parametrize(
    ("to", "method"), [(Control.AGENT, "POST"), (Control.BOT, "DELETE")], ids=["to agents", "to bot"]
)
def test_move_is_one_write_without_body(to: Control, method: str) -> None:
    wire = Wire()
    assert driver(wire).plan(ADA, to, reading=None, note="x") == Move(calls=(Call(method=method, path=PATH),))
    assert not wire.requests


def test_answer_of_a_write_proves_nothing() -> None:
    wire = Wire().on(f"DELETE {PATH}", envelope({"owner": "bot"}))
    driver(wire).send(ADA, Call(method="DELETE", path=PATH), before=None)
    assert wire.calls == [f"DELETE {PATH}"]


def test_handover_does_not_lapse() -> None:
    assert driver(Wire()).plan_extension(ADA, 60) == Move(calls=())


def test_answer_without_an_item_is_unknown() -> None:
    reading = driver(Wire().on(f"GET {PATH}", body({"meta": {"code": 200}}))).read(ADA)
    assert reading.control is Control.UNKNOWN


def test_word_beside_one_that_is_not_known_is_not_believed() -> None:
    assert owner_of({"owner": "bot", "state": "paused"}) == (Control.UNKNOWN, None)


def test_single_reading_raises_what_it_meets() -> None:
    with pytest.raises(NotFound):
        driver(Wire().on(f"GET {PATH}", sc("error_not_found.404"))).read(ADA)
