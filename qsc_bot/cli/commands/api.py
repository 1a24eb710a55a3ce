"""Send any call to the APIs."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from qsc_bot.cli.options import session, shared_options
from qsc_bot.cli.writes import Confirm, check_setup_write

if TYPE_CHECKING:
    from qsc_bot.results import Text

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command(
    "api",
    epilog="Example: qsc-bot api GET /me/accounts\n\nAlso: qsc-bot api GET /{account_id}/inbox/mentions -F limit=5",
)
@shared_options
def call_api(
    ctx: typer.Context,
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, PUT, PATCH or DELETE.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="{account_id} and {page_id} in it are filled in.")],
    given: Annotated[
        list[str] | None,
        typer.Option("--field", "-F", metavar="KEY=VALUE", help="A parameter; may be given again."),
    ] = None,
    paginate: Annotated[bool, typer.Option("--paginate", help="Read every page of a list into one body.")] = False,
    graph: Annotated[bool, typer.Option("--graph", help="Meta's Graph API with the Page token.")] = False,
    confirm_profile: Confirm = None,
) -> "Text":
    """Send any call to the APIs.

    The profile's token goes with it, and the body of the answer is printed.
    Fields go into the query of a GET, else into a form (Social Connect) or a JSON body (--graph). The same retries,
    limits and care for secrets as everywhere; calls to other hosts are refused.
    """
    from qsc_bot.operations.raw import RawCall, send
    from qsc_bot.results import Text

    here = session(ctx)
    call = RawCall(method=method, path=path, fields=given or (), paginate=paginate)
    if call.writes:
        check_setup_write(here, confirm_profile)
    body = send(here.remotes.raw(graph=graph), call, here.profile, secrets=here.surroundings.secrets)
    return Text(
        text=json.dumps(body, indent=2, ensure_ascii=True), data=body if isinstance(body, dict) else {"data": body}
    )
