"""What a server says is shown without the secrets that it repeats, wherever in an answer it does so."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from qsc_bot.errors import QscBotError
from tests.api.wire import API, SECRET, Answer, Wire, body, breaks, envelope, graph, remote, social_connect


def social_connect_error(**told: Any) -> QscBotError:
    with pytest.raises(QscBotError) as caught:
        social_connect(Wire().on("GET /x", body({"code": 400, **told}, status=400))).get("/x", dict)
    return caught.value


def graph_error(**told: Any) -> QscBotError:
    with pytest.raises(QscBotError) as caught:
        graph(Wire().on("GET /v25.0/x", body({"error": {"code": 100, **told}}, status=400))).get("/x", dict, params={})
    return caught.value


def page_error(address: str) -> QscBotError:
    page = envelope({"count": 2, "data": [{}], "paging": {"next_url": address}})
    with pytest.raises(QscBotError) as caught:
        list(social_connect(Wire().on("GET /x", page)).pages("/x", dict, params={}))
    return caught.value


def broken(answer: Answer) -> QscBotError:
    with pytest.raises(QscBotError) as caught:
        remote(Wire().on("GET /x", answer), API).send("GET", "/x")
    return caught.value


FAILURES: dict[str, Callable[[], QscBotError]] = {
    "Social Connect's description": lambda: social_connect_error(error="x", error_description=f"no {SECRET}"),
    "Social Connect's name": lambda: social_connect_error(error=f"no_{SECRET}"),
    "Meta's message": lambda: graph_error(message=f"no {SECRET}"),
    "Meta's message, cut": lambda: graph_error(message="no S3NT1NEL..."),
    "Meta's trace": lambda: graph_error(message="x", fbtrace_id=f"A{SECRET}"),
    "next page's host": lambda: page_error(f"https://{SECRET.upper()}.evil.example/"),
    "reason of a proxy": lambda: broken(breaks(httpx.ProxyError, f"407 no {quote(SECRET)}")),
    "reason of TLS": lambda: broken(breaks(httpx.ConnectError, f"[SSL] certificate of {SECRET}")),
    "reason of the network": lambda: broken(breaks(httpx.ConnectError, f"no route to {SECRET}")),
}


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
def test_secret_that_a_server_repeats_is_masked(fail: Callable[[], QscBotError]) -> None:
    error = fail()
    told = f"{error.message} {error.request_id} {error.hint} {error.expected} {error.found}"
    assert SECRET not in told.casefold()
    assert "***" in told


def test_long_name_of_an_error_is_cut() -> None:
    assert len(social_connect_error(error="x" * 10_000).message) < 1_000
