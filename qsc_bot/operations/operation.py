"""Operations: begun with a plan, and resumed; every write of this tool is part of one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Outcome, Status
from qsc_bot.models.operation import Before, Begun, Operation, OperationItem, Resumed, State, Step
from qsc_bot.models.profile import Profile
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.forecast import tell_shortage
from qsc_bot.operations.history import fold, is_begun, read_operation, steps_of
from qsc_bot.operations.recording import Recording
from qsc_bot.operations.reserve import FREE, Reserve
from qsc_bot.operations.run import Run, is_left
from qsc_bot.operations.work import Work, new_operation
from qsc_bot.results import Report, Running
from qsc_bot.storage.journal import Journal
from qsc_bot.transport.parallel import WRITERS


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who types which command line, without secrets, and why."""

    by: str
    host: str
    command: str
    reason: str | None = None


def start(
    connection: Connection,
    journal: Journal,
    author: Author,
    steps: Sequence[Step],
    *,
    action: str,
    is_single: bool,
    known: Mapping[str, Outcome] | None = None,
    undoes: str | None = None,
    fails_fast: bool = False,
    reserve: Reserve = FREE,
    warnings: Sequence[str] = (),
    workers: int = WRITERS,
) -> Running:
    """Begin an operation: its plan is on the disk before the first of its writes goes out.

    `known` are outcomes of steps for which nothing will be sent.
    """
    recording = Recording(journal, new_operation(connection.clock.local_unix()))
    work = Work(connection=connection, operation=recording.operation, is_single=is_single)
    run = Run(work, recording, steps, known=known, fails_fast=fails_fast, reserve=reserve, workers=workers)
    begin = Begun(
        action=action,
        profile=connection.profile.name,
        account_id=connection.profile.account_id,
        remote=remote_of(connection.profile),
        by=author.by,
        host=author.host,
        command=author.command,
        reason=author.reason,
        undoes=undoes,
    )

    def outcomes() -> Iterator[Outcome]:
        with journal.held(recording.operation):
            recording.begun(begin, steps, list((known or {}).values()))
            yield from (known or {}).values()
            yield from run.outcomes()

    return Running(schema="outcomes", outcomes=outcomes(), total=len(steps), report=lambda: run.report(warnings))


def resume(
    connection: Connection, journal: Journal, author: Author, operation: str, reserve: Reserve = FREE
) -> Running:
    """Go on with an operation: what is not settled is read again, and sent again only where it is not done.

    Everything of the operation is reported. Raises `operation.not_found`, `operation.running` while another process
    carries it out, and `operation.elsewhere` where the profile names another account or host by now.
    """
    runs: list[Run] = []

    def outcomes() -> Iterator[Outcome]:
        with journal.held(operation):
            entries = journal.entries(operation)
            found = fold(entries, is_running=lambda: True)
            known = {item.id: outcome_of(item) for item in found.items if not is_left(item)}
            recording = Recording(journal, operation)
            work = Work(
                connection=connection,
                operation=operation,
                is_single=found.total == 1,
                doubts=doubts_of(found),
                begun=begun_of(found),
            )
            steps = steps_of(entries)
            run = Run(work, recording, steps, known=known, reserve=reserve)
            runs.append(run)
            yield from known.values()
            if len(known) < found.total:
                tell_shortage(connection, [step for step in steps if step.id not in known], reserve)
                recording.resumed(Resumed(by=author.by, host=author.host, command=author.command))
                yield from run.outcomes()
            elif found.state is not State.DONE:  # it ended between the last outcome and the word that all is done
                recording.ended(is_done=True, error=None)

    def report() -> Report:
        return runs[0].report()

    total = check_place(connection.profile, journal, operation).total
    return Running(schema="outcomes", outcomes=outcomes(), total=total, report=report)


def check_place(profile: Profile, journal: Journal, operation: str) -> Operation:
    """An operation that this profile may go on with; raises `operation.elsewhere`."""
    found = read_operation(journal, operation)
    place = f"account {found.account_id} on {found.remote}"
    now = f"account {profile.account_id} on {remote_of(profile)}"
    if place != now:
        raise QscBotError(
            "operation.elsewhere",
            f"{operation} belongs to {place}, and profile {profile.name} now names {now}",
            expected=place,
            found=now,
        )
    return found


def doubts_of(operation: Operation) -> dict[str, Before | None]:
    """What was read of each conversation before a write of which nobody knows whether it was done."""
    return {item.id: item.state_before for item in operation.items if item.status is Status.IN_DOUBT}


def begun_of(operation: Operation) -> dict[str, Before]:
    """The states before writes that may have changed something."""
    return {item.id: item.state_before for item in operation.items if is_begun(item) and item.state_before is not None}


def outcome_of(item: OperationItem) -> Outcome:
    """What an item came to, as it is shown after a run."""
    return Outcome(**{name: getattr(item, name) for name in Outcome.__struct_fields__})


def remote_of(profile: Profile) -> str:
    """The host that an operation writes to."""
    return urlsplit(profile.base_url).netloc
