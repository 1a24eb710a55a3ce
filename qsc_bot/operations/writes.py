"""One write over several conversations: one after another, an outcome for each, a stop where going on is pointless."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from qsc_bot.errors import AccessDenied, QscBotError, WriteInDoubt
from qsc_bot.models.conversation import Outcome, Status
from qsc_bot.operations.move import failure
from qsc_bot.operations.selection import Target
from qsc_bot.results import Outcomes, Report, count

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_LETTERS: Final = 9
_RANDOM_LETTERS: Final = 6


class Interrupted(QscBotError):
    """Ctrl-C in the middle: what was done until then is in `report`."""

    def __init__(self, report: Report, *, left: int) -> None:
        super().__init__("run.interrupted", f"stopped by Ctrl-C; {left} conversations were not touched")
        self.report = report


@dataclass
class Run:
    """The outcomes of one operation so far, by conversation and by contact."""

    operation: str
    action: str
    items: list[Outcome] = field(default_factory=list)
    by_contact: dict[str, Outcome] = field(default_factory=dict)

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


def run_each(run: Run, targets: Sequence[Target], act: Callable[[Target], Outcome]) -> None:
    """Act on each in turn. A refusal ends it, since the rest would be refused too; Ctrl-C ends it and is told."""
    for position, target in enumerate(targets):
        try:
            run.items.append(act(target))
        except AccessDenied as error:
            run.items.append(_failed(run, target, error))
            run.items += [_skipped(run, other, error) for other in targets[position + 1 :]]
            return
        except QscBotError as error:
            run.items.append(_failed(run, target, error))
        except KeyboardInterrupt as stop:
            run.items.append(_stopped(run, target))
            raise Interrupted(run.report(), left=len(targets) - position - 1) from stop


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
    return Outcome(id=str(target.id), action=run.action, status=status, error=failure(error))


def _skipped(run: Run, target: Target, error: QscBotError) -> Outcome:
    return Outcome(
        id=str(target.id), action=run.action, status=Status.SKIPPED, note=f"not tried after: {error.message}"
    )


def _stopped(run: Run, target: Target) -> Outcome:
    doubt = QscBotError("write.in_doubt", f"{target.id}: stopped by Ctrl-C, perhaps after the write was sent")
    return Outcome(id=str(target.id), action=run.action, status=Status.IN_DOUBT, error=failure(doubt))
