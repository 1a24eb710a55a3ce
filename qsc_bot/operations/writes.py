"""One write over several conversations: one after another, an outcome for each, a stop where going on is pointless."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from qsc_bot.control.survey import STOPPING
from qsc_bot.errors import AccessDenied, QscBotError, WriteInDoubt
from qsc_bot.models.conversation import Failure, Outcome, Status
from qsc_bot.operations.selection import Target
from qsc_bot.results import Outcomes, Report, count

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_LETTERS: Final = 9
_RANDOM_LETTERS: Final = 6


class Interrupted(QscBotError):
    """A run that ended in the middle, by Ctrl-C or by a fault of ours: what was done until then is in `report`."""

    def __init__(self, code: str, message: str, report: Report) -> None:
        super().__init__(code, message)
        self.report = report


@dataclass
class Run:
    """The outcomes of one operation so far, by conversation and by contact."""

    operation: str
    action: str
    items: list[Outcome] = field(default_factory=list)
    by_contact: dict[str, Outcome] = field(default_factory=dict)
    is_sent: bool = False

    def mark_sent(self) -> None:
        """A write of the conversation in flight goes out now."""
        self.is_sent = True

    def report(self, next_commands: Sequence[str] = ()) -> Report:
        """The outcomes as shown."""
        body = Outcomes(operation=self.operation, items=self.items, counts=count(self.items))
        return Report(schema="outcomes", body=body, next=next_commands)


def new_operation(unix_seconds: float, random_below: Callable[[int], int] = secrets.randbelow) -> str:
    """An id for one operation: `op_`, then letters that sort by time, then chance."""
    stamp, letters = int(unix_seconds * 1000), []
    for _ in range(_TIME_LETTERS):
        stamp, digit = divmod(stamp, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    chance = (_ALPHABET[random_below(len(_ALPHABET))] for _ in range(_RANDOM_LETTERS))
    return "op_" + "".join(reversed(letters)) + "".join(chance)


def run_each(
    run: Run, targets: Sequence[Target], act: Callable[[Target], Outcome], *, should_stop: Callable[[], bool]
) -> None:
    """Act on each in turn. What every further one would meet too ends it; Ctrl-C ends it, and is told with the rest."""
    for position, target in enumerate(targets):
        if should_stop():
            raise _interrupted(run, "run.interrupted", "stopped by Ctrl-C", left=len(targets) - position)
        run.is_sent = False
        try:
            item = act(target)
        except QscBotError as error:
            item = _failed(run, target, error)
            if isinstance(error, AccessDenied) or error.code in STOPPING:
                run.items += [item, *(_not_tried(run, other, error) for other in targets[position + 1 :])]
                return
        except KeyboardInterrupt as stop:
            run.items += _unfinished(run, target, "stopped by Ctrl-C")
            left = len(targets) - len(run.items)
            raise _interrupted(run, "run.interrupted", "stopped by Ctrl-C", left=left) from stop
        except Exception as fault:
            run.items += _unfinished(run, target, f"a fault of qsc-bot ({type(fault).__name__})")
            left = len(targets) - len(run.items)
            raise _interrupted(run, "internal.fault", "a fault of qsc-bot", left=left) from fault
        run.items.append(item)


def shared(run: Run, contact_id: str | None, target: Target) -> Outcome | None:
    """The outcome of the same contact's write earlier in this run, if there was one: one contact, one write."""
    earlier = run.by_contact.get(contact_id) if contact_id else None
    if earlier is None:
        return None
    return msgspec.structs.replace(
        earlier, id=str(target.id), note=f"one write with {earlier.id}: the tag is the contact's"
    )


def _failed(run: Run, target: Target, error: QscBotError) -> Outcome:
    status = Status.IN_DOUBT if isinstance(error, WriteInDoubt) else Status.FAILED
    return Outcome(id=str(target.id), action=run.action, status=status, error=Failure.of(error))


def _not_tried(run: Run, target: Target, error: QscBotError) -> Outcome:
    note = f"not tried after: {error.message}"
    return Outcome(id=str(target.id), action=run.action, status=Status.SKIPPED, note=note, error=Failure.of(error))


def _unfinished(run: Run, target: Target, reason: str) -> list[Outcome]:
    """The item in flight: in doubt if its write was sent, else not touched and so no item at all."""
    if not run.is_sent:
        return []
    doubt = QscBotError("write.in_doubt", f"{target.id}: {reason} after its write was sent")
    return [Outcome(id=str(target.id), action=run.action, status=Status.IN_DOUBT, error=Failure.of(doubt))]


def _interrupted(run: Run, code: str, reason: str, *, left: int) -> Interrupted:
    number = f"{left} conversation{' was' if left == 1 else 's were'} not touched"
    return Interrupted(code, f"{reason}; {number}", run.report())
