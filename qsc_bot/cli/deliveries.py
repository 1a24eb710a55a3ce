"""`webhook deliveries` and `webhook replay`: what arrived, and sending it again."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qsc_bot.cli.endpoints import AllowHost, calling
from qsc_bot.cli.options import session, since_option
from qsc_bot.cli.session import Session
from qsc_bot.cli.writes import TYPED_NUMBER, UNASKED, Yes
from qsc_bot.errors import QscBotError
from qsc_bot.models.choices import Kind, Via

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qsc_bot.models.delivery import Delivery
    from qsc_bot.operations.deliveries import Sought
    from qsc_bot.results import Listing

DAY: Final = timedelta(hours=24)

Since = Annotated[
    Any,
    since_option("How far back to look: 24h, 7d", default="24h"),
]
OfConversation = Annotated[str | None, typer.Option("--conversation", metavar="ID", help="Of this conversation only.")]
Kinds = Annotated[list[Kind] | None, typer.Option("--kind", help="Of this kind only; may be given again.")]
Verified = Annotated[
    bool | None, typer.Option("--verified/--unverified", help="Rightly signed only, or the others.", show_default=False)
]
OfRecipe = Annotated[str | None, typer.Option("--recipe", metavar="NAME", help="Of this recipe's address only.")]
Unanswered = Annotated[
    bool, typer.Option("--unanswered", help="Only those that no bot took: not passed on, or not answered 2xx.")
]


def list_deliveries(
    ctx: typer.Context,
    since: Since = None,
    conversation: OfConversation = None,
    kind: Kinds = None,
    verified: Verified = None,
    recipe: OfRecipe = None,
    unanswered: Unanswered = False,
    limit: Annotated[int | None, typer.Option(min=1, help="How many to show at most; default: 50.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show all.")] = False,
) -> "Listing[Delivery]":
    """List what webhook listen received, the newest first: what, of whom, whether signed, what the bot answered.

    Read from this machine, without a call. What was refused is counted by its reason, and not kept.
    """
    from qsc_bot.operations import deliveries
    from qsc_bot.operations.query import limit_of

    here = session(ctx)
    number = limit_of(limit, all_=all_)
    sought = _sought(here, since or DAY, conversation, kind, verified, recipe, unanswered=unanswered)
    return deliveries.list_deliveries(here.deliveries, sought, limit=number)


def replay(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The address of the bot; {secret} in it is filled.")],
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="DELIVERY...", help="Deliveries by id.", show_default=False)
    ] = None,
    since: Annotated[
        Any,
        since_option("All since then: 24h", default=False),
    ] = None,
    conversation: OfConversation = None,
    kind: Kinds = None,
    verified: Verified = None,
    recipe: OfRecipe = None,
    unanswered: Unanswered = False,
    sign_anew: Annotated[
        bool, typer.Option("--sign-anew", help="Sign with the profile's secret, in place of the signature that came.")
    ] = False,
    allow_host: AllowHost = None,
    yes: Yes = False,
) -> "Listing[Delivery]":
    """Send what arrived to a bot again, the oldest first: the same bytes, with the signature that came with them.

    Name deliveries, or choose them by --since and the options of webhook deliveries. Events of one request are sent
    once, together. Shows what the bot answers to each; exit 9 where some failed, 8 where it answered none.
    """
    from qsc_bot.models.delivery import Delivery
    from qsc_bot.operations.replay import Replay

    here = session(ctx)
    here.printer.check_fields("delivery-list", Delivery)
    chosen = bool(since is not None or conversation or kind or recipe or unanswered or verified is not None)
    if bool(ids) is chosen:
        raise QscBotError("usage.invalid", "name deliveries, or choose them, with --since for example")
    endpoint, whole, shown = calling(here, to, allowed=allow_host)
    if chosen:
        sought = _sought(here, since, conversation, kind, verified, recipe, unanswered=unanswered)
        ids = [one.id for one in sought.find(here.deliveries, newest_first=False)]
    signing = _signing(here) if sign_anew else None
    made = Replay(here.deliveries, endpoint, ids or (), whole, shown=shown, signing=signing)
    _confirm(here, ids or (), shown, asks=chosen or len(ids or ()) > UNASKED, yes=yes)
    return made.listing()


def _sought(
    here: Session,
    since: Any,
    conversation: str | None,
    kind: list[Kind] | None,
    verified: bool | None,
    recipe: str | None,
    *,
    unanswered: bool,
) -> "Sought":
    from qsc_bot.operations.deliveries import Sought
    from qsc_bot.operations.selection import without_call

    spelled = str(without_call(conversation, here.printer.notice)) if conversation else None
    start = here.clock.now() - since if isinstance(since, timedelta) else since
    return Sought(
        since=start,
        conversation=spelled,
        kinds=frozenset(kind or ()),
        recipe=recipe,
        verified=verified,
        unanswered=unanswered,
    )


def _signing(here: Session) -> "Callable[[Via], str]":
    """The profile's secret of each kind, looked up when it is needed."""
    from qsc_bot.operations.signature import needed_secret

    return lambda via: needed_secret(here.secrets, here.profile, via, hint="or leave out --sign-anew")


def _confirm(here: Session, ids: "Sequence[str]", shown: str, *, asks: bool, yes: bool) -> None:
    if yes or not asks or not ids:
        return
    samples = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
    number = f"{len(ids)} {'delivery' if len(ids) == 1 else 'deliveries'}"
    typed = str(len(ids)) if len(ids) > TYPED_NUMBER else None
    here.prompts.confirm(f"send {number} to {shown} ({samples})", typed=typed)
