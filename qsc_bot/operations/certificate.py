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
from qsc_bot.operations.trial import Deliver, RefusedDelivery, Seen, Stage, Trial, Waits, counted
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

    Before a failure is blamed on the bot, and at the end, `check_stage` raises `sandbox.not_served` where the bot
    reaches nothing there. Raises `usage.invalid` for a name that is none, and `usage.url` for an address that may not
    be called; `Uncertified` where it was stopped, or could not go on, after something was played.
    """
    endpoint.check(candidate.url)
    run = _Run(candidate, stage=stage, sandbox=sandbox, endpoint=endpoint, waits=waits, check_stage=check_stage)
    chosen = choose(names)
    try:
        for number, scenario in enumerate(chosen, 1):
            tell(f"{number} of {len(chosen)}: {scenario.name}")
            run.play(scenario)
        run.end()
    except (KeyboardInterrupt, QscBotError) as stop:
        if not run.played:
            raise
        cause = stop if isinstance(stop, QscBotError) else QscBotError("run.interrupted", "stopped by Ctrl-C")
        rest = _unplayed(chosen[len(run.played) :], cause)
        raise Uncertified(cause, as_record(run.certificate(rest))) from stop
    return run.certificate()


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
    if not certificate.complete:
        told = f"the run did not come to its end; {told} until then"
    silence = f"a bot counts as silent that did nothing for {certificate.silence_s:g} s; --silence changes that"
    return Record(
        schema="certificate",
        item=certificate,
        fields=tuple(Check.__struct_fields__),
        parts="items",
        notes=[told, silence],
        exit_code=ExitCode.PARTIAL if failed else ExitCode.OK,
    )


class _Run:
    """One run: what it is played with, and what was seen so far."""

    def __init__(
        self,
        candidate: Candidate,
        *,
        stage: Stage,
        sandbox: str,
        endpoint: Endpoint,
        waits: Waits,
        check_stage: Callable[[], object],
    ) -> None:
        self._candidate = candidate
        self._stage = stage
        self._sandbox = sandbox
        self._deliver: Deliver = lambda body, headers: endpoint.post(candidate.url, body, headers).answer
        self._waits = waits
        self._check_stage = check_stage
        self.played: list[tuple[Scenario, Seen]] = []

    def play(self, scenario: Scenario) -> None:
        """Play one more, unless it does not concern this bot."""
        self._stage.begin_hour()
        trial = self._trial(scenario)
        try:
            seen = skipped(scenario, trial.via) or scenario.act(trial)
        except RefusedDelivery as refused:
            seen = trial.explained(refused)
        if seen.mark is Mark.FAIL:
            self._check_stage()
        self.played.append((scenario, seen))

    def end(self) -> None:
        """Look again at what may have been judged too early."""
        self._check_stage()
        self.played = [(scenario, _at_the_end(seen, self._stage)) for scenario, seen in self.played]

    def certificate(self, rest: Sequence[Check] = ()) -> Certificate:
        """What was played, and the `rest` that was not."""
        waits = self._waits
        checks = [
            Check(scenario=scenario.name, result=seen.mark, reason=_sentence(scenario, seen, waits))
            for scenario, seen in self.played
        ]
        return Certificate(
            items=[*checks, *rest],
            via=self._candidate.via,
            run=self._candidate.run,
            sandbox=self._sandbox,
            timeout_s=waits.timeout_seconds,
            silence_s=waits.silence_seconds,
            complete=not rest,
        )

    def _trial(self, scenario: Scenario) -> Trial:
        return Trial(
            stage=self._stage,
            deliver=self._deliver,
            via=self._candidate.via,
            secret=self._candidate.secret,
            run=self._candidate.run,
            scenario=scenario.name,
            request=self._candidate.request,
            waits=self._waits,
        )


def _at_the_end(seen: Seen, stage: Stage) -> Seen:
    """What was seen, unless answers came that were too late for it."""
    for conversation, wanted in seen.stays.items():
        number = stage.answers(conversation)
        if seen.mark is Mark.PASS and number > wanted:
            return Seen(f"{counted(number)} by the end of the run")
    return seen


def _unplayed(rest: Sequence[Scenario], cause: QscBotError) -> list[Check]:
    reason = f"not played to its end: {cause.message}"
    return [Check(scenario=scenario.name, result=Mark.SKIPPED, reason=reason) for scenario in rest]


def _sentence(scenario: Scenario, seen: Seen, waits: Waits) -> str:
    match seen.mark:
        case Mark.SKIPPED:
            return seen.text
        case Mark.PASS:
            return f"expected {scenario.expected}; saw {seen.text}"
        case _:
            limits = f"{waits.timeout_seconds:g} s for an answer, {waits.silence_seconds:g} s for silence"
            return f"expected {scenario.expected}, but saw {seen.text} ({limits}): {seen.change or scenario.change}"
