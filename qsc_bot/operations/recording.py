"""Writes one operation to the journal while it is carried out: before each call goes out, and after its answer."""

from collections.abc import Sequence

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Call, Failure, Outcome, Reading
from qsc_bot.models.operation import Answered, Before, Begun, Ended, Event, Planned, Resumed, Sent, Settled, State, Step
from qsc_bot.storage.journal import Journal


class Recording:
    """The journal of one operation. `failure` is why what was done could not be written down any more.

    Once it `is_over`, nothing goes out and nothing of an item is written down: what was in flight then is in doubt.
    """

    def __init__(self, journal: Journal, operation: str) -> None:
        self._journal = journal
        self.operation = operation
        self.failure: QscBotError | None = None
        self.is_over = False

    def begun(self, begin: Begun, steps: Sequence[Step], known: Sequence[Outcome] = ()) -> None:
        """Write down the plan before anything of it is done, and what is known already of some of its items."""
        plan: list[tuple[str | None, Event]] = [(step.id, Planned(step=step)) for step in steps]
        settled: list[tuple[str | None, Event]] = [(one.id, Settled(outcome=one)) for one in known]
        self._journal.append(self.operation, [(None, begin), *plan, *settled])

    def resumed(self, event: Resumed) -> None:
        """Write down that the operation goes on."""
        self._journal.append(self.operation, [(None, event)])

    def ended(self, *, is_done: bool, error: QscBotError | None) -> None:
        """Write down how this run ended."""
        state = State.DONE if is_done else State.UNFINISHED
        self._note(None, Ended(state=state, error=Failure.of(error) if error else None))

    def item(self, item: str) -> "ItemRecording":
        """The part of one item."""
        return ItemRecording(self, item)

    def sending(self, item: str, event: Sent) -> None:
        """Write down what is about to go out; raises where that cannot be, so that it does not go out."""
        self.check_open()
        if self.failure is not None:
            raise self.failure
        try:
            self._journal.append(self.operation, [(item, event)])
        except QscBotError as error:
            self.failure = self.failure or error
            raise

    def note(self, item: str, event: Event) -> None:
        """Write down what has happened; a failure of that is kept, for what has happened is to be told all the same."""
        if not self.is_over:
            self._note(item, event)

    def check_open(self) -> None:
        """Raise where the run is over."""
        if self.is_over:
            raise QscBotError("run.interrupted", "the run was broken off before this was sent")

    def _note(self, item: str | None, event: Event) -> None:
        try:
            self._journal.append(self.operation, [(item, event)])
        except QscBotError as error:
            self.failure = self.failure or error


class ItemRecording:
    """What happens to one item. `is_sent` once a write of it may have gone out."""

    def __init__(self, recording: Recording, item: str) -> None:
        self._recording = recording
        self._item = item
        self.is_sent = False
        self.before: Reading | None = None

    def sending(self, before: Reading, call: Call) -> None:
        """A write goes out next."""
        self.before = self.before or before
        was_sent, self.is_sent = self.is_sent, True  # before the look at whether the run is over: who ends it sees this
        try:
            self._recording.sending(self._item, Sent(before=Before.of(before), call=call))
        except QscBotError:
            self.is_sent = was_sent
            raise
        self._recording.check_open()

    def answered(self, ids: dict[str, str], error: QscBotError | None = None) -> None:
        """Its answer came, or was lost."""
        known = ids | ({"request_id": error.request_id} if error and error.request_id else {})
        self._recording.note(self._item, Answered(ids=known, error=Failure.of(error) if error else None))

    def settled(self, outcome: Outcome) -> None:
        """What the item came to."""
        before = Before.of(self.before) if self.before else None
        self._recording.note(self._item, Settled(outcome=outcome, before=before))
