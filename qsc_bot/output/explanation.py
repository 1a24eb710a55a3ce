"""An explanation for people: verdicts, what was seen and what to type; then what happened, newest last."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from qsc_bot.models.duration import spoken
from qsc_bot.output.fields import Row
from qsc_bot.output.plain import flat, plain_lines, plain_record
from qsc_bot.output.table import Screen, wrapped
from qsc_bot.output.text import ELLIPSIS, cell_width, sanitise, shorten

SHOWN_ENTRIES: Final = 8
LONGEST_WHO: Final = 24
OTHERS_WORDS: Final = frozenset({"message", "status", "assignment", "priority", "action"})
_NARROWEST: Final = 24
_LEAST_TEXT: Final = 8


def explanation_screen(row: Row, screen: Screen) -> str:
    """One screen: texts are wrapped to its width, command lines stand alone and whole, so that they can be pasted."""
    width = max(screen.width, _NARROWEST)
    *earlier, control = row["timeline"]
    name = row["conversation"]["name"]
    title = _fit(f"{row['id']}  {name}" if name else row["id"], screen)
    lines = [screen.header(_cut(title, max(width, cell_width(row["id"])), screen))]
    lines += _hung(_capital(str(control["text"])), "", width, screen)
    for verdict in row["verdicts"]:
        lines += ["", *_verdict(verdict, width, screen)]
    return "".join(f"{line}\n" for line in [*lines, *_timeline(earlier, width, screen)])


def explanation_lines(row: Row) -> str:
    """For pipes: the conversation's fields, then verdicts and timeline, each line beginning with what it is."""
    lines = [plain_record(row["conversation"], tuple(row["conversation"]))]
    for verdict in row["verdicts"]:
        code = verdict["code"]
        told = [("verdict", verdict["text"]), *(("evidence", one) for one in verdict["evidence"])]
        told += [("next", one) for one in verdict["next"]]
        lines += [_plain(what, code, text) for what, text in told]
    lines += [_plain("timeline", one["at"], one["kind"], one["from"], one["text"]) for one in row["timeline"]]
    return "".join(lines)


def _plain(*cells: Any) -> str:
    named = {str(number): cell for number, cell in enumerate(cells)}
    return plain_lines([named], tuple(named))


def _verdict(verdict: Row, width: int, screen: Screen) -> Iterator[str]:
    yield from _hung(f"{verdict['text']} [{verdict['code']}]", "* ", width, screen)
    for one in verdict["evidence"]:
        yield from _hung(one, "  - ", width, screen)
    for number, line in enumerate(verdict["next"]):
        yield f"  {'     ' if number else 'try: '}{_fit(line, screen)}"


def _timeline(entries: Sequence[Row], width: int, screen: Screen) -> Iterator[str]:
    if not entries:
        return
    hidden = any(one["kind"] == "message" and one["text"] == ELLIPSIS for one in entries)
    notes = [
        *([f"{len(entries) - SHOWN_ENTRIES} earlier ones in -o json"] if len(entries) > SHOWN_ENTRIES else []),
        *(["--show-pii shows the texts"] if hidden else []),
    ]
    yield ""
    yield from _hung("Timeline" + (f" ({'; '.join(notes)})" if notes else ""), "", width, screen)
    for one in entries[-SHOWN_ENTRIES:]:
        yield from _entry(one, width, screen)


def _entry(one: Row, width: int, screen: Screen) -> list[str]:
    """What others wrote takes one line; what this tool says is told in full."""
    age = spoken((screen.now - datetime.fromisoformat(one["at"])).total_seconds()) if one["at"] else "?"
    start = f"{age:>6}  "
    longest = min(LONGEST_WHO, width - cell_width(start) - len(": ") - _LEAST_TEXT)
    who = _cut(_fit(one["from"] or one["kind"], screen), longest, screen)
    text = _fit(flat(one["text"]), screen)
    if one["kind"] not in OTHERS_WORDS:
        return _hung(f"{who}: {text}" if text else who, start, width, screen)
    return [f"{start}{who}: {_cut(text, width - cell_width(f'{start}{who}: '), screen)}"]


def _hung(text: str, start: str, width: int, screen: Screen) -> list[str]:
    """A text in lines that hang under its first word."""
    first, *more = wrapped(_fit(text, screen), width - cell_width(start))
    return [f"{start}{first}", *(f"{' ' * cell_width(start)}{line}" for line in more)]


def _cut(text: str, width: int, screen: Screen) -> str:
    if cell_width(text) <= width:
        return text
    ellipsis = screen.fit(ELLIPSIS)
    return shorten(text, width - len(ellipsis)).rstrip() + ellipsis


def _fit(text: str, screen: Screen) -> str:
    return screen.fit(sanitise(text))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
