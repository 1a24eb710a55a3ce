"""How a bot's answer to a delivery stands, and what to change whatever was sent."""

from typing import Final

from qsc_bot.models.delivery import Answer
from qsc_bot.operations.endpoint import ANSWER_SECONDS

PROVES_NOTHING: Final = "what is right is not taken either, so that this proves nothing"
_TAKEN, _REDIRECT, _REFUSED = range(200, 300), range(300, 400), range(400, 500)
_NOT_FOUND: Final = (404, 405, 410)


def is_taken(answer: Answer) -> bool:
    """Whether a delivery was answered with 2xx."""
    return answer.status in _TAKEN


def is_late(answer: Answer) -> bool:
    """Whether it came after the time that Meta gives."""
    return (answer.milliseconds or 0) >= ANSWER_SECONDS * 1000


def common_cause(answer: Answer) -> str | None:
    """What to change whatever was sent; None where it depends on that."""
    if is_late(answer):
        return f"answer within {ANSWER_SECONDS:.0f} s, and work afterwards"
    if answer.status is None:
        return "is the bot running, and the address right?"
    if answer.status in _REDIRECT:
        return "redirects are not followed: register the address that this one leads to"
    if answer.status in _NOT_FOUND:
        return "is the path right, and does the bot take this method there?"
    return None if answer.status in _REFUSED or is_taken(answer) else "the bot failed: see its log"
