"""Several conversations in one run: an outcome for each, and a stop where going on is pointless."""

import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.errors import AccessDenied, ApiError, NotFound, QscBotError, WriteInDoubt
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import Control, ConversationId, Counts, Method, Outcome, Reading, Status
from qsc_bot.models.operation import Step
from qsc_bot.operations.handover import extension_seconds
from qsc_bot.operations.recording import ItemRecording, Recording
from qsc_bot.operations.run import Run
from qsc_bot.operations.work import Work, new_operation
from qsc_bot.results import Outcomes, Report
from tests.control.people import AT
from tests.operations.fakes import FakeDriver, carried_out, stage, steps

AGENT, BOT = Control.AGENT, Control.BOT
NAMES = ("twitter:1", "twitter:2", "twitter:3", "twitter:4")


def items_of(report: Report) -> list[Outcome]:
    assert isinstance(report.body, Outcomes)
    return report.body.items


def statuses(report: Report) -> list[str]:
    return [item.status.value for item in items_of(report)]


def tagged(**more: Any) -> FakeDriver:
    return FakeDriver(method=Method.TAG, holds=dict.fromkeys(NAMES, AGENT), **more)


@dataclass
class Lapsing(FakeDriver):
    """Control that ends when `ends` says in turn."""

    ends: list[datetime | None] = field(default_factory=list)

    def read(self, person: ConversationId) -> Reading:
        """The next end."""
        return msgspec.structs.replace(super().read(person), control_until=self.ends.pop(0))


def test_each_gets_its_outcome_in_order(tmp_path: Path) -> None:
    driver = tagged()
    driver.holds["twitter:2"] = BOT
    driver.writes["twitter:3"] = [ApiError("handover.not_allowed", "no")]
    driver.reads["twitter:4"] = [NotFound("contact.not_found", "none")]
    report = carried_out(stage(tmp_path, driver), *NAMES)
    assert [item.id for item in items_of(report)] == list(NAMES)
    assert statuses(report) == ["changed", "unchanged", "failed", "failed"]
    assert isinstance(report.body, Outcomes)
    assert report.body.counts == Counts(changed=1, unchanged=1, failed=2)
    assert report.exit_code is ExitCode.PARTIAL


def test_all_failing_alike_have_the_common_code(tmp_path: Path) -> None:
    driver = tagged(reads={name: [NotFound("contact.not_found", "none")] for name in NAMES})
    assert carried_out(stage(tmp_path, driver), *NAMES).exit_code is ExitCode.NOT_FOUND


def test_refusal_stops_the_rest(tmp_path: Path) -> None:
    driver = tagged(writes={"twitter:2": [AccessDenied("access.scope", "no scope")]})
    report = carried_out(stage(tmp_path, driver), *NAMES)
    assert statuses(report) == ["changed", "failed", "skipped", "skipped"]
    assert items_of(report)[3].note == "not tried after: no scope"
    assert driver.asked == ["twitter:1", "twitter:1", "twitter:2"]


def test_what_an_answer_said_ends_a_run_before_what_was_not_begun_for_it(tmp_path: Path) -> None:
    made, plan = stage(tmp_path, tagged()), steps("twitter:1", "twitter:2")
    recording = Recording(made.journal, "op_1")
    work = Work(connection=made.connection, operation="op_1", is_single=False)

    def do(_work: Work, step: Step, _recording: ItemRecording) -> Outcome:
        if step.id == "twitter:2":
            raise QscBotError("budget.reserved", "none are left")
        while run.report().stop is None:
            time.sleep(0.001)
        raise ApiError("api.rate_limited", "the limit is reached")

    run = Run(work, recording, plan, do=do)
    assert [item.id for item in run.outcomes()] == ["twitter:1"]
    stop = run.report().stop
    assert stop is not None
    assert (stop.code, statuses(run.report())) == ("api.rate_limited", ["failed", "skipped"])


def test_guard_skips_one_of_several(tmp_path: Path) -> None:
    driver = tagged()
    driver.holds["twitter:2"] = Control.IDLE
    report = carried_out(stage(tmp_path, driver), "twitter:1", "twitter:2", expected=AGENT)
    assert statuses(report) == ["changed", "skipped"]
    assert "twitter:2 is held by idle" in (items_of(report)[1].note or "")
    assert report.exit_code is ExitCode.OK


def test_guard_fails_a_single_one(tmp_path: Path) -> None:
    driver = tagged()
    report = carried_out(stage(tmp_path, driver), "twitter:1", expected=BOT)
    assert (statuses(report), report.exit_code) == (["failed"], ExitCode.CONFLICT)
    assert driver.sent == []


