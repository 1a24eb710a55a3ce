"""The command line as a process: real streams, and a report file for faults of ours."""

import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from errno import EBADF, EIO, ENOSPC
from pathlib import Path
from typing import Final, TextIO

from qsc_bot.cli.root import run, wanted_format
from qsc_bot.cli.surroundings import Surroundings
from qsc_bot.errors import QscBotError
from qsc_bot.output.formats import Format

UNWRITABLE: Final = frozenset({EBADF, EIO, ENOSPC})


def run_process(argv: Sequence[str]) -> int:
    """Run with the process's own streams and environment; the exit code."""
    around = Surroundings(stdout=_or_null(sys.stdout), stderr=_or_null(sys.stderr))
    try:
        return run(argv, around)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            return _tell_fault(error, argv, around)
        return _tell(QscBotError("output.unwritable", f"the result cannot be written: {error.strerror}"), argv)
    except Exception as error:  # noqa: BLE001  # the last place where a fault of ours can become a report
        return _tell_fault(error, argv, around)
    finally:
        _settle(sys.stdout)
        _settle(sys.stderr)


def _tell_fault(error: Exception, argv: Sequence[str], around: Surroundings) -> int:
    try:
        where = _report(error, around.secrets())
    except Exception:  # noqa: BLE001  # a second fault would be shown by Python as it is
        where = f"it could not be written; {type(error).__name__}"
    fault = "this is a fault of qsc-bot, not of yours"
    return _tell(QscBotError("internal.fault", fault, hint=(f"report: {where}",)), argv)


def _tell(error: QscBotError, argv: Sequence[str]) -> int:
    """Tell what ended the run, as an object where the words ask for JSON, and give the exit code."""
    text = f"error: {error.message}   [{error.code}]\n" + "".join(f"  {line}\n" for line in error.hint)
    if wanted_format(argv) in (Format.JSON, Format.NDJSON):
        from qsc_bot.output.failure import failure_document
        from qsc_bot.output.structured import to_json

        text = f"{to_json(failure_document(error, {'profile': None, 'account_id': None}))}\n"
    with suppress(OSError, ValueError):
        _or_null(sys.stderr).write(text)
    return int(error.exit_code)


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
