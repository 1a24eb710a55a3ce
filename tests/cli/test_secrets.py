"""No secret is ever shown or kept: every run of `prod` checks its streams and files; here over all commands."""

from collections.abc import Mapping

import httpx
import pytest

from tests.cli.accounts import BUS
from tests.cli.meanwhile import Meanwhile
from tests.cli.terminal import PROD, SECRETS, Prod, Terminal, answering
from tests.cli.test_help import COMMANDS
from tests.conftest import MakeProd
from tests.credentials.backends import Memory

LOG = '10.0.0.1 - - [22/Nov/2026:09:02:30 +0000] "POST /x?qsc_recipe=r&qsc_rev=000000000000 HTTP/1.1" 200 2\n'
MESSENGER = ["webhook", "register", "bot-messenger", "--via", "messenger", "--url", "https://bot.example.com/{secret}"]
EVERYTHING = [
    ["conversation", "list"],
    ["conversation", "show", "twitter:1001"],
    ["conversation", "show", "facebook:5550001"],
    ["conversation", "explain", "twitter:1002", "--show-pii"],
    ["conversation", "explain", "facebook:5550002"],
    ["conversation", "watch"],
    ["conversation", "rescue", "--dry-run"],
    ["conversation", "rescue", "--yes", "--allow-partial"],
    ["conversation", "wait", "facebook:5550001", "--for", "control=agent", "--timeout", "0s"],
    ["handover", "status", "facebook:5550001", "whatsapp:32470000000"],
    ["handover", "extend", "facebook:5550001"],
    ["handover", "to-agent", "facebook:5550001"],
    ["handover", "to-bot", "facebook:5550002"],
    ["handover", "to-agent", "whatsapp:32470000000", "--dry-run"],
    ["escalation", "list"],
    ["escalation", "add", "twitter:1001"],
    ["escalation", "remove", "twitter:1002"],
    ["handover", "to-agent", "whatsapp:32470000000", "--reason", f"the token is {SECRETS['QSC_BOT_TOKEN']}"],
    ["operation", "list", "--conversation", "whatsapp:32470000000"],
    ["operation", "show", SECRETS["QSC_BOT_TOKEN"]],
    ["operation", "verify"],
    ["operation", "resume", "op_0"],
    ["operation", "undo", "--last", "--yes"],
    ["operation", "export", "-o", "ndjson"],
    ["operation", "prune", "--older-than", "0s", "--yes"],
    ["webhook", "register", "bot", "--url", "https://bot.example.com/{secret}"],
    [*MESSENGER, "--dry-run"],
    [*MESSENGER, "--update"],
    ["webhook", "list"],
    ["webhook", "show", "bot-messenger"],
    ["webhook", "delete", "bot-messenger", "--dry-run"],
    ["webhook", "delete", "bot-messenger", "--yes"],
    ["webhook", "listen", "--forward-to", f"http://127.0.0.1:x/{SECRETS['QSC_BOT_URL_SECRET']}"],
    ["webhook", "deliveries"],
    ["webhook", "replay", SECRETS["QSC_BOT_URL_SECRET"], "--to", "http://127.0.0.1:9/"],
    ["webhook", "replay", "--since", "1h", "--to", f"http://127.0.0.1:9/{SECRETS['QSC_BOT_URL_SECRET']}", "--yes"],
    ["webhook", "show", "bot"],
    ["webhook", "verify", "bot", "--allow-host", "bot.example.com"],
    ["webhook", "verify", "--url", "http://127.0.0.1:9/{secret}", "--via", "messenger"],
    ["webhook", "trigger", "mention", "--to", "https://bot.example.com/{secret}", "--allow-host", "bot.example.com"],
    ["webhook", "sign", "--via", "social-connect", "-f", "-"],
    ["webhook", "check", "--via", "messenger", "-f", "-", "--signature", SECRETS["QSC_BOT_APP_SECRET"]],
    ["recipe", "create", "r", "--webhook", "bot"],
    ["recipe", "list"],
    ["recipe", "show", "r"],
    ["recipe", "show", "r", "--form"],
    ["recipe", "confirm", "r"],
    ["recipe", "verify", "r", "--log", "-"],
    ["recipe", "verify", "r", "--listen", "--port", "0", "--timeout", "0s"],
    ["recipe", "disable", "r"],
    ["recipe", "enable", "r"],
    ["recipe", "delete", "r", "--yes"],
    ["webhook", "certify", "--to", "http://127.0.0.1:9/"],
    ["webhook", "delete", "bot", "--yes"],
    ["profile", "list"],
    ["profile", "show"],
    ["profile", "set", "prod", "timeout=9s"],
    ["profile", "use", "prod"],
    ["auth", "login", "--token-stdin", "--account-id", "1000"],
    ["auth", "status"],
    ["auth", "logout", "--yes"],
    ["api", "GET", "/me/accounts"],
    ["api", "GET", "/{page_id}/conversations", "-F", "platform=messenger", "--graph", "--paginate"],
    ["limits", "--ask"],
    ["sandbox", "reset"],
    ["sandbox", "say", "twitter:1001", "hello"],
    ["sandbox", "agent-reply", "twitter:1001", "hello"],
    ["sandbox", "press-hand-over", "whatsapp:32470000001"],
    ["sandbox", "clock", "+1h"],
    ["sandbox", "fault", "add", "GET /nowhere", "--status", "500"],
    ["sandbox", "fault", "list"],
    ["sandbox", "fault", "clear"],
    ["sandbox", "status"],
    ["schema"],
    ["help", "environment"],
    ["profile", "delete", "prod", "--yes"],
]
OWN_HOSTS = {"bot.example.com", "127.0.0.1"}
ELSEWHERE = {"demo", "sandbox serve"}  # no profile and no secret of the user's reaches these


