"""What is done in a scenario, without a socket."""

import json
from collections import Counter
from typing import Any, cast

from qsc_bot.models.certificate import Mark
from qsc_bot.models.delivery import Answer, Via
from qsc_bot.operations.odd_events import Event
from qsc_bot.operations.plays import NO_CONNECTION, survive_burst
from qsc_bot.operations.trial import Seen, Stage, Trial, Waits


class Crowd:
    """A stage where whoever is delivered to is answered."""

    def __init__(self) -> None:
        self.answered: set[str] = set()

    def receive(self, conversation: str, _text: str) -> Event:
        """The event names its conversation alone."""
        return {"id": conversation}

    def answers(self, conversation: str) -> int:
        """One for each that was delivered."""
        return int(conversation in self.answered)


def test_delivery_that_finds_no_connection_comes_once_more() -> None:
    def outcome(lost: int) -> Seen:
        stage, tries = Crowd(), Counter[str]()

        def deliver(body: bytes, _headers: dict[str, str]) -> Answer:
            name = json.loads(body)["id"]
            tries[name] += 1
            if name.endswith("-7") and tries[name] <= lost:
                return Answer(url="", error="the connection broke")
            stage.answered.add(name)
            return Answer(url="", status=200, milliseconds=1)

        waits = Waits(timeout_seconds=0, silence_seconds=0, sleep=lambda _: None)
        told: dict[str, Any] = {
            "secret": "s",
            "run": "r",
            "scenario": "b",
            "request": "",
            "waits": waits,
            "via": Via.SOCIAL_CONNECT,
        }
        return survive_burst(Trial(stage=cast("Stage", stage), deliver=deliver, **told))

    assert outcome(lost=1).mark is Mark.PASS
    broken = outcome(lost=2)
    assert (broken.mark, broken.change) == (Mark.FAIL, NO_CONNECTION)
