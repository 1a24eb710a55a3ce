"""`sandbox serve`: the sandbox on a socket of this machine.

It reaches itself without that socket: its bot would else wait for threads that are busy with what the bot was sent.
"""

from dataclasses import replace
from typing import Final

from qsc_bot.cli.session import Session
from qsc_bot.cli.sockets import address_of, bound
from qsc_bot.errors import QscBotError
from qsc_bot.sandbox.serve import serve
from qsc_bot.sandbox.service import open_in_memory
from qsc_bot.sandbox.settings import Settings

SCOPES: Final = frozenset(
    {"identify", "accounts_read", "accounts_write", "accounts_handover", "socialprofiles", "email"}
)


def serve_sandbox(here: Session, *, port: int, settings: Settings) -> None:
    """Serve until Ctrl-C; raises `config.invalid` where the port cannot be used."""
    around = here.surroundings
    with bound(port) as listener:
        address = address_of(listener)
        sandbox = here.open_sandbox(
            lambda path: open_in_memory(
                path, settings=replace(settings, address=address), clock=around.unix_seconds, sleep=around.sleep
            )
        )
        here.printer.narrate(address)
        here.printer.notice("sandbox: no real account")
        here.printer.notice(f"serving {address}; token: sandbox; example bot: {address}/example-bot; stop with Ctrl-C")
        with sandbox.announced():
            serve(sandbox, listener=listener)


def calls_an_hour(text: str) -> int | None:
    """A limit as typed, `none` for no limit; raises `usage.invalid`."""
    if text == "none":
        return None
    if not text.isdigit() or int(text) == 0:
        raise QscBotError("usage.invalid", f"--rate-limit {text!r} is neither a number above 0 nor none")
    return int(text)


def scopes_of(text: str | None) -> frozenset[str] | None:
    """Scopes as typed, None for all; raises `usage.invalid` naming the unknown one."""
    scopes = None if text is None else frozenset(one.strip() for one in text.split(","))
    if unknown := sorted((scopes or frozenset()) - SCOPES):
        raise QscBotError("usage.invalid", f"{unknown[0]!r} is no scope", expected=", ".join(sorted(SCOPES)))
    return scopes