def run_everything(prod: Prod, *more: str) -> None:
    """Every command in turn; each run checks its own streams and files."""
    config = prod.run.config_file.read_text()
    Meanwhile(prod.run, ends_at=10)
    for words in EVERYTHING:
        stdin = f"{SECRETS['QSC_BOT_TOKEN']}\n" if "--token-stdin" in words else LOG
        result = prod.run(*words, *more, stdin=stdin, env=BUS)
        assert "internal.fault" not in result.stderr, (words, result.stderr)
    prod.run.configure(config)


@pytest.fixture
def prod_with_keychain(prod: Prod) -> Prod:
    """A machine with a real account and a keychain."""
    keychain = Memory()
    prod.run.keyring = lambda: keychain
    return prod


def test_every_command_is_among_those_that_are_watched() -> None:
    watched = {" ".join(words[:length]) for words in EVERYTHING for length in (1, 2, 3)}
    assert set(COMMANDS) - ELSEWHERE <= watched


@pytest.mark.parametrize("backend", ["api", "guided"])
@pytest.mark.parametrize("output", ["table", "plain", "json", "ndjson", "csv", "yaml"])
def test_no_command_shows_a_secret_even_with_debug(prod_with_keychain: Prod, output: str, backend: str) -> None:
    prod = prod_with_keychain
    if backend == "guided":
        prod.run.configure("".join(line for line in PROD.splitlines(keepends=True) if "recipes:" not in line))
    run_everything(prod, "-o", output, "--debug", "-v")
    sent = [request for request in prod.wire.requests if "sentinel" in str(request.url)]
    assert prod.wire.requests
    assert {request.url.host for request in sent} == OWN_HOSTS, "to the bot, where its address and Meta's way want it"


@pytest.mark.parametrize(
    "fault",
    [{"status": 401}, {"status": 403}, {"status": 500}, {"cut": "before"}, {"body": "html"}, {"body": "wrong-shape"}],
    ids=str,
)
def test_no_failure_shows_a_secret(prod_with_keychain: Prod, fault: Mapping[str, object]) -> None:
    prod = prod_with_keychain
    prod.sandbox.add_fault("*", times=None, **fault)  # type: ignore[arg-type]  # a table of keyword arguments
    run_everything(prod, "--debug", "-v")
    run_everything(prod, "--debug", "-o", "json")


def test_remote_that_repeats_the_token_does_not_get_it_shown(run: Terminal) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        told = request.headers["authorization"]
        return httpx.Response(400, json={"code": 400, "error": "invalid_parameter", "error_description": told})

    run.configure(PROD)
    run.secrets = SECRETS
    run.mount = answering(echo)
    result = run("conversation", "show", "twitter:1001", "-o", "json", "--debug")
    assert (result.code, result.error["code"]) == (2, "api.refused")
    assert "Bearer ***" in result.error["message"]
    written = run("handover", "to-bot", "twitter:1001", "-o", "json")
    assert "***" in written.error["message"]
    assert "***" in run("operation", "show", written.document["operation"], "-o", "json").stdout


def test_debug_tells_method_path_and_status_of_each_call(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "facebook:5550001", "--no-tag", "--debug")
    calls = [line for line in result.stderr.splitlines() if " -> " in line]
    assert len(calls) == len(prod.wire.requests)
    assert calls[0].startswith("GET graph.facebook.com/v25.0/")


def test_page_token_is_never_sent_to_social_connect_nor_the_other_way(make_prod: MakeProd) -> None:
    prod = make_prod()
    prod.run("conversation", "list", "--all")
    tokens = {(request.url.host, request.headers["authorization"]) for request in prod.wire.requests}
    assert tokens == {
        ("api.engagor.com", f"Bearer {SECRETS['QSC_BOT_TOKEN']}"),
        ("graph.facebook.com", f"Bearer {SECRETS['QSC_BOT_PAGE_TOKEN']}"),
    }
