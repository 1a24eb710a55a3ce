"""One conversation moved: every word an outcome can have, and nothing sent twice."""

from pathlib import Path

import pytest

from qsc_bot.errors import AccessDenied, ApiError, NotFound, QscBotError, WriteInDoubt
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import Control, Method, Outcome, Status
from qsc_bot.operations.move import ESCALATION_WORDS, SETTLE_SECONDS, VERIFY_READS, Order, move
from tests.control.people import person
from tests.operations.fakes import FakeDriver, FakeTrace, Said, Stage, order, reading, stage

ADA = "whatsapp:1"
DOUBT = WriteInDoubt("write.in_doubt", "POST /x was sent, and no answer came")
AGENT, BOT, OTHER, IDLE, UNKNOWN = Control.AGENT, Control.BOT, Control.OTHER, Control.IDLE, Control.UNKNOWN


def act(
    cache: Path, driver: FakeDriver, before: Control = AGENT, wish: Order | None = None, **known: object
) -> tuple[Outcome, Stage]:
    item, made, _ = traced(cache, driver, before, wish, **known)
    return item, made


def traced(
    cache: Path, driver: FakeDriver, before: Control = AGENT, wish: Order | None = None, **known: object
) -> tuple[Outcome, Stage, list[str]]:
    made, trace = stage(cache, driver), FakeTrace()
    state = reading(ADA, before, driver.method, **known)
    return move(made.connection, driver, state, wish or order(), trace), made, trace.told


def reads(*said: Said) -> dict[str, list[Said]]:
    return {ADA: list(said)}


def test_changed_and_verified(tmp_path: Path) -> None:
    item, made, told = traced(tmp_path, FakeDriver())
    assert item == Outcome(
        id=ADA,
        action="handover.to_bot",
        status=Status.CHANGED,
        before="agent",
        after="bot",
        method=Method.HANDOVER,
        verified=True,
    )
    assert (made.driver.sent, made.driver.asked, made.slept) == ([f"/move/{ADA}"], [ADA], [])
    assert told == [f"sending /move/{ADA}", "answered"]


@pytest.mark.parametrize("to", [BOT, AGENT])
def test_already_so_is_unchanged_and_sends_nothing(tmp_path: Path, to: Control) -> None:
    item, made, told = traced(tmp_path, FakeDriver(), to, order(to))
    assert (item.status, item.verified, item.before, item.after) == (Status.UNCHANGED, True, to.value, to.value)
    assert made.driver.sent == told == []


@pytest.mark.parametrize("before", [AGENT, OTHER, IDLE, UNKNOWN])
def test_every_other_state_is_written_once(tmp_path: Path, before: Control) -> None:
    item, made = act(tmp_path, FakeDriver(), before)
    assert (item.status, item.before) == (Status.CHANGED, before.value)
    assert len(made.driver.sent) == 1


def test_metadata_carries_the_operation_alone() -> None:
    assert order().note == "qsc-bot op_1"


def test_guard_that_holds_lets_it_pass(tmp_path: Path) -> None:
    assert act(tmp_path, FakeDriver(), AGENT, order(if_control=AGENT))[0].status is Status.CHANGED


@pytest.mark.parametrize("found", [AGENT, BOT, OTHER, UNKNOWN])
def test_guard_that_fails_sends_nothing(tmp_path: Path, found: Control) -> None:
    driver = FakeDriver()
    with pytest.raises(QscBotError) as caught:
        act(tmp_path, driver, found, order(if_control=IDLE))
    error = caught.value
    assert (error.code, error.exit_code, error.expected, error.found) == (
        "handover.state_changed",
        ExitCode.CONFLICT,
        "idle",
        found.value,
    )
    assert error.hint == (
        f"qsc-bot conversation show {ADA}",
        f"qsc-bot handover to-bot {ADA} --if-control {found.value}",
    )
    assert driver.sent == []


def test_not_verified_when_asked_not_to(tmp_path: Path) -> None:
    item, made = act(tmp_path, FakeDriver(), AGENT, order(verify=False))
    assert (item.status, item.after, item.verified, item.note) == (
        Status.CHANGED,
        "bot",
        None,
        "not verified, as asked",
    )
    assert made.driver.asked == []


def test_proof_in_the_answer_needs_no_read(tmp_path: Path) -> None:
    item, made = act(tmp_path, FakeDriver(writes={ADA: [reading(ADA, BOT)]}))
    assert (item.status, item.verified) == (Status.CHANGED, True)
    assert made.driver.asked == []


