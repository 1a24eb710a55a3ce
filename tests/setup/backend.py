"""An account's endpoint for webhooks and recipes, in memory: this tool's own contract and nothing else."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from qsc_bot.api.automation import Automation
from qsc_bot.setup.remote import RemoteSetup
from tests.api.wire import form_of, sample, social_connect

BASE: Final = "/1417/sandbox/automation"
Break = Callable[[httpx.Request, dict[str, Any]], httpx.Response | None]


def _stock() -> dict[str, dict[str, Any]]:
    webhooks = sample("social_connect", "webhooks.200")["response"]["data"]
    recipes = sample("social_connect", "recipes.200")["response"]["data"]
    return {f"{BASE}/webhooks/{one['name']}": one for one in webhooks} | {
        f"{BASE}/recipes/{one['name']}": one for one in recipes
    }


@dataclass
class Backend:
    """One recipe on one of two webhooks. `breaks` sees each write first, and may answer in its place."""

    held: dict[str, dict[str, Any]] = field(default_factory=_stock)
    writes: list[str] = field(default_factory=list)
    contents: list[dict[str, Any]] = field(default_factory=list)
    breaks: Break = lambda _request, _held: None

    @property
    def setup(self) -> RemoteSetup:
        """The back-end under test, on this endpoint."""
        return RemoteSetup(Automation(social_connect(self), path="/{account_id}/sandbox/automation/"))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return self._read(request.url.path)
        self.writes.append(f"{request.method} {request.url.path}")
        broken = self.breaks(request, self.held)
        return broken or self._write(request, request.url.path)

    def _read(self, path: str) -> httpx.Response:
        if path in self.held:
            return _answer(self.held[path])
        rows = [one for name, one in self.held.items() if name.startswith(f"{path}/")]
        is_list = path.endswith("s")
        return _answer({"data": rows, "paging": {}}) if is_list else _unknown()

    def _write(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.method == "DELETE":
            return _answer(self.held.pop(path)) if path in self.held else _unknown()
        ((kind, text),) = form_of(request).items()
        content = json.loads(text)
        self.contents.append(content)
        if kind == "updates":
            self.held[path] |= content
        else:
            self.held[f"{path}/{content['name']}"] = content
        return _answer({})


def _answer(response: Any) -> httpx.Response:
    return httpx.Response(200, json={"meta": {"code": 200}, "response": response})


def _unknown() -> httpx.Response:
    return httpx.Response(404, json={"code": 404, "error": "not_found", "error_description": "", "error_details": []})
