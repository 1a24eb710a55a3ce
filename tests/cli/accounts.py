"""The vendor's two hosts with tokens and accounts of a test's choice, and a machine to log in from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.cli.terminal import SECRETS, Terminal
from tests.credentials.backends import Memory

TOKEN: Final = SECRETS["QSC_BOT_TOKEN"]
EU: Final = "api.engagor.com"
US: Final = "api-us.engagor.com"
BUS: Final = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
ALL_SCOPES: Final = ["accounts_read", "accounts_write", "accounts_handover"]


def account(id_: int, name: str, *topics: int) -> dict[str, Any]:
    """One account with its topics in one project."""
    listed = [{"id": topic, "name": "Service", "monitoredprofiles": [{"type": "twitter"}]} for topic in topics]
    return {"id": id_, "name": name, "projects": [{"id": 1, "name": "Care", "topics": listed}]}


TWO: Final = [account(1417, "Example", 46283), account(2000, "Other", 5)]


@dataclass(kw_only=True)
class Vendor:
    """What the hosts answer: `tokens` by host, and the rest the same on both."""

    tokens: Mapping[str, str] = field(default_factory=lambda: {EU: TOKEN})
    accounts: list[dict[str, Any]] = field(default_factory=lambda: [account(1417, "Example", 46283, 46284)])
    permissions: object = field(default_factory=lambda: list(ALL_SCOPES))
    broken: Mapping[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """One call."""
        host, path = request.url.host, request.url.path
        self.asked.append(f"{host}{path}")
        if host in self.broken:
            return httpx.Response(self.broken[host], text="<html>sorry</html>")
        if request.headers["authorization"] != f"Bearer {self.tokens.get(host)}":
            told = f"the token {request.headers['authorization']} is not valid"
            error = {"code": 401, "error": "invalid_token", "error_description": told}
            return httpx.Response(401, json=error)
        if path == "/me/accounts":
            found: object = {"count": len(self.accounts), "data": self.accounts, "paging": {"next_url": None}}
        else:
            found = {"/me": {"id": 7, "name": "Ann"}, "/me/permissions": self.permissions}[path]
        return httpx.Response(200, content=json.dumps({"meta": {"code": 200}, "response": found}))


@dataclass(kw_only=True)
class Desk:
    """A machine with a keychain, whose calls a vendor answers."""

    run: Terminal
    vendor: Vendor
    keychain: Memory

    def log_in(self, *words: str, stdin: str = f"{TOKEN}\n", **settings: Any) -> Any:
        """`auth login` with the token on standard input."""
        return self.run("auth", "login", "--token-stdin", *words, stdin=stdin, env=BUS, **settings)

    @property
    def stored(self) -> dict[str, Any]:
        """The secrets in the keychain by profile."""
        return {user: json.loads(text)["secrets"] for (_, user), text in self.keychain.items.items()}


def make_desk(run: Terminal, *, keychain: Memory | None = None, **vendor: Any) -> Desk:
    """A machine to log in from."""
    desk = Desk(run=run, vendor=Vendor(**vendor), keychain=keychain or Memory())
    run.mount = lambda _base_url: httpx.MockTransport(desk.vendor.answer)
    run.keyring = lambda: desk.keychain
    return desk


def nothing_saved(desk: Desk) -> bool:
    """Whether a machine looks as if nobody ever logged in."""
    kept = [path.name for path in desk.run.home.rglob("*.*") if path.name != "facts.json"]
    return not desk.keychain.items and not [name for name in kept if name.endswith((".yaml", "ns.json", "ts.json"))]
