"""A driver that keeps what it reads in the index, and forgets there what it is about to change."""

from contextlib import suppress

from qsc_bot.control.driver import Driver
from qsc_bot.errors import FileSetAside, QscBotError
from qsc_bot.models.conversation import Call, Control, ConversationId, Method, Move, Reading
from qsc_bot.storage.index import Index


class RememberingDriver:
    """The same driver; so that a list shows what this run or another has just read or changed.

    An answer holds though the index cannot keep it: a write that was done is no failure for that.
    """

    def __init__(self, driver: Driver, index: Index) -> None:
        self._driver = driver
        self._index = index

    @property
    def method(self) -> Method:
        """The method that this drives."""
        return self._driver.method

    def read(self, person: ConversationId) -> Reading:
        """Read one, fresh, and keep it."""
        reading = self._driver.read(person)
        with suppress(QscBotError):
            self._index.keep(reading)
        return reading

    def plan(self, person: ConversationId, to: Control, *, reading: Reading | None, note: str) -> Move:
        """The writes that move it."""
        return self._driver.plan(person, to, reading=reading, note=note)

    def plan_extension(self, person: ConversationId, seconds: int) -> Move:
        """The writes that prolong control."""
        return self._driver.plan_extension(person, seconds)

    def send(self, person: ConversationId, call: Call, *, before: Reading | None) -> Reading | None:
        """Forget the state before it changes; what the answer proves about it afterwards is kept."""
        with suppress(FileSetAside):  # with it went all that is to be forgotten
            self._index.forget((person, *(before.also if before else ())))
        proof = self._driver.send(person, call, before=before)
        if proof is not None:
            with suppress(QscBotError):
                self._index.keep(proof)
        return proof
