"""What a network and a remote can do wrong: its code, and never a write sent twice."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.cli.terminal import PROD, SECRETS, Prod, Terminal, answering

EMPTY = {"meta": {"code": 200}, "response": {"count": 0, "data": [], "paging": {"next_url": None}}}
CONTACT = {"id": 1, "name": "A", "tags": [], "socialprofiles": [{"type": "twitter", "service_id": "1"}]}


class Calls:
    """A remote that answers alike and remembers what it was asked."""

    def __init__(self, act: Callable[[httpx.Request], httpx.Response]) -> None:
        self._act = act
        self.made: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.made.append(request)
        return self._act(request)


def at(run: Terminal, act: Callable[[httpx.Request], httpx.Response]) -> Calls:
    """A machine whose account is answered by a function."""
    calls = Calls(act)
    run.configure(PROD)
    run.secrets = SECRETS
    run.mount = answering(calls)
    return calls


def raising(kind: type[httpx.TransportError], text: str) -> Callable[[httpx.Request], httpx.Response]:
    def act(request: httpx.Request) -> httpx.Response:
        raise kind(text, request=request)

    return act


def answer(status: int, **content: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(status, **content)


HTML = "<!doctype html><h1>Bad gateway</h1>"
FAILURES = [
    pytest.param(answer(200, html=HTML), 8, "api.not_json", id="HTML instead of JSON"),
    pytest.param(answer(502, html=HTML), 8, "api.unavailable", id="HTML and 502"),
    pytest.param(answer(200, content=b'{"meta":{"code":200},"resp'), 8, "api.not_json", id="cut-off JSON"),
    pytest.param(answer(200, json=[1]), 1, "api.wrong_shape", id="list instead of an object"),
    pytest.param(answer(200, json={"meta": {"code": 200}, "response": 7}), 1, "api.wrong_shape", id="wrong shape"),
    pytest.param(answer(302, headers={"Location": "https://evil.example/"}), 3, "network.redirect", id="302"),
    pytest.param(answer(308, headers={"Location": "https://api.engagor.com/"}), 3, "network.redirect", id="308"),
    pytest.param(answer(503, json={"error": "internal_server_error"}), 8, "api.unavailable", id="503"),
    pytest.param(
        answer(400, json={"code": 400, "error": "rate_limit_reached"}, headers={"x-ratelimit-remaining": "0"}),
        8,
        "api.rate_limited",
        id="rate limit",
    ),
    pytest.param(
        answer(400, json={"code": 400, "error": "invalid_parameter", "error_description": "bad filter"}),
        2,
        "api.refused",
        id="refused",
    ),
    pytest.param(
        raising(httpx.ConnectError, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"),
        3,
        "network.tls",
        id="TLS",
    ),
    pytest.param(
        raising(httpx.ConnectError, "[Errno -2] Name or service not known"), 8, "network.unreachable", id="DNS"
    ),
    pytest.param(
        raising(httpx.ConnectError, "[Errno 111] Connection refused"), 8, "network.unreachable", id="closed port"
    ),
    pytest.param(raising(httpx.ReadTimeout, "timed out"), 8, "network.timeout", id="no answer in time"),
]


@pytest.mark.parametrize(("act", "code", "name"), FAILURES)
def test_failing_remote_is_told_with_its_code_and_without_the_token(
    run: Terminal, act: Callable[[httpx.Request], httpx.Response], code: int, name: str
) -> None:
    calls = at(run, act)
    result = run("handover", "to-bot", "twitter:1", "-o", "json", "--debug")
    assert (result.code, result.error["code"]) == (code, name)
    assert result.error["retryable"] is (code == 8)
    assert {request.url.host for request in calls.made} == {"api.engagor.com"}
    assert {request.method for request in calls.made} == {"GET"}


@pytest.mark.parametrize(("act", "code", "name"), FAILURES)
def test_list_that_fails_leaves_stdout_empty(
    run: Terminal, act: Callable[[httpx.Request], httpx.Response], code: int, name: str
) -> None:
    at(run, act)
    result = run("escalation", "list", "-o", "json")
    assert (result.code, result.stdout, result.error["code"]) == (code, "", name)


@pytest.mark.parametrize(
    ("next_url", "code", "name"),
    [
        pytest.param("https://evil.example/1000/inbox/contacts?page_token=a", 1, "api.page_foreign", id="other host"),
        pytest.param("http://api.engagor.com/x?page_token=a", 1, "api.page_foreign", id="other scheme"),
        pytest.param("https://u:p@api.engagor.com/x?page_token=a", 1, "api.page_foreign", id="user and password"),
        pytest.param(
            "https://api.engagor.com/1000/inbox/contacts?page_token=a", 1, "api.page_repeated", id="repeated token"
        ),
    ],
)
def test_next_page_is_followed_on_the_own_host_only_and_never_twice(
    run: Terminal, next_url: str, code: int, name: str
) -> None:
    page = {"count": 2, "data": [CONTACT], "paging": {"next_url": next_url}}
    calls = at(run, answer(200, json={"meta": {"code": 200}, "response": page}))
    result = run("escalation", "list", "-o", "json")
    assert (result.code, result.stdout, result.error["code"]) == (code, "", name)
    assert {request.url.host for request in calls.made} == {"api.engagor.com"}
    assert len(calls.made) <= 2


def test_broken_later_page_is_an_error_and_never_a_short_list(run: Terminal) -> None:
    first = {"count": 2, "data": [CONTACT], "paging": {"next_url": "https://api.engagor.com/1000/inbox/contacts?p=2"}}

    def act(request: httpx.Request) -> httpx.Response:
        if "p=2" in str(request.url):
            return httpx.Response(500, json={"error": "internal_server_error"})
        return httpx.Response(200, json={"meta": {"code": 200}, "response": first})

    at(run, act)
    result = run("escalation", "list", "-o", "json")
    assert (result.code, result.stdout, result.error["code"]) == (8, "", "api.unavailable")


def test_broken_stream_ends_with_a_line_that_says_so(prod: Prod) -> None:
    prod.sandbox.reset("large:150:twitter")
    prod.sandbox.add_fault("GET /*/inbox/mentions", status=429, times=None)
    result = prod.run("conversation", "list", "--all", "-o", "ndjson")
    *items, end = result.lines
    assert result.code == 8
    assert len(items) == 30
    assert {(item["control"], item["escalated"]) for item in items} == {("agent", True)}
    assert (end["type"], end["returned"], end["complete"]) == ("end", 30, False)
    assert "not all messages were read, so conversations may be missing" in end["warnings"][0]
    assert result.error["code"] == "api.rate_limited"


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"status": 500}, {"status": 503}], ids=str)
def test_read_that_breaks_once_is_read_again(prod: Prod, fault: dict[str, Any]) -> None:
    prod.sandbox.add_fault("GET /*/inbox/handover/*", **fault)
    result = prod.run("handover", "status", "whatsapp:32470000001", "-o", "json")
    assert result.item["control"] == "agent"
    assert len(prod.run.slept) == 1


@pytest.mark.parametrize(
    "fault",
    [{"cut": "before"}, {"cut": "after"}, {"status": 500}, {"delay_seconds": 60}, {"body": "html"}],
    ids=str,
)
def test_write_is_never_sent_twice(prod: Prod, fault: dict[str, Any]) -> None:
    prod.sandbox.add_fault("POST /*/inbox/handover/*", times=None, **fault)
    result = prod.run("handover", "to-agent", "whatsapp:32470000000", "-o", "json")
    assert len(prod.wire.writes) == 1
    done = prod.control("whatsapp:32470000000") == "agent"
    assert (result.code, result.item["status"]) == ((0, "changed") if done else (8, "failed"))


def test_used_up_limit_waits_for_a_near_reset_and_not_for_a_far_one(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /*/inbox/handover/*", rate_limit=True, times=None)
    result = prod.run("handover", "status", "whatsapp:32470000001", "-o", "json")
    assert (result.code, result.error["code"]) == (8, "api.rate_limited")
    assert sum(prod.run.slept) <= 20


def test_profile_of_the_other_region_calls_the_other_host(run: Terminal) -> None:
    calls = at(run, answer(200, json=EMPTY))
    run.configure(PROD.replace("topic_ids:", "region: us\n    topic_ids:"))
    run("escalation", "list")
    assert {request.url.host for request in calls.made} == {"api-us.engagor.com"}
    assert calls.made[0].headers["authorization"] == f"Bearer {SECRETS['QSC_BOT_TOKEN']}"
    assert "sentinel" not in str(calls.made[0].url)
