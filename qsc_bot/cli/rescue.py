"""`conversation rescue`: a plan for what is stuck, shown and saved, or carried out."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qsc_bot.cli.ids import Ids
from qsc_bot.cli.lists import (
    AcrossReset,
    AgentForgotten,
    AgentSilent,
    BotSilent,
    Codes,
    LapseWarning,
    Services,
)
from qsc_bot.cli.options import session, since_option
from qsc_bot.cli.rescue_plan import Wish, plan_record, saved
from qsc_bot.cli.session import Session
from qsc_bot.cli.writes import (
    TYPED_NUMBER,
    Confirm,
    Reason,
    author,
    interruptible,
    kept_reserve,
    notice_profile,
    tell_cost,
)
from qsc_bot.errors import QscBotError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsc_bot.models.operation import Step
    from qsc_bot.operations.rescue import Rescue
    from qsc_bot.operations.reserve import Reserve
    from qsc_bot.results import Record, Running


Since = Annotated[
    Any,
    since_option("How far back to look: 24h, 7d", default="7d"),
]
Limit = Annotated[int | None, typer.Option(min=1, help="So many at most, who waits longest first; default: all.")]
IncludeOpen = Annotated[
    bool, typer.Option("--include-open", help="Hand forgotten ones to the bot also while assigned and not done.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Save the plan, and change nothing.")]
PlanFile = Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="Do exactly the plan in this file.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show the plan, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question that is always asked.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failure.")]
AllowPartial = Annotated[
    bool, typer.Option("--allow-partial", help="Go on though not everything could be read for the plan.")
]


def rescue_conversations(
    ctx: typer.Context,
    ids: Ids = None,
    code: Codes = None,
    service: Services = None,
    since: Since = None,
    limit: Limit = None,
    include_open: IncludeOpen = False,
    bot_silent: BotSilent = None,
    agent_silent: AgentSilent = None,
    agent_forgotten: AgentForgotten = None,
    lapse_warning: LapseWarning = None,
    across_reset: AcrossReset = False,
    out: Out = None,
    plan: PlanFile = None,
    dry_run: DryRun = False,
    allow_partial: AllowPartial = False,
    yes: Yes = False,
    confirm_profile: Confirm = None,
    reason: Reason = None,
    fail_fast: FailFast = False,
) -> "Record | Running":
    """Free stuck conversations: show what is proposed for each and why, ask, and do it. The customer is sent nothing.

    Just before each is acted on its state is read again: where who holds it, the tag or the newest message has moved
    since the plan, it is skipped and told, never forced. What agents are to do is shown only, and so is what cannot be
    read. How long somebody waits is wall time. Every step is kept in one operation, which can be resumed and undone.
    """
    from qsc_bot.models.conversation import Outcome
    from qsc_bot.operations.newest import read_messages

    here = session(ctx)
    limits = {
        "bot_silent": bot_silent,
        "agent_silent": agent_silent,
        "agent_forgotten": agent_forgotten,
        "lapse_warning": lapse_warning,
    }
    wish = Wish(
        ids=ids or [],
        codes=code or [],
        services=service or [],
        since=since,
        limit=limit,
        include_open=include_open,
        across_reset=across_reset,
        limits={name: text for name, text in limits.items() if text is not None},
    )
    rescue = wish.read(here, plan, out=out) if plan else wish.survey(here)
    record = plan_record(here, rescue)
    if out:
        return saved(here, record, out)
    if dry_run or not rescue.steps:
        return record
    here.printer.check_fields("outcomes", Outcome)
    here.printer.preview(record)
    told: list[str] = []
    reserve = kept_reserve(here, across_reset=across_reset)
    with reserve.holding(here.connection):
        steps = _with_tag(here, rescue, told)
    tell_cost(here, steps, reserve, told=told.append)
    _confirm(here, rescue, steps, allows_partial=allow_partial, yes=yes, confirm_profile=confirm_profile)
    notice_profile(here)
    if plan:
        with reserve.holding(here.connection):
            read_messages(here.connection, since=rescue.plan.since)
    return _begun(here, steps, reserve, reason=reason, fail_fast=fail_fast, warnings=[*rescue.gaps, *told])


def _with_tag(here: Session, rescue: "Rescue", told: list[str]) -> "Sequence[Step]":
    """The steps, with the escalation tag following their hand-overs where the profile or its recipes want that."""
    from qsc_bot.operations.tag_along import as_wished

    return as_wished(here.connection, rescue.steps, lambda: here.setup, given=None, tell=told.append)


def _confirm(
    here: Session,
    rescue: "Rescue",
    steps: "Sequence[Step]",
    *,
    allows_partial: bool,
    yes: bool,
    confirm_profile: str | None,
) -> None:
    """Make sure that it is meant: a plan with gaps, a protected profile, and the plan itself."""
    if rescue.gaps and not allows_partial:
        raise QscBotError("usage.partial", f"the plan may miss conversations: {rescue.gaps[0]}")
    profile, prompts = here.profile, here.prompts
    if profile.protected:
        prompts.confirm_name(profile.name, given=confirm_profile)
    if yes:
        return
    from qsc_bot.output.rescue import ACTION_WORDS

    number = len(steps)
    parts = Counter(ACTION_WORDS[step.action] for step in steps)
    actions = ", ".join(f"{count} {word}" for word, count in parts.items())
    whole = ", of a survey that is not complete" if rescue.gaps else ""
    conversations = f"{number} conversation{'' if number == 1 else 's'}"
    tag = ", the escalation tag with them" if any(step.with_tag for step in steps) else ""
    question = f"rescue: {conversations} of {profile.name} ({actions}{tag}){whole}"
    prompts.confirm(question, typed=str(number) if number > TYPED_NUMBER else None)


def _begun(
    here: Session,
    steps: "Sequence[Step]",
    reserve: "Reserve",
    *,
    reason: str | None,
    fail_fast: bool,
    warnings: "Sequence[str]",
) -> "Running":
    from qsc_bot.operations.operation import start
    from qsc_bot.operations.rescue import ACTION

    running = start(
        here.connection,
        here.journal,
        author(here, reason),
        steps,
        action=ACTION,
        is_single=False,
        fails_fast=fail_fast,
        reserve=reserve,
        warnings=warnings,
    )
    return interruptible(here, running)
