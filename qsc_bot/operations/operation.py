"""Operations: begun with a plan, carried out, resumed; every write of this tool is part of one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from qsc_bot.models.conversation import Outcome
from qsc_bot.models.operation import Begun, Step
from qsc_bot.models.profile import Profile
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.recording import Recording
from qsc_bot.operations.run import Run
from qsc_bot.operations.work import Work, new_operation
from qsc_bot.results import Running
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
    fails_fast: bool = False,
    undoes: str | None = None,
    warnings: Sequence[str] = (),
    workers: int = WRITERS,
) -> Running:
    """Begin an operation: its plan is on the disk before the first of its writes goes out."""
    recording = Recording(journal, new_operation(connection.clock.unix()))
    work = Work(connection=connection, operation=recording.operation, is_single=is_single)
    run = Run(work, recording, steps, fails_fast=fails_fast, workers=workers)
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
        with recording.begun(begin, steps):
            yield from run.outcomes()

    return Running(schema="outcomes", outcomes=outcomes(), total=len(steps), report=lambda: run.report(warnings))


def remote_of(profile: Profile) -> str:
    """The host that an operation writes to."""
    return urlsplit(profile.base_url).netloc
