"""The tag that follows a hand-over, where another item of the same operation writes to the same contact."""

import threading
import time
from pathlib import Path

from qsc_bot.models.conversation import Control, Method
from qsc_bot.models.operation import Step
from qsc_bot.operations.tag_along import hand_over_with_tag
from qsc_bot.operations.work import Work
from tests.operations.fakes import FakeDriver, FakeTrace, Said, stage

CONTACT = "7"


def test_tag_is_read_again_after_another_item_has_had_the_contact(tmp_path: Path) -> None:
    states: list[Said] = [
        Control.BOT,
        Control.AGENT,
        Control.BOT,
    ]  # who holds it; the tag, which the other item then takes off
    driver = FakeDriver(method=Method.HANDOVER, reads={"web:1": states}, known={"web:1": {"contact_id": CONTACT}})
    work = Work(connection=stage(tmp_path, driver).connection, operation="op_1", is_single=False)
    step, trace = Step(id="web:1", action="handover.to_agent", with_tag=True), FakeTrace()
    with work.alone_with(CONTACT):
        thread = threading.Thread(target=hand_over_with_tag, args=(work, step, trace))
        thread.start()
        while len(driver.asked) < 2:
            time.sleep(0.001)
        sent_meanwhile = list(driver.sent)
    thread.join()
    assert sent_meanwhile == []
    assert trace.told == ["sending /move/web:1", "answered"] * 2
