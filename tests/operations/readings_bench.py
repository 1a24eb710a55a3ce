"""Readings of one run, by the real drivers on a wire."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from qsc_bot.models.conversation import ConversationId, Reading
from qsc_bot.models.known import Known
from qsc_bot.operations.readings import Readings
from tests.api.machine import machine
from tests.api.wire import Wire


def known(name: str, *, active_at: datetime | None = None) -> Known:
    """A conversation of which nothing is known but when it was active last."""
    person = ConversationId.parse(name)
    at = active_at.timestamp() if active_at else None
    return Known(service=person.service, service_id=person.service_id, active_at=at)


class Bench:
    """One run."""

    def __init__(self, wire: Wire, cache: Path) -> None:
        made = machine(cache)
        made.wire.answers = wire.answers
        self.wire = made.wire
        self.index = made.remotes.connection.index
        self.readings = Readings(made.remotes.connection)

    def ask(self, due: Sequence[Known]) -> list[Reading]:
        """What is read, in the order of those asked about."""
        found = self.readings.ask(due)
        people = [ConversationId(one.service, one.service_id) for one in due]
        return [found[person] for person in people if person in found]
