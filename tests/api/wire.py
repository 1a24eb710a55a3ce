"""A remote that answers as its test says and keeps what it was asked, and the clients on top of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx
import pytest

from qsc_bot.api.graph import Graph
from qsc_bot.api.remote import Remote
from qsc_bot.api.social_connect import SocialConnect

SAMPLES: Final = Path(__file__).parent.parent / "samples"
API: Final = "https://api.engagor.com"
GRAPH: Final = "https://graph.facebook.com/v25.0"
SECRET: Final = "s3nt1nel"
NOW: Final = 1_795_000_000.0

Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Wire:
    """Answers by `METHOD /path`, several in turn, the last for ever; a call that no test foresaw fails it."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def on(self, call: str, *answers: Answer) -> "Wire":
        """Say what a call is answered with."""
        self.answers[call] = list(answers)
        return self

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        call = f"{request.method} {request.url.raw_path.decode().partition('?')[0]}"
        if call not in self.answers:
            pytest.fail(f"nobody foresaw {call}")
        waiting = self.answers[call]
        return (waiting.pop(0) if len(waiting) > 1 else waiting[0])(request)

    @property
    def calls(self) -> list[str]:
        """Every call so far, as method and path."""
        return [f"{one.method} {one.url.raw_path.decode().partition('?')[0]}" for one in self.requests]


def sample(kind: str, name: str) -> Any:
    """The body of one sample."""
    return json.loads((SAMPLES / kind / f"{name}.json").read_bytes())


def answer(kind: str, name: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A sample with the status that its name ends with."""
    content = (SAMPLES / kind / f"{name}.json").read_bytes()
    return raw(content, status=int(name.rpartition(".")[2]), headers=headers)


def sc(name: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A sample of Social Connect's."""
    return answer("social_connect", name, headers)


def graph_sample(name: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A sample of Meta's."""
    return answer("graph", name, headers)


def raw(content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Any bytes."""
    return lambda _request: httpx.Response(
        status, content=content, headers={"content-type": "application/json", **(headers or {})}
    )


def body(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Any JSON."""
    return raw(json.dumps(value).encode(), status=status, headers=headers)


def envelope(response: Any) -> Answer:
    """A success of Social Connect's."""
    return body({"meta": {"code": 200}, "response": response})


def breaks(kind: type[httpx.TransportError], text: str = "broken") -> Answer:
    """No answer: the call ends with httpx's own error."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise kind(text, request=request)

    return fail


def client(wire: Answer, base_url: str) -> httpx.Client:
    """A client that reaches only the wire."""
    return httpx.Client(base_url=base_url, transport=httpx.MockTransport(wire))


def remote(wire: Answer, base_url: str, *, name: str = "Social Connect", variable: str = "QSC_BOT_TOKEN") -> Remote:
    """The way to one remote."""
    source = f"the token from {variable}"
    return Remote(client(wire, base_url), name=name, source=lambda: source, secrets=lambda: [SECRET])


def social_connect(wire: Answer, *, base_url: str = API) -> SocialConnect:
    """Account 1417, without retries or token."""
    return SocialConnect(remote(wire, base_url, name="Social Connect", variable="QSC_BOT_TOKEN"), account_id="1417")


def graph(wire: Answer) -> Graph:
    """Meta's API, without retries or token."""
    return Graph(remote(wire, GRAPH, name="Meta", variable="QSC_BOT_PAGE_TOKEN"))


def form_of(request: httpx.Request) -> dict[str, str]:
    """The fields of a form body; a field that stands twice fails."""
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    pairs = parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