VERIFYING: dict[str, tuple[list[Said], Status, str, bool | None, int, int]] = {
    "at once": ([BOT], Status.CHANGED, "bot", True, 1, 0),
    "at the second read": ([AGENT, BOT], Status.CHANGED, "bot", True, 2, 1),
    "at the last read": ([AGENT, AGENT, BOT], Status.CHANGED, "bot", True, 3, 2),
    "still the old one": ([AGENT] * VERIFY_READS, Status.FAILED, "agent", False, 3, 2),
    "another's": ([OTHER] * VERIFY_READS, Status.FAILED, "other", False, 3, 2),
    "cannot be read": ([UNKNOWN], Status.CHANGED, "bot", None, 1, 0),
    "cannot be read later": ([AGENT, UNKNOWN], Status.CHANGED, "bot", None, 2, 1),
    "read fails": ([ApiError("api.unavailable", "down")], Status.CHANGED, "bot", None, 1, 0),
}


@pytest.mark.parametrize(("said", "status", "after", "verified", "asked", "pauses"), VERIFYING.values(), ids=VERIFYING)
def test_write_is_verified_by_reading(
    tmp_path: Path, said: list[Said], status: Status, after: str, verified: bool | None, asked: int, pauses: int
) -> None:
    item, made = act(tmp_path, FakeDriver(reads=reads(*said), writes={ADA: []}))
    assert (item.status, item.after, item.verified) == (status, after, verified)
    assert (len(made.driver.asked), made.slept) == (asked, [SETTLE_SECONDS] * pauses)
    assert len(made.driver.sent) == 1


def test_failed_verification_names_both_states(tmp_path: Path) -> None:
    item, _ = act(tmp_path, FakeDriver(holds={ADA: AGENT}, writes={ADA: []}))
    assert item.error is not None
    assert (item.error.code, item.error.exit) == ("handover.not_verified", 7)
    assert "read back it is agent" in item.error.message


@pytest.mark.parametrize(
    ("said", "words"),
    [(UNKNOWN, "the item cannot be read"), (NotFound("api.not_found", "x"), "reading it back failed")],
)
def test_unverified_change_says_why(tmp_path: Path, said: Said, words: str) -> None:
    item, _ = act(tmp_path, FakeDriver(reads=reads(said), writes={ADA: []}))
    assert item.note == f"not verified: {words}"


def test_unclear_proof_is_followed_by_a_read(tmp_path: Path) -> None:
    driver = FakeDriver(holds={ADA: BOT}, writes={ADA: [reading(ADA, UNKNOWN, note="unclear")]})
    item, made = act(tmp_path, driver)
    assert (item.status, item.verified, made.driver.asked) == (Status.CHANGED, True, [ADA])


DOUBTS: dict[str, tuple[list[Said], Status, str | None, bool | None, str | None]] = {
    "read back as wanted": ([BOT], Status.CHANGED, "bot", True, None),
    "read back as wanted later": ([AGENT, BOT], Status.CHANGED, "bot", True, None),
    "read back as before": ([AGENT] * VERIFY_READS, Status.FAILED, "agent", False, "write.not_done"),
    "read back as another's": ([OTHER] * VERIFY_READS, Status.FAILED, "other", False, "write.not_done"),
    "read back unreadable": ([UNKNOWN], Status.IN_DOUBT, None, None, "write.in_doubt"),
    "reading back fails": ([ApiError("network.timeout", "x")], Status.IN_DOUBT, None, None, "write.in_doubt"),
}


@pytest.mark.parametrize(("said", "status", "after", "verified", "code"), DOUBTS.values(), ids=DOUBTS)
def test_lost_answer_is_followed_by_a_read_and_never_resent(
    tmp_path: Path, said: list[Said], status: Status, after: str | None, verified: bool | None, code: str | None
) -> None:
    item, made = act(tmp_path, FakeDriver(reads=reads(*said), writes={ADA: [DOUBT]}))
    assert (item.status, item.after, item.verified, item.error.code if item.error else None) == (
        status,
        after,
        verified,
        code,
    )
    assert (len(made.driver.sent), len(made.driver.asked)) == (1, len(said))
    assert made.slept == [SETTLE_SECONDS] * (len(said) - 1)


@pytest.mark.parametrize("holds", [AGENT, UNKNOWN])
def test_doubtful_failures_are_temporary(tmp_path: Path, holds: Control) -> None:
    item, _ = act(tmp_path, FakeDriver(holds={ADA: holds}, writes={ADA: [DOUBT]}))
    assert item.error is not None
    assert (item.error.exit, item.error.retryable) == (8, True)


def test_lost_answer_of_the_first_of_two_writes_keeps_the_second_back(tmp_path: Path) -> None:
    driver = FakeDriver(edges=("take", "pass"), holds={ADA: OTHER}, writes={ADA: [DOUBT]})
    item, _ = act(tmp_path, driver, OTHER, order(AGENT))
    assert (item.status, item.after, driver.sent) == (Status.FAILED, "other", [f"/take/{ADA}"])


