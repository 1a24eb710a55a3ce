"""A bot of somebody's own, played: it does what it must, but for the one thing that a test spoils."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.cli.terminal import Handler, Mount, answering

CLIENT, APP, TOKEN = b"sandbox-client-secret", b"sandbox-app-secret", "sandbox-verify-token"
Spoil = Callable[[httpx.Request, httpx.Response], httpx.Response]


@dataclass
class PlayedBot:
    """Answers as documented, on any path; `spoil` changes what it answers, `heard` is every request."""

    spoil: Spoil = lambda _request, response: response
    heard: list[httpx.Request] = field(default_factory=list)

    @property
    def mount(self) -> Mount:
        """The way to it."""
        return answering(self._answer)

    @property
    def bodies(self) -> list[bytes]:
        """What was posted to it."""
        return [request.content for request in self.heard if request.method == "POST"]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        act: Handler = self._shake if request.method == "GET" else self._hear
        return self.spoil(request, act(request))

    @staticmethod
    def _shake(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        is_right = query.get("hub.mode") == "subscribe" and query.get("hub.verify_token") == TOKEN
        return httpx.Response(200, text=query["hub.challenge"]) if is_right else httpx.Response(403)

    @staticmethod
    def _hear(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if is_signed(request) else 403)


def is_signed(request: httpx.Request) -> bool:
    """Whether a request bears the signature of its own kind."""
    body, headers = request.content, request.headers
    qsc = base64.b64encode(hmac.new(CLIENT, body, hashlib.sha256).digest()).decode()
    meta = "sha256=" + hmac.new(APP, body, hashlib.sha256).hexdigest()
    wanted, header = (meta, "x-hub-signature-256") if "entry" in json.loads(body) else (qsc, "x-signature")
    return bool(headers.get(header) == wanted)
