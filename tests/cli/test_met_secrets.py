"""Secrets that come from a store, a terminal or standard input are hidden like those of the environment."""

import base64
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.cli.accounts import BUS, EU, Desk, make_desk
from tests.cli.terminal import PROD, SECRETS, Prod, Result, Terminal, answering
from tests.credentials.backends import LOCKED, Memory

TOKEN = "stored-t0k3n-5c1d77ab90"  # no test watches files for this one, which may be kept in one
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "capital letters": str.upper,
    "percent-encoded": lambda secret: quote(secret, safe="").replace("-", "%2D"),
    "base64": lambda secret: base64.b64encode(f"me:{secret}".encode()).decode(),
    "cut": lambda secret: f"{secret[:14]}...",
}


def stored(run: Terminal, place: str) -> Desk:
    """A machine whose login is kept in one place, and whose environment holds no secret."""
    desk = make_desk(run, keychain=Memory() if place == "keychain" else LOCKED, tokens={EU: TOKEN})
    assert desk.log_in("--allow-file-store", stdin=f"{TOKEN}\n").code == 0
    run.configure(PROD.replace("1000", "1417"))
    return desk


def echoing(run: Terminal, form: Callable[[str], str], *, status: int) -> None:
    """Let every call be answered with the token that it carried, in some form."""

    def echo(request: httpx.Request) -> httpx.Response:
        told = form(request.headers["authorization"].removeprefix("Bearer "))
        if status == 200:
            return httpx.Response(200, json={"meta": {"code": 200}, "response": {"told": told, told: 1}})
        return httpx.Response(status, json={"code": status, "error": f"bad {told}", "error_description": f"no {told}"})

    run.mount = answering(echo)


@pytest.mark.parametrize("place", ["keychain", "file"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_stored_token_that_is_repeated_is_not_shown(run: Terminal, form: Callable[[str], str], place: str) -> None:
    stored(run, place)
    echoing(run, form, status=400)
    for words in (["-o", "json"], ["--debug"]):
        result = run("api", "GET", "/me", *words, env=BUS)
        assert result.code == 2
        assert_hidden(result, form(TOKEN))


@pytest.mark.parametrize("form", [form for name, form in FORMS.items() if name != "cut"], ids=set(FORMS) - {"cut"})
def test_stored_token_in_a_body_is_not_shown(run: Terminal, form: Callable[[str], str]) -> None:
    stored(run, "keychain")
    echoing(run, form, status=200)
    result = run("api", "GET", "/me", env=BUS)
    assert result.code == 0
    assert_hidden(result, form(TOKEN))
    assert "***" in result.document["response"]["told"]


def assert_hidden(result: Result, form: str) -> None:
    """Neither stream may hold this form of the token."""
    assert form not in result.stdout + result.stderr
    assert "***" in result.stdout + result.stderr


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_token_of_a_login_that_is_repeated_is_not_shown(run: Terminal, form: Callable[[str], str]) -> None:
    make_desk(run)
    echoing(run, form, status=400)
    result = run("auth", "login", "--token-stdin", "--account-id", "1417", stdin=f"{TOKEN}\n", env=BUS)
    assert result.code == 2
    assert_hidden(result, form(TOKEN))


def test_authorization_from_standard_input_that_is_repeated_is_not_shown(prod: Prod) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"code": 400, "error": "no", "error_description": "c2VjcmV0LXZhbHVlIQ is bad"})

    prod.run.mount = answering(echo)
    words = ["webhook", "register", "bot", "--url", "https://bot.example.com/", "--authorization-stdin"]
    result = prod.run(*words, stdin="Bearer c2VjcmV0LXZhbHVlIQ\n")
    assert result.code == 2
    assert_hidden(result, "c2VjcmV0LXZhbHVlIQ")


def test_address_that_holds_a_stored_secret_does_not_show_it(run: Terminal, tmp_path: Path) -> None:
    stored(run, "keychain")
    echoing(run, str, status=404)
    for words in (["-o", "json"], ["--debug"]):
        assert_hidden(run("api", "GET", f"/{TOKEN}/x", *words, env=BUS), TOKEN)


def test_secret_of_the_environment_is_hidden_in_other_forms_too(prod: Prod) -> None:
    secret = SECRETS["QSC_BOT_CLIENT_SECRET"]
    result = prod.run("recipe", "show", secret.upper())
    assert result.code != 0
    assert secret.upper() not in result.stderr


def test_secret_that_cannot_be_sent_is_hidden_and_spoils_no_other_call(prod: Prod) -> None:
    env = {"QSC_BOT_PAGE_TOKEN": "two sentinel words"}
    result = prod.run("handover", "to-agent", "whatsapp:32470000000", "--debug", "-o", "json", env=env)
    assert (result.code, result.item["status"]) == (0, "changed")
    refused = prod.run("recipe", "show", "two sentinel words", env=env)
    assert "two sentinel words" not in refused.stderr


@pytest.mark.parametrize("wrap", ["'{}'", '"Bearer {}"\n', "Authorization: Bearer {}"])
def test_token_in_quotes_in_the_environment_is_sent_without_them_told_and_hidden(run: Terminal, wrap: str) -> None:
    sent: list[str] = []

    def echo(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["authorization"])
        return httpx.Response(400, json={"code": 400, "error": f"no {TOKEN}", "error_description": TOKEN.upper()})

    run.configure(PROD)
    run.mount = answering(echo)
    result = run("api", "GET", "/me", "--debug", env={"QSC_BOT_TOKEN": wrap.format(TOKEN)})
    assert (result.code, sent) == (2, [f"Bearer {TOKEN}"])
    assert result.stderr.count("QSC_BOT_TOKEN: ") == result.stderr.count(" taken off\n") >= 1
    assert_hidden(result, TOKEN)


def test_public_token_of_the_sandbox_is_a_word_like_others(run: Terminal) -> None:
    result = run("api", "GET", "/me", "--debug", env={"QSC_BOT_TOKEN": "sandbox"})
    assert result.document["response"]["name"] == "Sandbox User"
