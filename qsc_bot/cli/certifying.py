"""`webhook certify`: whether a bot does what it has to, tried on the sandbox of this machine."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from qsc_bot.cli.endpoints import AllowHost, reaching
from qsc_bot.cli.options import duration, session
from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError

if TYPE_CHECKING:
    from qsc_bot.results import Record

REQUEST: Final = "qsc-bot test, not a customer: I want to talk to a person"


def certify_bot(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The bot's address.")],
    via: Annotated[
        Literal["social-connect", "messenger"], typer.Option("--via", help="Whose deliveries the address takes.")
    ] = "social-connect",
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the result as JUnit XML too.")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME", help="This scenario only; may be given again; default: all."),
    ] = None,
    allow_host: AllowHost = None,
    timeout: Annotated[
        timedelta,
        typer.Option(
            "--timeout",
            parser=duration,
            metavar="DURATION",
            help="How long an answer of the bot is waited for.",
            show_default="10s",
        ),
    ] = timedelta(seconds=10),
    silence: Annotated[
        timedelta,
        typer.Option(
            "--silence",
            parser=duration,
            metavar="DURATION",
            help="How long a bot must do nothing to count as silent.",
            show_default="3s",
        ),
    ] = timedelta(seconds=3),
    ask_person: Annotated[
        str, typer.Option("--ask-person", metavar="TEXT", help="What a customer writes who wants a person.")
    ] = REQUEST,
) -> "Record":
    """Play scenarios to a bot and judge it by what it does: exit 9 where one fails.

    The bot calls the sandbox that `qsc-bot sandbox serve` serves, with the token sandbox and account id 1000, as it
    calls the real services; which calls count stands in the README, under Webhooks. Customers are the sandbox's, with
    ids that no network gives. The deliveries are signed with the profile's client secret, for Messenger its app
    secret; on profile sandbox these are sandbox-client-secret and sandbox-app-secret, whatever the environment holds.
    """
    from secrets import token_hex

    from qsc_bot.models.certificate import Check
    from qsc_bot.models.delivery import Via
    from qsc_bot.operations.certificate import RUN_DIGITS, Candidate, certify, choose
    from qsc_bot.operations.junit import check_writable, kept
    from qsc_bot.operations.signature import needed_secret
    from qsc_bot.operations.trial import Waits

    here = session(ctx)
    choose(scenario or ())
    here.printer.check_fields("certificate", Check)
    around = here.surroundings
    if junit:
        check_writable(junit, beside=(1, 2))
    with reaching(here, to, allowed=allow_host, over_network=True) as (endpoint, whole):
        secret = needed_secret(here.secrets, here.profile, Via(via))
        address = _served(here)
        if any(fault["left"] != 0 for fault in here.sandbox.faults()):
            here.printer.attach("faults wait in the sandbox, and the bot may meet them: qsc-bot sandbox fault clear")
        certificate = certify(
            Candidate(url=whole, via=Via(via), secret=secret, request=ask_person, run=token_hex(RUN_DIGITS // 2)),
            stage=here.sandbox.trials(address),
            sandbox=address,
            endpoint=endpoint,
            waits=Waits(
                timeout_seconds=timeout.total_seconds(),
                silence_seconds=silence.total_seconds(),
                sleep=around.sleep,
            ),
            names=scenario or (),
            tell=here.printer.progress,
            check_stage=lambda: _served(here),
        )
    return kept(certificate, junit)


def _served(here: Session) -> str:
    """Where the sandbox of the state folder is served; raises `sandbox.not_served`."""
    address = here.sandbox.find_served()
    if address is None:
        raise QscBotError(
            "sandbox.not_served",
            f"no process serves the sandbox of {here.folders.state}, so that no bot can reach it",
            hint=("qsc-bot sandbox serve, in another terminal",),
        )
    return address
