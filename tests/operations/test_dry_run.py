"""A dry run: the same plan, and nothing goes out that writes."""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier

import pytest

from qsc_bot.errors import AccessDenied, NotFound, QscBotError
from qsc_bot.models.conversation import Control, ConversationId, Reading, Status
from qsc_bot.operations.dry_run import NOT_READ, plan_each
from qsc_bot.results import DryRun
from tests.operations.fakes import FakeDriver, Stage, stage, steps


def planned(made: Stage, *names: str) -> DryRun:
    report = plan_each(made.connection, steps(*names))
    assert isinstance(report.body, DryRun)
    assert made.driver.sent == []
    return report.body


def test_writes_are_shown_and_not_sent(tmp_path: Path) -> None:
    made = stage(tmp_path, FakeDriver(holds={"web:1": Control.AGENT}))
    body = planned(made, "web:1")
    (item,) = body.items
    assert (item.status, item.before, item.after) == (Status.PLANNED, "agent", "bot")
    assert [(call.method, call.path) for call in body.requests] == [("POST", "/move/web:1")]


def test_already_so_plans_nothing(tmp_path: Path) -> None:
    body = planned(stage(tmp_path, FakeDriver(holds={"web:1": Control.BOT})), "web:1")
    assert (body.items[0].status, body.requests) == (Status.UNCHANGED, [])


def test_one_that_fails_does_not_hide_the_others(tmp_path: Path) -> None:
    driver = FakeDriver(holds={"web:2": Control.AGENT}, reads={"web:1": [NotFound("conversation.not_found", "x")]})
    body = planned(stage(tmp_path, driver), "web:1", "web:2")
    assert [item.status for item in body.items] == [Status.FAILED, Status.PLANNED]
    assert len(body.requests) == 1


@dataclass
class Meeting(FakeDriver):
    """Reads that wait for one another."""

    barrier: Barrier = field(default_factory=lambda: Barrier(4))

    def read(self, person: ConversationId) -> Reading:
        """Once as many are asked for at once."""
        self.barrier.wait(timeout=5)
        return super().read(person)


def test_several_are_read_at_once_and_shown_in_order(tmp_path: Path) -> None:
    names = [f"web:{number}" for number in range(8)]
    body = planned(stage(tmp_path, Meeting(holds=dict.fromkeys(names, Control.AGENT))), *names)
    assert [(item.id, item.status) for item in body.items] == [(name, Status.PLANNED) for name in names]
    assert [call.path for call in body.requests] == [f"/move/{name}" for name in names]


@pytest.mark.parametrize("error", [AccessDenied("access.scope", "no scope"), QscBotError("api.rate_limited", "limit")])
def test_refusal_is_not_asked_for_again_and_again(tmp_path: Path, error: QscBotError) -> None:
    names = [f"web:{number}" for number in range(100)]
    made = stage(tmp_path, FakeDriver(reads={name: [error] for name in names}))
    body = planned(made, *names)
    assert len(made.driver.asked) < 20
    assert {item.error.code for item in body.items if item.error} == {error.code}
    assert [item.status for item in body.items[-2:]] == [Status.SKIPPED] * 2


@pytest.mark.parametrize("name", ["web:1", "facebook:1", "twitter:1"])
def test_without_a_token_the_plainest_case_is_shown(tmp_path: Path, name: str) -> None:
    made = stage(tmp_path, FakeDriver(holds={name: Control.BOT}))
    values = {field: getattr(made.connection, field) for field in made.connection.__dataclass_fields__}
    blind = type(made.connection)(**values | {"can_read": lambda _: False})
    body = planned(Stage(blind, made.driver, made.machine, made.journal), name)
    assert (body.items[0].status, body.items[0].before, body.items[0].note) == (Status.PLANNED, None, NOT_READ)
    assert made.driver.asked == []
