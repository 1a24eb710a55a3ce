"""A failure told to a person, or to a program."""

from typing import Final

from qsc_bot.catalogue import CATALOGUE
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Failure, Status
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


def failed_item_line(item_id: str, status: Status, failure: Failure) -> str:
    """Why one item of many came to nothing."""
    return f"{status.replace('_', ' ')}: {item_id}: {_cut(failure.message)}   [{failure.code}]"


def failure_document(error: QscBotError, owner: Owner) -> Row:
    """The error object."""
    told = error.as_data() | {"message": _cut(error.message)}
    return envelope("error", owner) | {"error": encode(told)}


def _states(error: QscBotError) -> tuple[tuple[str, str | None], ...]:
    return ("expected", error.expected), ("now", error.found)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 1]}{ELLIPSIS}"
