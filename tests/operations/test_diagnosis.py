"""The table of rules over any case: nothing breaks, every verdict says what it saw, and well is never guessed."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.errors import ApiError
from qsc_bot.models.conversation import Call, Control, Conversation, ConversationId, Method, Reading, Status
from qsc_bot.models.operation import OperationItem, Phase
from qsc_bot.models.profile import Messenger, Profile, Stuck
from qsc_bot.models.setup import Recipe
from qsc_bot.models.thread import App
from qsc_bot.models.wire import WireId
from qsc_bot.operations.case import Case, Inbox, Proof
from qsc_bot.operations.deeds import Deed
from qsc_bot.operations.diagnosis import RULES, diagnose
from qsc_bot.operations.stuck import CODES, stuck_codes
from qsc_bot.operations.timeline import timeline
from qsc_bot.operations.work import TARGETS

NOW: Final = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)
TAG: Final = "escalated to agent"
PROOFS: Final = {rule.code: rule.proof for rule in RULES}
PARTS: Final = ("control", "messages", "thread", "contact", "others", "recipes", "mode", "apps")
FAILURES: Final = ("access.scope", "config.topic", "contact.not_found", "api.unavailable", "auth.no_token")

moments = st.none() | st.integers(-90_000, 3_000_000).map(lambda seconds: NOW - timedelta(seconds=seconds))
recipes = st.builds(
    Recipe,
    name=st.sampled_from(["a", "b"]),
    webhook=st.just("bot"),
    topic_ids=st.sampled_from([["1"], ["2"], []]),
    filter=st.sampled_from(["private-messages", "filter:x y", "saved:z"]),
    exclude_tag=st.sampled_from([None, TAG, "vip"]),
    active=st.sampled_from(["always", "business-hours"]),
    enabled=st.booleans(),
    backend=st.just("guided"),
    state=st.sampled_from(["pending", "confirmed", "seen", "verified", "active", "disabled", "drifted"]),
    revision=st.just("0" * 12),
    pending=st.sampled_from([None, "create"]),
)
apps = st.builds(App, id=st.sampled_from(["111", "222", "9"]).map(WireId), subscribed_fields=st.just(["messages"]))


def deed(status: Status, action: str = "handover.to_bot", *, is_running: bool = False) -> Deed:
    """What this tool sent, yesterday."""
    call = Call(method="POST", path="/1/inbox/handover")
    item = OperationItem(id="twitter:1", action=action, status=status, phase=Phase.ANSWERED, calls=[call])
    at = NOW - timedelta(days=1)
    return Deed(operation="op_1", by="ada", reason=None, is_running=is_running, at=at, item=item)


deeds = st.builds(deed, st.sampled_from(Status), st.sampled_from([*TARGETS, "something.new"]), is_running=st.booleans())


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Anything that may have been read."""
    service = draw(st.sampled_from(["twitter", "whatsapp", "facebook", "instagram"]))
    person = ConversationId(service, "1")
    method = draw(st.sampled_from(Method))
    broken = draw(st.sets(st.sampled_from(PARTS), max_size=3))
    failures = {part: ApiError(draw(st.sampled_from(FAILURES)), f"{part} failed") for part in broken}
    control = Control.UNKNOWN if "control" in broken else draw(st.sampled_from(Control))
    known: dict[str, Any] = {
        "control": control,
        "method": method,
        "holder": draw(st.sampled_from([None, "111", "222", "263902037430900", "9"])),
        "control_until": draw(moments),
    }
    reading = Reading(
        id=person,
        observed_at=NOW,
        is_hidden=control is Control.UNKNOWN and draw(st.booleans()),
        note="cannot be read" if control is Control.UNKNOWN else None,
        **known,
    )
    row = Conversation(
        id=str(person),
        service=service,
        service_id="1",
        escalated=draw(st.sampled_from([True, False, None])),
        tags=draw(st.sampled_from([None, [], [TAG], ["Escalated to Agent"], ["vip"]])),
        topic_ids=draw(st.sampled_from([[], ["1"]])),
        last_message_at=draw(moments),
        waiting_s=draw(st.none() | st.integers(0, 100_000)),
        status=draw(st.sampled_from([None, "new", "done"])),
        assigned_to=draw(st.sampled_from([[], ["Ana"]])),
        **known,
    )
    setup = Messenger(page_id="1", bot_app_id="111", agent_app_id="222")
    others = draw(st.none() | st.just([row]))
    return Case(
        id=person,
        profile=Profile(name="prod", account_id="1", messenger=draw(st.sampled_from([None, setup]))),
        now=NOW,
        row=_judged(row, others),
        reading=reading,
        inbox=draw(st.builds(Inbox, since=st.just(NOW), seen=st.integers(0, 2), private=st.integers(0, 2))),
        others=draw(st.none() | st.just([person])),
        also=others,
        deeds=draw(st.none() | st.lists(deeds, max_size=2)),
        recipes=draw(st.none() | st.lists(recipes, max_size=3)),
        is_routed=draw(st.sampled_from([True, False, None])),
        apps=draw(st.none() | st.lists(apps, max_size=3)),
        failures=failures,
    )


def _judged(row: Conversation, also: list[Conversation] | None) -> Conversation:
    from msgspec.structs import replace

    return replace(row, stuck=stuck_codes(row, now=NOW, limits=Stuck(), also=also))


@given(case=cases())
def test_every_verdict_says_what_it_saw_and_the_better_proven_stands_first(case: Case) -> None:
    verdicts = diagnose(case)
    assert verdicts
    for one in verdicts:
        assert one.text
        assert one.evidence
        assert all(one.evidence)
        assert all(line.startswith("qsc-bot ") for line in one.next)
    proofs = [PROOFS.get(one.code, Proof.SEEN) for one in verdicts]
    assert proofs == sorted(proofs)


@given(case=cases())
def test_well_is_claimed_alone_and_only_of_what_was_read(case: Case) -> None:
    codes = [one.code for one in diagnose(case)]
    if "ok" in codes:
        assert codes == ["ok"]
        assert case.row.control in (Control.BOT, Control.AGENT, Control.IDLE)
        assert case.row.waiting_s is not None
        assert "contact" not in case.failures
        assert case.row.stuck == []


@given(case=cases())
def test_every_code_of_a_stuck_conversation_has_a_verdict(case: Case) -> None:
    """Done by agents stands for forgotten by agents; why it cannot be read has many names."""
    codes = {one.code for one in diagnose(case)}
    told = set(case.row.stuck or ()) - {"other_holder", "unreadable"}
    if "agents_done" in codes:
        told.discard("agent_forgotten")
    assert told <= codes
    assert codes != {"ok"} or not case.row.stuck
    assert told <= set(CODES)


@given(case=cases())
def test_timeline_ends_with_who_holds_it_and_takes_what_this_machine_knows(case: Case) -> None:
    entries = timeline(case)
    told = [one for one in entries if one.kind == "operation"]
    assert [one.text for one in told] == [deed.told for deed in case.deeds or ()]
    assert entries[-1].kind == "control"
    dated = [one.at for one in entries[:-1] if one.at]
    assert dated == sorted(dated)


def test_codes_are_told_apart() -> None:
    assert len(PROOFS) == len(RULES)
