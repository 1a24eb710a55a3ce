"""The line that --debug tells of a call."""

import httpx

from qsc_bot.transport.log import LogTransport
from tests.transport.bench import Script, request

SECRET = "s3nt1nel-T0KEN.value_9"


def logged(step: httpx.Response | httpx.TransportError, url: str) -> list[str]:
    lines: list[str] = []
    transport = LogTransport(Script([step]), log=lines.append, secrets=lambda: [SECRET])
    try:
        transport.handle_request(request("POST", url))
    except httpx.TransportError:
        lines.append("raised")
    return lines


def test_call_is_one_line_with_status() -> None:
    (line,) = logged(httpx.Response(404), f"https://api.engagor.com/1417/x?access_token={SECRET}&a=1")
    assert line.startswith("POST api.engagor.com/1417/x?access_token=***&a=1 -> 404 in ")


def test_broken_call_is_told_and_raised() -> None:
    assert logged(httpx.ReadTimeout(SECRET), f"https://api.engagor.com/{SECRET}") == [
        "POST api.engagor.com/*** -> ReadTimeout",
        "raised",
    ]
