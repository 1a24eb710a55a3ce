"""The whole command line in memory: words in, exit code and both streams out, against a sandbox of the test's own."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, TextIO

import httpx
import jsonschema

from qsc_bot.cli.root import run
from qsc_bot.cli.surroundings import Surroundings
from qsc_bot.cli.wire import SandboxTransport
from qsc_bot.credentials.keychain import Backend
from qsc_bot.output.schemas import build
from qsc_bot.sandbox.service import Sandbox, Settings, open_in_memory

NOW: Final = 1_795_338_150.0  # 2026-11-22T09:02:30Z
TIMEOUT_SECONDS: Final = 10.0
SECRETS: Final[Mapping[str, str]] = {
    "QSC_BOT_TOKEN": "sentinel-token-9f1c",
    "QSC_BOT_PAGE_TOKEN": "sentinel-page-token-77ab",
    "QSC_BOT_CLIENT_SECRET": "sentinel-client-4d2e",
    "QSC_BOT_APP_SECRET": "sentinel-app-80cd",
    "QSC_BOT_VERIFY_TOKEN": "sentinel-verify-13fa",
    "QSC_BOT_URL_SECRET": "sentinel-url-5e6b",
}
PROD: Final = """\
version: 1
default_profile: prod
profiles:
  prod:
    account_id: "1000"
    topic_ids: ["2001"]
    messenger: {page_id: "1029384756", bot_app_id: "111", agent_app_id: "222", default_app: bot}
    recipes: {backend: api, path: "/{account_id}/sandbox/automation"}
"""
PROD_ACCOUNT: Final = "api.engagor.com/1000"
Mount = Callable[[str], httpx.BaseTransport]
Handler = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one command line came to."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.stdout)

    @property
    def lines(self) -> list[Any]:
        """The JSON lines on stdout."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def error(self) -> Any:
        """The error object on stderr."""
        return json.loads(self.stderr.splitlines()[-1])["error"]

    @property
    def item(self) -> Any:
        """The only item of the document."""
        (item,) = self.document["items"]
        return item


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


