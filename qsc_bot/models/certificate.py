"""What a bot came to in scenarios that were played to it."""

from enum import StrEnum

import msgspec

from qsc_bot.models.delivery import Via


class Mark(StrEnum):
    """How one scenario went. `skipped`: it does not concern this kind of webhook, or the run ended before."""

    PASS = "pass"  # noqa: S105  # no password
    FAIL = "fail"
    SKIPPED = "skipped"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario; `reason` says what was expected and seen and, where that differs, what to change."""

    scenario: str
    result: Mark
    reason: str


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """Scenarios in the order played; `silence_s` is how long was waited before a bot counted as silent.

    It is not `complete` where the run was ended before its last scenario.
    """

    items: list[Check]
    via: Via
    run: str
    sandbox: str
    timeout_s: float
    silence_s: float
    complete: bool = True
