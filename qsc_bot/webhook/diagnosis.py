"""Why a signature does not fit, for the one who connects a bot: bounded, since any stranger may ask for it."""

from collections.abc import Callable
from typing import Final

from qsc_bot.models.delivery import Verdict, Via
from qsc_bot.webhook.signature import judge, told_by_header

LARGEST_BYTES: Final = 16 * 1024
BETWEEN_SECONDS: Final = 1.0
"""Measured: a look takes 5 ms at most, so a flood has less than 1 % of the time of the thread that answers."""


class Diagnosis:
    """Looks into a body now and then, and else says what the header tells."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._looked_at = float("-inf")

    def of(self, via: Via, body: bytes, header: str | None, secret: str) -> tuple[Verdict, str | None]:
        """What is wrong with a signature that is not valid."""
        verdict, note = told_by_header(via, header)
        if verdict is not Verdict.WRONG:
            return verdict, note
        if len(body) > LARGEST_BYTES or self._monotonic() - self._looked_at < BETWEEN_SECONDS:
            return verdict, f"{note}; qsc-bot webhook check looks into it"
        self._looked_at = self._monotonic()
        return judge(via, body, header, secret, is_thorough=False)