class ClosedPipe(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        """Never."""
        raise BrokenPipeError


class Wire(httpx.BaseTransport):
    """The vendors' hosts, played by a sandbox that accepts the sentinel tokens; what was sent can be looked at."""

    def __init__(self, app: Sandbox) -> None:
        self._inner = SandboxTransport(app, timeout_seconds=TIMEOUT_SECONDS)
        self.requests: list[httpx.Request] = []
        self._next: dict[tuple[str, str], Callable[[], object]] = {}

    def after(self, method: str, path: str, act: Callable[[], object]) -> None:
        """Let something happen once this call was answered, or its answer lost."""
        self._next[method, path] = act

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the host of the request would."""
        self.requests.append(request)
        token = {
            "api.engagor.com": SECRETS["QSC_BOT_TOKEN"],
            "graph.facebook.com": SECRETS["QSC_BOT_PAGE_TOKEN"],
        }.get(request.url.host)  # the American host knows no token
        prefix = "/graph" if request.url.host == "graph.facebook.com" else ""
        url = request.url.copy_with(raw_path=prefix.encode() + request.url.raw_path)
        headers = dict(request.headers)
        if headers.get("authorization") == f"Bearer {token}":
            headers["authorization"] = "Bearer sandbox"
        if headers.get("authorization") == f"Bearer 111|{SECRETS['QSC_BOT_APP_SECRET']}":
            headers["authorization"] = "Bearer 111|sandbox-app-secret"
        sent = httpx.Request(request.method, url, headers=headers, content=request.read())
        try:
            return self._inner.handle_request(sent)
        finally:
            self._next.pop((request.method, request.url.path), lambda: None)()

    @property
    def writes(self) -> list[httpx.Request]:
        """What was sent that writes."""
        return [request for request in self.requests if request.method != "GET"]


@dataclass(kw_only=True)
class Terminal:
    """One machine with a home of its own; every run must keep the rules that hold for all commands.

    `play` stands in for sleeping: it is told how long, and lets happen what happens meanwhile.
    """

    home: Path
    now: float = NOW
    slept: list[float] = field(default_factory=list)
    play: Callable[[float], None] | None = None
    mount: Mount | None = None
    keyring: Callable[[], Backend] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of this machine, and nothing of the real one."""
        return {"HOME": str(self.home), **self.secrets}

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.home / ".local/state/qsc-bot"

    @property
    def config_file(self) -> Path:
        """The user file."""
        return self.home / ".config/qsc-bot/config.yaml"

    @cached_property
    def sandbox(self) -> Sandbox:
        """The sandbox behind the profile `sandbox`, for seeding and looking."""
        self.state.mkdir(parents=True, exist_ok=True)
        return self.open_sandbox(self.state / "sandbox.db")

    def open_sandbox(self, path: Path, **settings: Any) -> Sandbox:
        """A sandbox on this machine's clock."""
        return open_in_memory(path, settings=Settings(**settings), clock=lambda: self.now, sleep=self.slept.append)

    def configure(self, text: str) -> None:
        """Write the user file."""
        self.config_file.parent.mkdir(parents=True, exist_ok=True)
        self.config_file.write_text(text, encoding="utf-8")

    def __call__(
        self,
        *words: str,
        stdin: str | TextIO = "",
        env: Mapping[str, str] | None = None,
        tty: bool = False,
        width: int = 80,
        height: int = 24,
        stdout: io.StringIO | None = None,
    ) -> Result:
        """Run one command line."""
        stream = Tty if tty else io.StringIO
        out, err = stdout or stream(), stream()
        around = Surroundings(
            environ={**self.environ, **(env or {})},
            stdin=stream(stdin) if isinstance(stdin, str) else stdin,
            stdout=out,
            stderr=err,
            unix_seconds=lambda: self.now,
            sleep=self.play or self.slept.append,
            jitter=lambda: 0.0,
            width=width,
            height=height,
            mount=self.mount,
            keyring=self.keyring,
        )
        with redirect_stdout(out), redirect_stderr(err):  # Typer prints help to the process's own streams
            code = run(list(words), around)
        result = Result(code=code, stdout=out.getvalue(), stderr=err.getvalue())
        self._check_secrets(result)
        check_streams(words, result)
        return result

    def _check_secrets(self, result: Result) -> None:
        kept = b"".join(
            path.read_bytes() for path in self.home.rglob("*") if path.is_file() and "server" not in path.parts
        )
        for name, value in SECRETS.items():
            assert value not in result.stdout + result.stderr, f"{name} was shown"
            assert value.encode() not in kept, f"{name} was written to a file"


def check_streams(words: Sequence[str], result: Result) -> None:
    """With -o json stdout is empty or one document, of its schema if whole; a failure is an object on stderr."""
    wanted = " ".join(words)
    if "-o json" not in wanted and "--json" not in words:
        return
    if result.stdout and "--fields" not in words:
        check_document(result.document)
    if result.code and not result.stdout:
        check_document(json.loads(result.stderr.splitlines()[-1]))


def check_document(document: Any) -> None:
    """Refuse a document that does not fit the schema that it names; texts name none."""
    if "schema" in document:
        name = document["schema"].removeprefix("qsc-bot/").removesuffix("@1")
        _validator(name).validate(document)


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(build(name))


@dataclass(kw_only=True)
class Prod:
    """A terminal whose default profile is a real account; its hosts are played by a sandbox of chosen settings."""

    run: Terminal
    sandbox: Sandbox
    wire: Wire

    def effects(self, conversation: str) -> int:
        """How many writes had an effect on one conversation."""
        return int(self._row(conversation)["writes"])

    def control(self, conversation: str) -> str:
        """Who holds one conversation, as the sandbox knows."""
        return str(self._row(conversation)["control"])

    def _row(self, conversation: str) -> dict[str, Any]:
        rows: list[dict[str, Any]] = self.sandbox.status()["conversations"]
        return next(row for row in rows if row["id"] == conversation)


def answering(handler: Handler) -> Mount:
    """A mount whose every call is answered by a function."""
    return lambda _base_url: httpx.MockTransport(handler)
