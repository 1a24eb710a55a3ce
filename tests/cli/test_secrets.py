"""No secret is ever shown or kept: every run of `prod` checks its streams and files; here over all commands."""

from collections.abc import Mapping

import httpx
import pytest

from tests.cli.terminal import PROD, SECRETS, Prod, Terminal, answering
from tests.conftest import MakeProd

EVERYTHING = [
    ["conversation", "list"],
    ["conversation", "show", "twitter:1001"],
    ["conversation", "show", "facebook:5550001"],
    ["handover", "status", "facebook:5550001", "whatsapp:32470000000"],
    ["handover", "extend", "facebook:5550001"],
    ["handover", "to-agent", "facebook:5550001"],
    ["handover", "to-bot", "facebook:5550002"],
    ["handover", "to-agent", "whatsapp:32470000000", "--dry-run"],
    ["escalation", "list"],
    ["escalation", "add", "twitter:1001"],
    ["escalation", "remove", "twitter:1002"],
    ["webhook", "register", "bot", "--url", "https://bot.example.com/{secret}"],
    ["webhook", "list"],
    ["webhook", "show", "bot"],
    ["recipe", "create", "r", "--webhook", "bot"],
    ["recipe", "list"],
    ["recipe", "show", "r"],
    ["profile", "list"],
    ["profile", "show"],
    ["sandbox", "status"],
    ["help", "environment"],
]


@pytest.mark.parametrize("output", ["table", "plain", "json", "ndjson", "csv", "yaml"])
def test_no_command_shows_a_secret_even_with_debug(prod: Prod, output: str) -> None:
    for words in EVERYTHING:
        result = prod.run(*words, "-o", output, "--debug", "-v")
        assert result.code in (0, 2), result.stderr
    sent = [request for request in prod.wire.requests if "sentinel" in str(request.url)]
    assert sent == []


@pytest.mark.parametrize(
    "fault",
    [{"status": 401}, {"status": 403}, {"status": 500}, {"cut": "before"}, {"body": "html"}, {"body": "wrong-shape"}],
    ids=str,
)
def test_no_failure_shows_a_secret(prod: Prod, fault: Mapping[str, object]) -> None:
    prod.sandbox.add_fault("*", times=None, **fault)  # type: ignore[arg-type]  # a table of keyword arguments
    for words in EVERYTHING:
        prod.run(*words, "--debug", "-v")
        prod.run(*words, "--debug", "-o", "json")


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


def test_debug_tells_method_path_and_status_of_each_call(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "facebook:5550001", "--debug")
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
