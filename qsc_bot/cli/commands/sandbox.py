"""Run and play the embedded sandbox."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qsc_bot.cli.options import command, duration, group, session

if TYPE_CHECKING:
    from qsc_bot.models.sandbox import Fault
    from qsc_bot.results import Listing, Record

app = group("Run and play the embedded sandbox.")
faults = group("Let the sandbox's next calls fail.")
app.add_typer(faults, name="fault")

Conversation = Annotated[str, typer.Argument(metavar="ID", help="SERVICE:SERVICE_ID.")]
Words = Annotated[str, typer.Argument(metavar="TEXT", help="What is written.")]


@command(app, "serve", example="qsc-bot sandbox serve --port 8081 --latency 50ms")
def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on loopback; 0 takes a free one.")] = 8081,
    latency: Annotated[
        timedelta,
        typer.Option(parser=duration, metavar="DURATION", help="How long each answer takes.", show_default="0ms"),
    ] = timedelta(0),
    rate_limit: Annotated[str, typer.Option(metavar="N|none", help="Calls an hour for each user.")] = "350",
    scopes: Annotated[str | None, typer.Option(metavar="A,B", help="The token's scopes; default: all.")] = None,
    handover_shape: Annotated[
        Literal["owner", "state", "status", "application", "unreadable"],
        typer.Option(help="The form of the handover item, which is unknown of the real API."),
    ] = "owner",
) -> None:
    """Serve the sandbox on loopback until Ctrl-C; it accepts the token `sandbox`.

    It shares its state with the profile `sandbox`, so that one terminal can serve while another works.
    """
    from qsc_bot.cli.serving import calls_an_hour, scopes_of, serve_sandbox
    from qsc_bot.sandbox.settings import Settings

    settings = Settings(
        latency_seconds=latency.total_seconds(),
        rate_limit=calls_an_hour(rate_limit),
        scopes=scopes_of(scopes),
        handover_shape=handover_shape,
    )
    serve_sandbox(session(ctx), port=port, settings=settings)


@command(app, "reset", example="qsc-bot sandbox reset --seed demo", schema="sandbox-status")
def reset(
    ctx: typer.Context,
    seed: Annotated[str, typer.Option(metavar="SEED", help="demo, empty, large:N or large:N:SERVICE.")] = "demo",
) -> "Record":
    """Begin anew: conversations, webhooks, recipes, faults, clock and counts."""
    from qsc_bot.cli.sandbox_results import show_status

    here = session(ctx)
    sandbox = here.sandbox
    sandbox.reset(seed)
    here.ledger.forget_this_machine()
    return show_status(sandbox.status())


@command(app, "status", example="qsc-bot sandbox status -o json", schema="sandbox-status")
def status(ctx: typer.Context) -> "Record":
    """Show what the sandbox holds, which calls it got, and which writes had an effect."""
    from qsc_bot.cli.sandbox_results import show_status

    return show_status(session(ctx).sandbox.status())


@command(app, "say", example='qsc-bot sandbox say twitter:1001 "Where is my parcel?"', schema="sandbox-event")
def say(
    ctx: typer.Context,
    conversation: Conversation,
    text: Words,
    name: Annotated[str | None, typer.Option(help="The customer's name, where the customer is new.")] = None,
) -> "Record":
    """Write a private message as a customer; who is not known yet is created."""
    from qsc_bot.cli.sandbox_results import show_event

    return show_event(session(ctx).sandbox.say(conversation, text, name=name))


@command(
    app,
    "agent-reply",
    example='qsc-bot sandbox agent-reply twitter:1002 "Hello, how can I help?"',
    schema="sandbox-event",
)
def agent_reply(ctx: typer.Context, conversation: Conversation, text: Words) -> "Record":
    """Answer as an agent."""
    from qsc_bot.cli.sandbox_results import show_event

    return show_event(session(ctx).sandbox.agent_reply(conversation, text))


@command(app, "press-hand-over", example="qsc-bot sandbox press-hand-over whatsapp:32470000001", schema="sandbox-event")
def press_hand_over(ctx: typer.Context, conversation: Conversation) -> "Record":
    """Press the product's button Hand over to bot, as an agent."""
    from qsc_bot.cli.sandbox_results import show_event

    return show_event(session(ctx).sandbox.press_hand_over(conversation))


@command(app, "clock", example="qsc-bot sandbox clock +3h", schema="sandbox-status")
def clock(
    ctx: typer.Context,
    by: Annotated[str, typer.Argument(metavar="+DURATION", help="How far to move the sandbox's clock on.")],
) -> "Record":
    """Move the sandbox's clock on, so that control lapses and limits reset."""
    from qsc_bot.cli.sandbox_results import show_status

    here = session(ctx)
    sandbox = here.sandbox
    sandbox.advance(duration(by.removeprefix("+")).total_seconds())
    here.ledger.forget_this_machine()
    return show_status(sandbox.status())


@command(
    faults,
    "add",
    example='qsc-bot sandbox fault add "GET /*/inbox/contacts" --status 500 --times 2',
    schema="sandbox-fault",
)
def add_fault(
    ctx: typer.Context,
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help='Method and path, for example "GET /*/inbox/contacts".')
    ],
    status: Annotated[int | None, typer.Option(min=300, max=599, help="Answer with this status.")] = None,
    delay: Annotated[
        timedelta | None, typer.Option(parser=duration, metavar="DURATION", help="Answer so much later.")
    ] = None,
    cut: Annotated[
        Literal["before", "after"] | None,
        typer.Option(help="Cut the connection, before or after the effect."),
    ] = None,
    body: Annotated[
        Literal["broken-json", "html", "wrong-shape"] | None,
        typer.Option(help="Answer with a body of this kind."),
    ] = None,
    rate_limit: Annotated[bool, typer.Option("--rate-limit", help="Answer that the limit is reached.")] = False,
    times: Annotated[int, typer.Option(min=0, help="So many times; 0 is for ever.")] = 1,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=100, metavar="PERCENT", help="Only so many of a hundred calls that match, by chance."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="With --rate: the same seed lets the same calls fail.")] = 0,
) -> "Record":
    """Let the next calls that match fail."""
    from qsc_bot.cli.sandbox_results import show_fault

    added = session(ctx).sandbox.add_fault(
        pattern,
        status=status,
        delay_seconds=delay.total_seconds() if delay else None,
        cut=cut,
        body=body,
        rate_limit=rate_limit,
        times=times or None,
        rate_percent=rate,
        seed=seed,
    )
    return show_fault(added)


@command(faults, "list", example="qsc-bot sandbox fault list", schema="sandbox-fault-list")
def list_faults(ctx: typer.Context) -> "Listing[Fault]":
    """List the faults."""
    from qsc_bot.cli.sandbox_results import show_faults

    return show_faults(session(ctx).sandbox.faults())


@command(faults, "clear", example="qsc-bot sandbox fault clear", schema="sandbox-status")
def clear_faults(ctx: typer.Context) -> "Record":
    """Forget all faults."""
    from qsc_bot.cli.sandbox_results import show_status

    sandbox = session(ctx).sandbox
    sandbox.clear_faults()
    return show_status(sandbox.status())
