"""Reading many, one call each: what cannot be read is unknown with its reason, and a refusal is asked only once."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from qsc_bot.control.driver import failed
from qsc_bot.errors import AccessDenied, QscBotError
from qsc_bot.models.conversation import ConversationId, Method, Reading
from qsc_bot.transport.parallel import in_parallel

STOPPING: Final = frozenset({"api.rate_limited", "budget.reserved", "budget.max_calls"})
"""Failures that end a survey: every further call would make them worse."""


def read_each(
    people: Sequence[ConversationId],
    read: Callable[[ConversationId], Reading],
    *,
    method: Method,
    now: Callable[[], datetime],
) -> Iterator[Reading]:
    """Read each, eight at a time, in order. After one refusal the rest is unknown for the same reason, unasked."""
    refusals: list[AccessDenied] = []

    def tolerant(person: ConversationId) -> Reading:
        if refusals:
            return failed(person, method, refusals[0], now())
        try:
            return read(person)
        except QscBotError as error:
            if error.code in STOPPING:
                raise
            if isinstance(error, AccessDenied):
                refusals.append(error)
            return failed(person, method, error, now())

    return in_parallel(tolerant, people)
