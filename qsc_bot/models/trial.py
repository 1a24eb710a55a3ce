"""What trying a bot's webhook came to."""

from typing import Literal

import msgspec

from qsc_bot.models.delivery import Kind, Via

CheckResult = Literal["pass", "fail", "skipped"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a bot's webhook must do; `reason` says what it did and, where it failed, what to change."""

    check: str
    result: CheckResult
    reason: str


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was sent to a bot as a test, and what it answered; `text` is the beginning of the answer's body."""

    kind: Kind
    via: Via
    url: str
    signed: bool
    status: int
    milliseconds: int
    text: str
