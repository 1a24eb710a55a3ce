"""Why a conversation is where it is: what was read, what follows from it, and what to type next."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from qsc_bot.models.explanation import Explanation, Verdict
from qsc_bot.operations.anew import anew
from qsc_bot.operations.case import Case
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.diagnosis import diagnose
from qsc_bot.operations.inquiry import inquire
from qsc_bot.operations.selection import Target
from qsc_bot.operations.timeline import timeline
from qsc_bot.results import Record
from qsc_bot.setup.back_end import SetupBackEnd
from qsc_bot.storage.journal import Journal

PARTS: Final = {
    "control": "who holds it",
    "messages": "the list of messages",
    "thread": "the thread",
    "contact": "the contact",
    "others": "the contact's other conversations",
    "recipes": "the recipes",
    "mode": "the Page's mode",
    "apps": "the Page's apps",
    "journal": "what this tool did",
}


def explain(
    connection: Connection,
    target: Target,
    *,
    setup: Callable[[], SetupBackEnd],
    journal: Journal,
    since: timedelta | datetime,
    options: str = "",
) -> Record:
    """Explain one conversation; what could not be read is a warning, and the rest stands.

    `options` are appended to every command line, so that it acts for the same account when it is pasted. Raises what
    `inquire` raises.
    """
    case = anew(connection.index, lambda: inquire(connection, target, setup=setup, journal=journal, since=since))
    verdicts = [_with_options(one, options) for one in diagnose(case)]
    item = Explanation(
        id=case.row.id,
        conversation=case.row,
        verdicts=verdicts,
        timeline=timeline(case),
        next=_distinct(line for one in verdicts for line in one.next),
    )
    return Record(schema="explanation", item=item, warnings=_warnings(case))


def _with_options(verdict: Verdict, options: str) -> Verdict:
    return replace(verdict, next=[f"{line}{options}" for line in verdict.next])


def _distinct(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))


def _warnings(case: Case) -> list[str]:
    """What could not be read, each failure once with all that it cost."""
    lost: dict[str, list[str]] = {}
    for part, error in case.failures.items():
        lost.setdefault(error.message, []).append(PARTS[part])
    return [f"could not be read: {' and '.join(parts)}: {message}" for message, parts in lost.items()]
