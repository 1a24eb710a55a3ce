"""The command line as a process: real streams, and a report file for faults of ours."""

import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from errno import EBADF, EIO, ENOSPC
from pathlib import Path
from typing import Final, TextIO

from qsc_bot.cli.root import run
from qsc_bot.cli.surroundings import Surroundings
from qsc_bot.exit_codes import ExitCode

UNWRITABLE: Final = frozenset({EBADF, EIO, ENOSPC})


def run_process(argv: Sequence[str]) -> int:
    """Run with the process's own streams and environment; the exit code."""
    around = Surroundings(stdout=_or_null(sys.stdout), stderr=_or_null(sys.stderr))
    try:
        return run(argv, around)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            return _tell_fault(error, around)
        _tell(f"error: the result cannot be written: {error.strerror}   [output.unwritable]")
        return int(ExitCode.ENVIRONMENT)
    except Exception as error:  # noqa: BLE001  # the last place where a fault of ours can become a report
        return _tell_fault(error, around)
    finally:
        _settle(sys.stdout)
        _settle(sys.stderr)


def _tell_fault(error: Exception, around: Surroundings) -> int:
    try:
        where = _report(error, around.secrets())
    except Exception:  # noqa: BLE001  # a second fault would be shown by Python as it is
        where = f"it could not be written; {type(error).__name__}"
    _tell(f"error: this is a fault of qsc-bot, not of yours   [internal.fault]\n  report: {where}")
    return int(ExitCode.UNCLASSIFIED)


def _tell(text: str) -> None:
    with suppress(OSError, ValueError):
        _or_null(sys.stderr).write(f"{text}\n")


def _or_null(stream: TextIO | None) -> TextIO:
    """A stream of the process; a closed one is None, and what is written to it is lost."""
    return stream if stream is not None else Path(os.devnull).open("w", encoding="utf-8")


def _settle(stream: object) -> None:
    """Flush; a pipe that was closed on purpose must not make Python complain at its exit."""
    try:
        stream.flush()  # type: ignore[attr-defined]  # sys.stdout may be any object with flush, or None
    except (OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        for number in (1, 2):
            if getattr(stream, "fileno", lambda: -1)() == number:
                os.dup2(null, number)


def _report(error: Exception, secrets: Collection[str]) -> str:
    """Write the traceback without values of variables and without secrets; where it is."""
    import tempfile
    import traceback

    from qsc_bot.transport.redact import redact

    text = redact("".join(traceback.format_exception(error)), secrets)
    handle, name = tempfile.mkstemp(prefix="qsc-bot-report-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return name
