"""A played bot that is verified, and what came of each check."""

import httpx

from tests.cli.played_bot import PlayedBot, Spoil
from tests.cli.terminal import Result, Terminal

OWN = "http://127.0.0.1:9/hook"
MESSENGER = ["--via", "messenger"]
HELLO = ["handshake", "wrong-token"]
SIGNATURES = ["signed", "wrong-signature", "missing-signature", "raw-body"]
QSC = [*SIGNATURES, "duplicate"]
META = [*HELLO, *QSC]


def results(result: Result) -> dict[str, str]:
    """How each check came out."""
    return {item["check"]: item["result"] for item in result.document["items"]}


def reasons(result: Result) -> dict[str, str]:
    """Why, check by check."""
    return {item["check"]: item["reason"] for item in result.document["items"]}


def play(run: Terminal, spoil: Spoil) -> PlayedBot:
    """Let this bot answer at every address."""
    bot = PlayedBot(spoil=spoil)
    run.mount = bot.mount
    return bot


def always(status: int) -> Spoil:
    """Answer everything so."""
    return lambda _request, _response: httpx.Response(status)
