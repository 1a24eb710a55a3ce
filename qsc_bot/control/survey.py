"""Reading many, one call each: what cannot be read is unknown with its reason, and a refusal is asked only once."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from threading import Event

from qsc_bot.control.driver import unknown
from qsc_bot.errors import AccessDenied, ApiError, QscBotError
from qsc_bot.models.conversation import ConversationId, Method, Reading
from qsc_bot.transport.parallel import in_parallel

STOPPING = frozenset({"api.rate_limited", "auth.rejected"})
"""Failures that every further call would meet as well."""


def read_each(
    people: Sequence[ConversationId],
    read: Callable[[ConversationId], Reading],
    *,
    method: Method,
    now: Callable[[], datetime],
) -> Iterator[Reading]:
    """Read each, eight at a time, in order. After one refusal the rest is unknown for the same reason, unasked."""
    refused = Event()
    reason = ""

    def tolerant(person: ConversationId) -> Reading:
        nonlocal reason
        if refused.is_set():
            return unknown(person, method, reason, now())
        try:
            return read(person)
        except AccessDenied as error:
            if error.code in STOPPING:
                raise
            reason = error.message
            refused.set()
            return unknown(person, method, reason, now())
        except (ApiError, QscBotError) as error:
            if error.code in STOPPING:
                raise
            return unknown(person, method, error.message, now())

    return in_parallel(tolerant, people)
