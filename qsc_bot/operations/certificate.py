"""Whether a bot does what a bot beside Social Connect has to do: scenarios played to it, and judged in the sandbox."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.certificate import Certificate, Check, Mark
from qsc_bot.models.delivery import Via
from qsc_bot.operations.endpoint import Endpoint
from qsc_bot.operations.scenarios import SCENARIOS, Scenario, skipped
from qsc_bot.operations.trial import RefusedDelivery, Seen, Stage, Trial, Waits, counted
from qsc_bot.results import Record

RUN_DIGITS: Final = 8


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A bot to be certified: its address, who sends to it, and the secret that its deliveries are signed with.

    `request` is what a customer writes who wants a person; `run` tells this run's conversations from others'.
    """

    url: str
    via: Via
    secret: str
    request: str
    run: str


class Uncertified(QscBotError):
    """A run that did not come to its end, or whose result could not be kept; `report` is what it came to."""

    def __init__(self, cause: QscBotError, report: Record) -> None:
        super().__init__(cause.code, cause.message, hint=cause.hint)
        self.report = report


def certify(
    candidate: Candidate,
    *,
    stage: Stage,
    sandbox: str,
    endpoint: Endpoint,
    waits: Waits,
    names: Sequence[str] = (),
    tell: Callable[[str], None] = lambda _text: None,
    check_stage: Callable[[], object] = lambda: None,
) -> Certificate:
    """Play the scenarios, all or the named ones, one after another; `sandbox` is the address that the bot reaches.

    Before a failure is blamed on the bot, `check_stage` raises `sandbox.not_served` where it reaches nothing there.
    Raises `usage.invalid` for a name that is none, and `usage.url` for an address that may not be called;
    `Uncertified` where it was stopped, or could not go on, after something was played.
    """
    endpoint.check(candidate.url)
    chosen = choose(names)
    played: list[tuple[Scenario, Seen]] = []

    def certificate(rest: Sequence[Check] = ()) -> Certificate:
        return Certificate(
            items=[*(_check(scenario, seen, waits) for scenario, seen in played), *rest],
            via=candidate.via,
            run=candidate.run,
            sandbox=sandbox,
            timeout_s=waits.timeout_seconds,
            silence_s=waits.silence_seconds,
        )

    try:
        for number, scenario in enumerate(chosen, 1):
            tell(f"{number} of {len(chosen)}: {scenario.name}")
            stage.begin_hour()
            seen = _play(scenario, _trial(candidate, scenario, stage=stage, endpoint=endpoint, waits=waits))
            if seen.mark is Mark.FAIL:
                check_stage()
            played.append((scenario, seen))
        played = [(scenario, _at_the_end(seen, stage)) for scenario, seen in played]
    except (KeyboardInterrupt, QscBotError) as stop:
        if not played:
            raise
        cause = stop if isinstance(stop, QscBotError) else QscBotError("run.interrupted", "stopped by Ctrl-C")
        raise Uncertified(cause, as_record(certificate(_unplayed(chosen[len(played) :], cause)))) from stop
    return certificate()


def choose(names: Sequence[str]) -> Sequence[Scenario]:
    """The scenarios of these names in their own order, all without names; raises `usage.invalid`."""
    known = [scenario.name for scenario in SCENARIOS]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.3)
            raise QscBotError(
                "usage.invalid",
                f"there is no scenario {name[:80]!r}",
                hint=tuple(f"--scenario {one}" for one in near),
                expected=", ".join(known),
            )
    return [scenario for scenario in SCENARIOS if not names or scenario.name in names]


def as_record(certificate: Certificate) -> Record:
    """The certificate as a result; a scenario that failed makes it `PARTIAL`."""
    failed = [check for check in certificate.items if check.result is Mark.FAIL]
    told = f"{len(failed)} of {len(certificate.items)} scenarios failed" if failed else "no scenario failed"
    silence = f"a bot counts as silent that did nothing for {certificate.silence_s:g} s; --silence changes that"
    return Record(
        schema="certificate",
        item=certificate,
        fields=tuple(Check.__struct_fields__),
        parts="items",
        notes=[told, silence],
        exit_code=ExitCode.PARTIAL if failed else ExitCode.OK,
    )


def _trial(candidate: Candidate, scenario: Scenario, *, stage: Stage, endpoint: Endpoint, waits: Waits) -> Trial:
    return Trial(
        stage=stage,
        deliver=lambda body, headers: endpoint.post(candidate.url, body, headers).answer,
        via=candidate.via,
        secret=candidate.secret,
        run=candidate.run,
        scenario=scenario.name,
        request=candidate.request,
        waits=waits,
    )


def _play(scenario: Scenario, trial: Trial) -> Seen:
    try:
        return skipped(scenario, trial.via) or scenario.act(trial)
    except RefusedDelivery as refused:
        return trial.explained(refused)


def _at_the_end(seen: Seen, stage: Stage) -> Seen:
    """What was seen, unless answers came that were too late for it."""
    for conversation, wanted in seen.stays.items():
        number = stage.answers(conversation)
        if seen.mark is Mark.PASS and number != wanted:
            return Seen(f"{counted(number)} by the end of the run")
    return seen


def _unplayed(rest: Sequence[Scenario], cause: QscBotError) -> list[Check]:
    reason = f"not played to its end: {cause.message}"
    return [Check(scenario=scenario.name, result=Mark.SKIPPED, reason=reason) for scenario in rest]


def _check(scenario: Scenario, seen: Seen, waits: Waits) -> Check:
    return Check(scenario=scenario.name, result=seen.mark, reason=_sentence(scenario, seen, waits))


def _sentence(scenario: Scenario, seen: Seen, waits: Waits) -> str:
    match seen.mark:
        case Mark.SKIPPED:
            return seen.text
        case Mark.PASS:
            return f"expected {scenario.expected}; saw {seen.text}"
        case _:
            limits = f"{waits.timeout_seconds:g} s for an answer, {waits.silence_seconds:g} s for silence"
            return f"expected {scenario.expected}, but saw {seen.text} ({limits}): {seen.change or scenario.change}"