def test_refusal_of_the_second_of_two_writes_tells_what_was_done(tmp_path: Path) -> None:
    refused = ApiError("handover.not_allowed", "no such app")
    driver = FakeDriver(edges=("take", "pass"), holds={ADA: BOT}, writes={ADA: [None, refused]})
    item, _ = act(tmp_path, driver, OTHER, order(AGENT))
    assert (item.status, item.after, item.verified) == (Status.FAILED, "bot", False)
    assert item.error is not None
    assert (item.error.code, item.error.message) == ("handover.not_allowed", "no such app")
    assert "1 of 2 writes" in (item.note or "")


def test_request_whose_answer_was_lost_is_in_doubt_whoever_holds_it(tmp_path: Path) -> None:
    item, made = act(tmp_path, FakeDriver(asks=True, holds={ADA: AGENT}, writes={ADA: [DOUBT]}))
    assert item.status is Status.IN_DOUBT
    assert len(made.driver.sent) == 1


def test_two_writes_are_sent_in_order_and_verified_once(tmp_path: Path) -> None:
    item, made = act(tmp_path, FakeDriver(edges=("take", "pass")), OTHER, order(AGENT))
    assert item.status is Status.CHANGED
    assert (made.driver.sent, made.driver.asked) == ([f"/take/{ADA}", f"/pass/{ADA}"], [ADA])


@pytest.mark.parametrize(
    "error",
    [
        ApiError("handover.not_allowed", "x"),
        AccessDenied("access.denied", "x"),
        NotFound("conversation.not_found", "x"),
    ],
    ids=lambda error: error.code,
)
def test_refused_write_is_raised_and_nothing_is_read(tmp_path: Path, error: QscBotError) -> None:
    driver = FakeDriver(writes={ADA: [error]})
    with pytest.raises(type(error)):
        act(tmp_path, driver)
    assert driver.asked == []


REQUESTS: dict[str, tuple[Said, Status, str | None, bool | None]] = {
    "granted": (BOT, Status.CHANGED, "bot", True),
    "not granted": (AGENT, Status.REQUESTED, "agent", None),
    "unreadable": (UNKNOWN, Status.REQUESTED, "unknown", None),
    "reading fails": (ApiError("network.timeout", "x"), Status.REQUESTED, None, None),
}


@pytest.mark.parametrize(("said", "status", "after", "verified"), REQUESTS.values(), ids=REQUESTS)
def test_request_is_granted_only_when_read_so(
    tmp_path: Path, said: Said, status: Status, after: str | None, verified: bool | None
) -> None:
    item, made = act(tmp_path, FakeDriver(asks=True, reads=reads(said), writes={ADA: []}))
    assert (item.status, item.after, item.verified) == (status, after, verified)
    assert (item.note is not None) is (status is Status.REQUESTED)
    assert (len(made.driver.sent), made.slept) == (1, [])


def test_escalations_speak_their_own_words(tmp_path: Path) -> None:
    wish = Order("escalation.add", AGENT, "op_1", words=ESCALATION_WORDS)
    item, _ = act(tmp_path, FakeDriver(method=Method.TAG), BOT, wish)
    assert (item.before, item.after) == ("not-escalated", "escalated")


TAGS: dict[str, tuple[list[str] | None, list[str] | None, list[str]]] = {
    "put on": (["vip"], ["vip", "esc"], []),
    "taken off": (["vip", "esc"], ["vip"], []),
    "somebody else put one on": (["vip"], ["new", "vip", "esc"], []),
    "others lost": (["vip", "EN", "gold"], ["esc", "EN"], ["vip", "gold"]),
    "all lost": (["vip"], [], ["vip"]),
    "before not known": (None, ["vip"], []),
    "after not told": (["vip"], None, []),
}


@pytest.mark.parametrize(("tags", "now", "lost"), TAGS.values(), ids=TAGS)
def test_every_other_tag_must_stay(
    tmp_path: Path, tags: list[str] | None, now: list[str] | None, lost: list[str]
) -> None:
    proof = reading(ADA, AGENT, Method.TAG, tags=now, moved_tag="esc")
    driver = FakeDriver(method=Method.TAG, writes={ADA: [proof]})
    item, _ = act(tmp_path, driver, BOT, order(AGENT), tags=tags)
    assert item.status is (Status.FAILED if lost else Status.CHANGED)
    assert (item.error.code if item.error else None) == ("escalation.tags_lost" if lost else None)
    if item.error:
        assert item.error.message.endswith(f"no longer bears: {', '.join(lost)}")


def test_tag_of_several_conversations_names_the_others(tmp_path: Path) -> None:
    item, _ = act(tmp_path, FakeDriver(), also=(person("twitter:2"), person("facebook:3")))
    assert item.note == "the tag is the contact's: it covers twitter:2, facebook:3 too"
