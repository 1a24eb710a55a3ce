"""The token: in one header, for one origin."""

import httpx
import pytest

from qsc_bot.errors import AccessDenied, QscBotError
from qsc_bot.transport.auth import BearerTransport, same_origin
from tests.transport.bench import Script, request

BASE = "https://api.engagor.com"


def test_token_stands_in_the_header_alone() -> None:
    script = Script([httpx.Response(200)])
    BearerTransport(script, base_url=BASE, token=lambda: "abc").handle_request(request())
    (sent,) = script.requests
    assert sent.headers["authorization"] == "Bearer abc"
    assert "abc" not in str(sent.url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/1417/x",
        "http://api.engagor.com/1417/x",
        "https://api.engagor.com:8443/1417/x",
        "https://api.engagor.com.evil.example/",
        "https://api-us.engagor.com/1417/x",
    ],
)
def test_another_origin_gets_neither_call_nor_token(url: str) -> None:
    script = Script([httpx.Response(200)])
    with pytest.raises(QscBotError) as caught:
        BearerTransport(script, base_url=BASE, token=lambda: pytest.fail("asked")).handle_request(request(url=url))
    assert caught.value.code == "api.page_foreign"
    assert not script.requests


def test_missing_token_sends_nothing() -> None:
    def missing() -> str:
        raise AccessDenied("auth.no_token", "none")

    script = Script([httpx.Response(200)])
    with pytest.raises(AccessDenied):
        BearerTransport(script, base_url=BASE, token=missing).handle_request(request())
    assert not script.requests


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://a.example:443/y", True),
        ("http://127.0.0.1:80/", "http://127.0.0.1", True),
        ("https://A.example", "https://a.example", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:444", False),
        ("https://a.example", "https://b.example", False),
    ],
)
def test_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert same_origin(httpx.URL(one), httpx.URL(other)) is same
