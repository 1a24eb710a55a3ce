"""Log in to an account, and see how a login stands."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qsc_bot.cli.options import command, duration, group, session
from qsc_bot.cli.words import address, identifier

if TYPE_CHECKING:
    from qsc_bot.results import Record

app = group("Log in to an account, and see how a login stands.")


@command(app, "login", example="qsc-bot auth login -p prod", schema="auth-status")
def login(
    ctx: typer.Context,
    region: Annotated[
        Literal["eu", "us"] | None, typer.Option("--region", help="Where the account is; else both hosts are tried.")
    ] = None,
    account_id: Annotated[
        str | None,
        typer.Option(
            "--account-id", metavar="ID", parser=identifier, help="The account, where the token sees several."
        ),
    ] = None,
    api_url: Annotated[
        str | None,
        typer.Option(
            "--api-url", metavar="URL", parser=address, help="Another API host: loopback, or one of allowed_hosts."
        ),
    ] = None,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="Read the token from a file.")
    ] = None,
    allow_file_store: Annotated[
        bool,
        typer.Option(
            "--allow-file-store", help="Without a keychain, keep the secrets in a file that you alone can read."
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Rewrite the user file although its comments are lost.")
    ] = False,
    confirm_profile: Annotated[
        str | None,
        typer.Option(
            "--confirm-profile",
            metavar="NAME",
            help="The profile's name, where it is protected and turned to another account or host.",
        ),
    ] = None,
) -> "Record":
    """Log in to an account: check a token, make its profile the default one and store the secrets in the keychain.

    The token is asked for without being shown, or read with --token-stdin or --token-file; it is never an argument.
    Nothing is saved unless the token works and sees the account.
    """
    from qsc_bot.cli.login import Wish, log_in

    wish = Wish(
        region=region,
        account_id=account_id,
        api_url=api_url,
        token_stdin=token_stdin,
        token_file=token_file,
        allow_file_store=allow_file_store,
        yes=yes,
        confirm_profile=confirm_profile,
    )
    return log_in(session(ctx), wish)


@command(app, "logout", example="qsc-bot auth logout -p prod --yes", schema="auth-status")
def logout(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the question.")] = False,
) -> "Record":
    """Forget the stored secrets of a profile; the profile itself stays."""
    from qsc_bot.cli.logout import log_out

    return log_out(session(ctx), yes=yes)


@command(app, "status", example="qsc-bot auth status", schema="auth-status")
def status(
    ctx: typer.Context,
    expires_within: Annotated[
        timedelta | None,
        typer.Option(
            "--expires-within", parser=duration, metavar="TIME", help="Exit 4 also where the token can end within this."
        ),
    ] = None,
) -> "Record":
    """Show whether the token works, what it may do, where each secret comes from, and when the token ends at last.

    Exit 4 without a working token. Tokens live three months at most; when one from the environment ends is unknown.
    """
    from qsc_bot.operations.auth import Credentials, show_status

    here = session(ctx)
    return show_status(
        here.profile,
        Credentials(secrets=here.secrets, vault=here.vault),
        here.remotes.accounts,
        now=here.clock.now(),
        expires_within=expires_within,
    )
