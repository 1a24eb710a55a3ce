"""A rescue plan that was saved to a file: read strictly, and only for the account that it was made for."""

import shlex
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.profile import Profile
from qsc_bot.models.rescue import SavedPlan
from qsc_bot.operations.fingerprint import PATTERN
from qsc_bot.operations.operation import remote_of
from qsc_bot.operations.rescue import Rescue
from qsc_bot.operations.selection import check_service
from qsc_bot.operations.stuck import CODES

LARGEST_BYTES: Final = 16 * 1024 * 1024


def read_plan(path: Path, profile: Profile) -> Rescue:
    """The plan in a file; raises `usage.plan` for what is none, `rescue.elsewhere` for one of another account."""
    plan = _decoded(path)
    place = f"profile {plan.profile}, account {plan.account_id} on {plan.remote}"
    now = f"profile {profile.name}, account {profile.account_id} on {remote_of(profile)}"
    if place != now:
        hint = (f"add -p {shlex.quote(plan.profile)}",) if plan.profile != profile.name else ("make a new plan",)
        raise QscBotError(
            "rescue.elsewhere", f"{path}: the plan is another account's", expected=now, found=place, hint=hint
        )
    for step in plan.steps:
        check_service(profile, ConversationId.parse(step.id).service)
    return Rescue(plan=plan, gaps=plan.warnings)


def _decoded(path: Path) -> SavedPlan:
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise _unusable(path, f"it cannot be read: {error.strerror}") from error
    if len(body) > LARGEST_BYTES:
        raise _unusable(path, f"it is longer than {LARGEST_BYTES // 1024 // 1024} MiB")
    try:
        plan = msgspec.json.decode(body, type=SavedPlan)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise _unusable(path, str(error)) from error
    for fault in _faults(plan):
        raise _unusable(path, fault)
    return plan


def _faults(plan: SavedPlan) -> list[str]:
    """What no plan of this tool's holds, though the shape allows it."""
    import re

    doubles = [name for name, number in Counter(step.id for step in plan.steps).items() if number > 1]
    faults = [f"{name[:80]!r} stands in it more than once" for name in doubles]
    for at, step in enumerate(plan.steps):
        if not step.reason or not set(step.reason) <= set(CODES):
            faults.append(f"$.steps[{at}].reason names no code")
        if not re.match(PATTERN, step.fingerprint):
            faults.append(f"$.steps[{at}].fingerprint is none")
    return faults


def _unusable(path: Path, fault: str) -> QscBotError:
    return QscBotError("usage.plan", f"{path} is no rescue plan: {fault}")