def test_ctrl_c_in_the_middle_keeps_what_was_done(tmp_path: Path) -> None:
    driver = tagged(writes={"twitter:2": [KeyboardInterrupt()]})
    report = carried_out(stage(tmp_path, driver), *NAMES)
    assert report.stop is not None
    assert (report.exit_code, report.stop.code) == (ExitCode.INTERRUPTED, "run.interrupted")
    assert "2 conversations were not touched" in report.stop.message
    assert statuses(report) == ["changed", "in_doubt"]
    assert driver.sent == ["/move/twitter:1", "/move/twitter:2"]


def test_ctrl_c_before_anything_was_sent_touched_nothing(tmp_path: Path) -> None:
    report = carried_out(stage(tmp_path, tagged(reads={"twitter:2": [KeyboardInterrupt()]})), *NAMES)
    assert report.stop is not None
    assert "3 conversations were not touched" in report.stop.message
    assert statuses(report) == ["changed"]


def test_stop_that_was_asked_for_comes_between_two_conversations(tmp_path: Path) -> None:
    made, asked = stage(tmp_path, tagged()), iter((None, QscBotError("run.interrupted", "stopped by Ctrl-C")))
    connection = replace(made.connection, asked_to_stop=lambda: next(asked))
    report = carried_out(replace(made, connection=connection), "twitter:1", "twitter:2")
    assert report.stop is not None
    assert "1 conversation was not touched" in report.stop.message
    assert statuses(report) == ["changed"]


def test_fault_of_ours_is_not_swallowed(tmp_path: Path) -> None:
    driver = tagged(writes={"twitter:1": [ZeroDivisionError()]})
    report = carried_out(stage(tmp_path, driver), "twitter:1", "twitter:2")
    assert report.stop is not None
    assert report.stop.code == "internal.fault"
    assert isinstance(report.stop.__cause__, ZeroDivisionError)
    assert statuses(report) == ["in_doubt"]


def test_what_was_stopped_names_how_to_resume_it(tmp_path: Path) -> None:
    driver = tagged(writes={"twitter:2": [KeyboardInterrupt()]})
    report = carried_out(stage(tmp_path, driver), *NAMES)
    assert isinstance(report.body, Outcomes)
    assert list(report.next) == [f"qsc-bot operation resume {report.body.operation}"]


def test_first_failure_stops_where_that_was_asked_for(tmp_path: Path) -> None:
    driver = tagged(reads={"twitter:2": [NotFound("contact.not_found", "none")]})
    report = carried_out(stage(tmp_path, driver), *NAMES, fails_fast=True)
    assert statuses(report) == ["changed", "failed", "skipped", "skipped"]
    assert report.exit_code is ExitCode.PARTIAL
    assert driver.sent == ["/move/twitter:1"]


def test_rate_limit_stops_the_rest(tmp_path: Path) -> None:
    driver = tagged(writes={"twitter:2": [ApiError("api.rate_limited", "350 an hour")]})
    report = carried_out(stage(tmp_path, driver), *NAMES)
    assert statuses(report) == ["changed", "failed", "skipped", "skipped"]
    assert len(driver.sent) == 2


def test_doubt_that_reaches_the_run_is_in_doubt(tmp_path: Path) -> None:
    driver = tagged(reads={"twitter:1": [WriteInDoubt("write.in_doubt", "lost")]})
    assert statuses(carried_out(stage(tmp_path, driver), "twitter:1")) == ["in_doubt"]


def test_one_contact_is_written_once(tmp_path: Path) -> None:
    driver = FakeDriver(method=Method.TAG, holds=dict.fromkeys(NAMES, BOT))
    driver.known = {name: {"contact_id": "7"} for name in ("twitter:1", "twitter:3")}
    report = carried_out(stage(tmp_path, driver), *NAMES, action="escalation.add")
    assert driver.sent == ["/move/twitter:1", "/move/twitter:2", "/move/twitter:4"]
    third = items_of(report)[2]
    assert (third.id, third.status, third.after) == ("twitter:3", Status.CHANGED, "escalated")
    assert third.note == "one write with twitter:1: the tag is the contact's"


def test_contact_in_doubt_is_not_written_again(tmp_path: Path) -> None:
    driver = FakeDriver(method=Method.TAG, holds=dict.fromkeys(NAMES, BOT))
    driver.known = {name: {"contact_id": "7"} for name in NAMES}
    driver.writes["twitter:1"] = [WriteInDoubt("write.in_doubt", "lost")]
    driver.reads["twitter:1"] = [BOT, Control.UNKNOWN]
    report = carried_out(stage(tmp_path, driver), "twitter:1", "twitter:2", action="escalation.add")
    assert statuses(report) == ["in_doubt", "in_doubt"]
    assert driver.sent == ["/move/twitter:1"]


