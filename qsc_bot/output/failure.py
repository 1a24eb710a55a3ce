"""A failure told to a person, or to a program."""

from collections.abc import Iterator, Sequence
from typing import Final

from qsc_bot.catalogue import CATALOGUE
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Outcome, Status
from qsc_bot.output.fields import Row, encode
from qsc_bot.output.streams import RED, Outlet
from qsc_bot.output.structured import Owner, envelope
from qsc_bot.output.text import ELLIPSIS, sanitise

_LONGEST_MESSAGE: Final = 2_000


def failure_text(error: QscBotError, outlet: Outlet, *, with_request: bool = False) -> str:
    """What failed, what was expected and found, and what to do next."""
    label = outlet.paint("error:", RED)
    lines = [f"{label} {sanitise(_cut(error.message))}   [{error.code}]"]
    states = [f"{word}: {sanitise(_cut(text))}" for word, text in _states(error) if text is not None]
    if states:
        lines.append(f"  {'    '.join(states)}")
    first, *more = error.hint or (CATALOGUE[error.code].remedy,)
    lines += [f"  try:  {sanitise(_cut(first))}", *(f"        {sanitise(_cut(hint))}" for hint in more)]
    if with_request and error.request_id:
        lines.append(f"  request: {sanitise(error.request_id)}")
    return "".join(f"{line}\n" for line in lines)


def failed_item_lines(items: Sequence[Outcome]) -> Iterator[str]:
    """Why some of many came to nothing: a line for each that failed, and one for all that were not tried after it."""
    left: dict[tuple[str, str], list[str]] = {}
    for item in items:
        if item.error is None:
            continue
        if item.status is Status.SKIPPED:
            left.setdefault((item.error.code, item.error.message), []).append(item.id)
        else:
            yield _item_line(item.status.replace("_", " "), item.id, item.error.code, item.error.message)
    for (code, message), ids in left.items():
        whose = ids[0] if len(ids) == 1 else f"{len(ids)} conversations"
        yield _item_line("skipped", f"{whose}, not tried after", code, message)


def _item_line(status: str, whose: str, code: str, message: str) -> str:
    return f"{status}: {whose}: {_cut(message.removeprefix(f'{whose}: '))}   [{code}]"


def failure_document(error: QscBotError, owner: Owner) -> Row:
    """The error object."""
    told = error.as_data() | {"message": _cut(error.message)}
    return envelope("error", owner) | {"error": encode(told)}


def _states(error: QscBotError) -> tuple[tuple[str, str | None], ...]:
    return ("expected", error.expected), ("now", error.found)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 1]}{ELLIPSIS}"
