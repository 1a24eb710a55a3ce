"""A certificate for people: a scenario a row, its reason whole on as many lines as it takes; for pipes, a line each."""

from collections.abc import Sequence
from typing import Final

from qsc_bot.output.fields import Row
from qsc_bot.output.plain import plain_lines
from qsc_bot.output.table import Screen, wrapped
from qsc_bot.output.text import sanitise

FIELDS: Final = ("scenario", "result", "reason")
_SHORTEST: Final = 30


def certificate_screen(row: Row, screen: Screen) -> str:
    """A table whose reasons are wrapped and never cut; below their scenarios where the terminal is narrow."""
    checks = row["items"]
    name = max(len("SCENARIO"), *(len(check["scenario"]) for check in checks))
    mark = max(len("RESULT"), *(len(check["result"]) for check in checks))
    room = screen.width - name - mark - 4
    if room < _SHORTEST:
        return _stacked(checks, screen)
    lines = [screen.header(f"{'SCENARIO':{name}}  {'RESULT':{mark}}  REASON")]
    for check in checks:
        first, *more = wrapped(screen.fit(sanitise(check["reason"])), room)
        lines.append(f"{check['scenario']:{name}}  {check['result']:{mark}}  {first}")
        lines += [f"{'':{name + mark + 4}}{line}" for line in more]
    return "".join(f"{line}\n" for line in lines)


def _stacked(checks: Sequence[Row], screen: Screen) -> str:
    lines: list[str] = []
    for check in checks:
        lines.append(screen.header(f"{check['scenario']}: {check['result']}"))
        room = max(screen.width - 2, 1)
        lines += [f"  {line}" for line in wrapped(screen.fit(sanitise(check["reason"])), room)]
    return "".join(f"{line}\n" for line in lines)


def certificate_lines(row: Row) -> str:
    """A scenario a line."""
    return plain_lines(row["items"], FIELDS)