def test_hand_over_by_tag_is_one_write_a_contact(tmp_path: Path) -> None:
    driver = tagged()
    driver.known = {name: {"contact_id": "7"} for name in NAMES}
    carried_out(stage(tmp_path, driver), *NAMES)
    assert driver.sent == ["/move/twitter:1"]


@pytest.mark.parametrize(
    ("names", "next_commands"),
    [(["twitter:1"], ["qsc-bot conversation show twitter:1"]), (list(NAMES), ["qsc-bot conversation list"])],
    ids=["one", "several"],
)
def test_useful_next_command_is_named(tmp_path: Path, names: list[str], next_commands: list[str]) -> None:
    report = carried_out(stage(tmp_path, tagged()), *names)
    assert list(report.next) == next_commands


def test_nothing_changed_names_no_next_command(tmp_path: Path) -> None:
    driver = FakeDriver(method=Method.TAG, holds=dict.fromkeys(NAMES, BOT))
    assert list(carried_out(stage(tmp_path, driver), *NAMES).next) == []


def test_what_does_not_lapse_is_skipped(tmp_path: Path) -> None:
    driver = FakeDriver(holds={"web:1": BOT})
    report = carried_out(stage(tmp_path, driver), "web:1", action="handover.extend", seconds=60)
    assert statuses(report) == ["skipped"]
    assert items_of(report)[0].note == "control by handover does not lapse"
    assert driver.sent == []


def test_only_the_holder_extends(tmp_path: Path) -> None:
    driver = FakeDriver(method=Method.MESSENGER, asks=True, holds={"facebook:1": AGENT})
    report = carried_out(stage(tmp_path, driver), "facebook:1", action="handover.extend", seconds=60)
    (item,) = items_of(report)
    assert item.error is not None
    assert item.error.code == "handover.not_allowed"
    assert driver.sent == []


SOON, LATER = AT + timedelta(hours=1), AT + timedelta(hours=9)
LOST = WriteInDoubt("write.in_doubt", "lost")
EXTENSIONS: dict[str, tuple[datetime | None, datetime | None, WriteInDoubt | None, str, bool | None]] = {
    "longer": (SOON, LATER, None, "changed", True),
    "none before": (None, LATER, None, "changed", True),
    "as long as before": (SOON, SOON, None, "unchanged", True),
    "shorter": (LATER, SOON, None, "failed", False),
    "answer lost, longer": (SOON, LATER, LOST, "changed", True),
    "answer lost, as before": (SOON, SOON, LOST, "in_doubt", None),
}


@pytest.mark.parametrize(("before", "after", "error", "status", "verified"), EXTENSIONS.values(), ids=EXTENSIONS)
def test_extension_is_judged_by_when_control_ends(
    tmp_path: Path,
    before: datetime | None,
    after: datetime | None,
    error: WriteInDoubt | None,
    status: str,
    verified: bool | None,
) -> None:
    driver = Lapsing(method=Method.MESSENGER, asks=True, holds={"facebook:1": BOT}, writes={"facebook:1": [error]})
    driver.ends = [before, after]
    report = carried_out(stage(tmp_path, driver), "facebook:1", action="handover.extend", seconds=60)
    (item,) = items_of(report)
    assert (item.status, item.verified) == (status, verified)
    assert driver.sent == ["/extend/facebook:1"]


@pytest.mark.parametrize("days", [0.5, 7])
def test_extension_of_up_to_seven_days_is_whole_seconds(days: float) -> None:
    assert extension_seconds(timedelta(days=days)) == days * 86400


@pytest.mark.parametrize("seconds", [0, 0.4, 604_801])
def test_other_extensions_are_refused(seconds: float) -> None:
    with pytest.raises(QscBotError) as caught:
        extension_seconds(timedelta(seconds=seconds))
    assert caught.value.code == "usage.invalid"


@given(earlier=st.integers(0, 4 * 10**12), step=st.integers(1, 10**12), chance=st.integers(0, 31))
def test_operation_ids_sort_by_time(earlier: int, step: int, chance: int) -> None:
    first = new_operation(earlier / 1000, lambda below: below - 1)
    second = new_operation((earlier + step) / 1000, lambda below: chance % below)
    assert (first < second) or int(earlier / 1000 * 1000) == int((earlier + step) / 1000 * 1000)


def test_operation_ids_differ_within_a_moment() -> None:
    made = {new_operation(1_795_000_000.0) for _ in range(200)}
    assert len(made) == 200
    assert {len(one) for one in made} == {18}
