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
from qsc_bot.operations.trial import RefusedDelivery, Seen, Stage, Trial, Waits
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


def certify(
    candidate: Candidate,
    *,
    stage: Stage,
    sandbox: str,
    endpoint: Endpoint,
    waits: Waits,
    names: Sequence[str] = (),
    tell: Callable[[str], None] = lambda _text: None,
) -> Certificate:
    """Play the scenarios, all or the named ones, one after another; `sandbox` is the address that the bot reaches.

    Raises `usage.invalid` for a name that is none, and `usage.url` for an address that may not be called.
    """
    endpoint.check(candidate.url)
    chosen = choose(names)
    checks = []
    for number, scenario in enumerate(chosen, 1):
        tell(f"{number} of {len(chosen)}: {scenario.name}")
        stage.begin_hour()
        trial = Trial(
            stage=stage,
            deliver=lambda body, headers: endpoint.post(candidate.url, body, headers).answer,
            via=candidate.via,
            secret=candidate.secret,
            run=candidate.run,
            scenario=scenario.name,
            request=candidate.request,
            waits=waits,
        )
        checks.append(_check(scenario, trial))
    return Certificate(
        items=checks,
        via=candidate.via,
        run=candidate.run,
        sandbox=sandbox,
        timeout_s=waits.timeout_seconds,
        silence_s=waits.silence_seconds,
    )


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
        notes=[told, silence],
        exit_code=ExitCode.PARTIAL if failed else ExitCode.OK,
    )


def _check(scenario: Scenario, trial: Trial) -> Check:
    try:
        seen = skipped(scenario, trial.via) or scenario.act(trial)
    except RefusedDelivery as refused:
        seen = refused.seen
    return Check(scenario=scenario.name, result=seen.mark, reason=_sentence(scenario, seen, trial.waits))


def _sentence(scenario: Scenario, seen: Seen, waits: Waits) -> str:
    match seen.mark:
        case Mark.SKIPPED:
            return seen.text
        case Mark.PASS:
            return f"expected {scenario.expected}; saw {seen.text}"
        case _:
            limits = f"{waits.timeout_seconds:g} s for an answer, {waits.silence_seconds:g} s for silence"
            return f"expected {scenario.expected}, but saw {seen.text} ({limits}): {seen.change or scenario.change}"
