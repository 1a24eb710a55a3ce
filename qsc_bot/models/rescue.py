"""Stuck conversations and what is to be done about each, decided before anything is sent."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from qsc_bot.models.conversation import Control

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Action = Literal["handover.to_bot", "handover.to_agent", "handover.renew", "escalation.remove"]


class RescueStep(msgspec.Struct, frozen=True, kw_only=True, rename={"control": "from"}):
    """One stuck conversation: why, who holds it, and what is proposed; null, with a note, where nothing is.

    `fingerprint` stands for the state that this was decided on; the step is not done once that has moved.
    """

    id: str
    reason: list[str]
    action: Action | None
    control: Control
    fingerprint: str
    note: str | None = None


class RescuePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a rescue would do. `limits` are those that the conversations were judged by; they count wall time.

    `complete` is false where conversations were left out, by a limit or because not everything could be read.
    """

    made_at: Moment
    remote: str
    since: Moment
    limits: dict[str, str]
    complete: bool
    steps: list[RescueStep]


class SavedStep(RescueStep, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step as it stands in a file: what is not understood there must not be left out of what is done."""


class SavedPlan(RescuePlan, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan as it stands in a file, with whose it is; `warnings` tell what the survey may have missed."""

    schema: Literal["qsc-bot/rescue-plan@1"]
    profile: str
    account_id: str
    warnings: list[str]
    steps: list[SavedStep]  # type: ignore[assignment]  # nothing is ever put into the list
