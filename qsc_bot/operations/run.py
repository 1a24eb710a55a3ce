"""Carries an operation out: several conversations at once, an outcome for each, a stop where going on is pointless."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from qsc_bot.control.survey import STOPPING
from qsc_bot.errors import AccessDenied, QscBotError, WriteInDoubt
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import Counts, Failure, Outcome, Status
from qsc_bot.models.operation import Step
from qsc_bot.operations.acts import act, driver_of
from qsc_bot.operations.forecast import calls_of
from qsc_bot.operations.recording import ItemRecording, Recording
from qsc_bot.operations.reserve import FREE, Reserve
from qsc_bot.operations.work import Work
from qsc_bot.results import Outcomes, Report
from qsc_bot.transport.parallel import WRITERS, as_they_come

FINAL: Final = frozenset({ExitCode.UNCLASSIFIED, ExitCode.USAGE, ExitCode.NOT_FOUND, ExitCode.CONFLICT})
"""What failed with one of these would fail again; everything else is tried again when the operation is resumed."""
_NOT_BEGUN: Final = frozenset({"budget.reserved", "run.interrupted"})
"""With one of these, and nothing sent, an item was not begun: no calls were left for the whole of it."""
Do = Callable[[Work, Step, ItemRecording], Outcome]


def is_left(item: Outcome) -> bool:
    """Whether there is something to be done still, so that resuming the operation is worth it."""
    if item.status in (Status.PLANNED, Status.IN_DOUBT):
        return True
    return item.error is not None and item.error.exit not in FINAL


class Run:
    """One run of an operation. `known` are outcomes of earlier runs, which stand as they are."""

    def __init__(
        self,
        work: Work,
        recording: Recording,
        steps: Sequence[Step],
        *,
        known: Mapping[str, Outcome] | None = None,
        fails_fast: bool = False,
        reserve: Reserve = FREE,
        workers: int = WRITERS,
        do: Do = act,
    ) -> None:
        self._work = work
        self._recording = recording
        self._steps = steps
        self._fails_fast = fails_fast
        self._reserve = reserve
        self._workers = min(workers, len(steps))
        self._do = do
        self._done = dict(known or {})
        self._open: dict[str, ItemRecording] = {}
        self._failed: QscBotError | None = None
        self._refusal: QscBotError | None = None
        self._break: QscBotError | None = None

    def outcomes(self) -> Iterator[Outcome]:
        """Carry out what is not known yet; each outcome as it comes. Faults of ours and a second Ctrl-C end it."""
        try:
            check = self._work.connection.check_stop
            with self._reserve.holding(self._work.connection):
                for item in as_they_come(self._one, self._wanted(), workers=self._workers, check=check):
                    if item is not None:
                        self._done[item.id] = item
                        yield item
        except KeyboardInterrupt:
            self._break = self._work.connection.asked_to_stop() or QscBotError("run.interrupted", "stopped by Ctrl-C")
        except Exception as fault:  # noqa: BLE001  # told with what was done until then, and raised by who shows it
            self._break = QscBotError("internal.fault", f"a fault of qsc-bot ({type(fault).__name__})")
            self._break.__cause__ = fault
        finally:
            self._recording.is_over = True
        yield from self._doubts_left()
        self._recording.ended(is_done=not self._is_unfinished, error=self._stop)

    def report(self, warnings: Sequence[str] = ()) -> Report:
        """What it came to, in the order of the plan, once every outcome was read."""
        found = [self._done.get(step.id) or self._untried(step) for step in self._steps]
        items = [item for item in found if item is not None]
        counts = Counts.of(item.status for item in items)
        body = Outcomes(operation=self._recording.operation, items=items, counts=counts)
        return Report(
            schema="outcomes",
            body=body,
            warnings=warnings,
            next=self._next(items),
            is_unfinished=self._is_unfinished,
            stop=self._told_stop(),
        )

    @property
    def _stop(self) -> QscBotError | None:
        """What ended the run before all was done, and ends the command with its own exit code."""
        return self._break or self._recording.failure or self._refusal

    @property
    def _is_unfinished(self) -> bool:
        return any(step.id not in self._done or is_left(self._done[step.id]) for step in self._steps)

    def _wanted(self) -> Iterator[Step]:
        """Steps to be done, until something speaks against going on."""
        for step in self._steps:
            if step.id in self._done:
                continue
            self._break = self._break or self._work.connection.asked_to_stop()
            if self._stop is not None or (self._fails_fast and self._failed):
                return
            yield step

    def _one(self, step: Step) -> Outcome | None:
        """What one step came to; None where it was not begun."""
        recording = self._open[step.id] = self._recording.item(step.id)
        try:
            item = self._with_calls_set_aside(step, recording)
        except QscBotError as error:
            if error.code in _NOT_BEGUN and not recording.is_sent:
                self._leave(error)
                return None
            if isinstance(error, AccessDenied) or error.code in STOPPING:
                self._refuse(error)
            item = self._failure(step, error, is_sent=recording.is_sent)
        if item.error is not None:
            self._failed = self._failed or item.error.as_error()
        recording.settled(item)
        return item

    def _failure(self, step: Step, error: QscBotError, *, is_sent: bool) -> Outcome:
        """A step that failed; an older doubt about its write lasts until its state was read."""
        is_doubtful = isinstance(error, WriteInDoubt) or (step.id in self._work.doubts and not is_sent)
        status = Status.IN_DOUBT if is_doubtful and error.exit_code not in FINAL else Status.FAILED
        return Outcome(id=step.id, action=step.action, status=status, error=Failure.of(error))

    def _with_calls_set_aside(self, step: Step, recording: ItemRecording) -> Outcome:
        """Do a step once all the calls that it may need are there, so that none is refused after a write.

        The first answer may tell that they are not: then it begins anew, which waits for them or is refused.
        """
        connection = self._work.connection
        calls = calls_of(step, driver_of(connection, step).method)
        room = partial(connection.budget.room_for, social_connect=calls.social_connect, graph=calls.graph)
        try:
            with room():
                return self._do(self._work, step, recording)
        except QscBotError as error:
            if error.code != "budget.reserved" or recording.is_sent:
                raise
        with room():
            return self._do(self._work, step, recording)

    def _leave(self, error: QscBotError) -> None:
        """End the run before a step."""
        if error.code == "run.interrupted":
            self._break = self._break or self._work.connection.asked_to_stop() or error
        else:
            self._refuse(error)

    def _refuse(self, error: QscBotError) -> None:
        """End the run for the first of what speaks against it; what was answered comes before what was not begun."""
        if self._refusal is None or self._refusal.code in _NOT_BEGUN:
            self._refusal = error

    def _doubts_left(self) -> Iterator[Outcome]:
        """What was in flight when the run was broken off: in doubt if a write of it was sent, else not touched."""
        for step in self._steps if self._break else ():
            recording = self._open.get(step.id)
            if step.id in self._done or recording is None or not recording.is_sent:
                continue
            doubt = QscBotError("write.in_doubt", f"{step.id}: {self._break} after its write was sent")
            item = Outcome(id=step.id, action=step.action, status=Status.IN_DOUBT, error=Failure.of(doubt))
            self._done[step.id] = item
            yield item

    def _untried(self, step: Step) -> Outcome | None:
        """What is said of a step that was not tried: nothing where a person or a fault broke the run off."""
        reason = self._recording.failure or self._refusal or self._failed
        if self._break is not None or reason is None:
            return None
        note = f"not tried after: {reason.message}"
        return Outcome(id=step.id, action=step.action, status=Status.SKIPPED, note=note, error=Failure.of(reason))

    def _told_stop(self) -> QscBotError | None:
        """What ended the run, with how much a break left."""
        if self._break is None:
            return self._stop
        left = sum(step.id not in self._done for step in self._steps)
        number = f"{left} conversation{' was' if left == 1 else 's were'} not touched"
        told = QscBotError(self._break.code, f"{self._break.message}; {number}")
        told.__cause__ = self._break.__cause__
        return told

    def _next(self, items: Sequence[Outcome]) -> list[str]:
        if self._is_unfinished:
            return [f"qsc-bot operation resume {self._recording.operation}"]
        if not any(item.status is Status.CHANGED for item in items):
            return []
        return [
            f"qsc-bot conversation show {shlex.quote(items[0].id)}" if len(items) == 1 else "qsc-bot conversation list"
        ]
