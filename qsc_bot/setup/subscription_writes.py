"""The writes to an app's and a Page's subscriptions, in turn: where one fails, what the others came to is told."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from qsc_bot.api.subscriptions import Subscriptions
from qsc_bot.catalogue import CATALOGUE
from qsc_bot.errors import ApiError, QscBotError, WriteInDoubt
from qsc_bot.models.conversation import Call
from qsc_bot.models.subscription import Layers

AGAIN: Final = "run the same command again: it reads what is there, and sends only what is missing"
NOT_DONE: Final = "write.not_done"


def write_all(
    remote: Subscriptions, calls: Sequence[Call], hidden: Mapping[str, str], *, note: Callable[[], None]
) -> Layers:
    """Send each write once, `note` each that was done, then read both layers once.

    A write whose answer was lost is judged by what is there: raises `write.not_done`, or `write.in_doubt` where that
    cannot be read. Every failure keeps its code and says what was done before it and what was not.
    """
    done = 0
    try:
        for call in calls:
            _write(remote, call, hidden)
            done += 1
            note()
        return remote.read()
    except QscBotError as error:
        raise _told(error, remote, done=calls[:done], left=calls[done:]) from error


def _write(remote: Subscriptions, call: Call, hidden: Mapping[str, str]) -> None:
    try:
        remote.send(call, hidden=hidden)
    except WriteInDoubt as doubt:
        try:
            after = remote.read()
        except QscBotError as error:
            raise doubt from error
        if not remote.is_done(call, after, hidden=hidden):
            text = f"{doubt.message}; read back, it was not done"
            raise ApiError(NOT_DONE, text, request_id=doubt.request_id, status=doubt.status) from doubt


def _told(error: QscBotError, remote: Subscriptions, *, done: Sequence[Call], left: Sequence[Call]) -> QscBotError:
    """The same failure with what the writes before it came to."""
    is_in_doubt = isinstance(error, WriteInDoubt)
    if not done and not is_in_doubt:
        return error
    message, hint = error.message, list(error.hint)
    if done:
        message += "; before that, " + ", ".join(f"{remote.layer(one)} was {_came_to(one)}" for one in done)
    for place, one in enumerate(left):
        if place == 0 and is_in_doubt:
            message += f"; whether {remote.layer(one)} was changed is not known"
        else:
            message += f"; {remote.layer(one)} was not changed"
    if not hint and not is_in_doubt and error.code != NOT_DONE:
        hint.append(CATALOGUE[error.code].remedy)
    return QscBotError(error.code, message, hint=(*hint, AGAIN), request_id=error.request_id, status=error.status)


def _came_to(call: Call) -> str:
    if call.method == "DELETE":
        return "taken off"
    body = call.body or {}
    fields = str(body.get("fields") or body.get("subscribed_fields"))
    return f"replaced ({', '.join(fields.split(','))})"
