"""What can be played with a conversation before it is explained, and its explanation."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from werkzeug.test import Client

from tests.cli.terminal import PROD, SECRETS, Prod, Terminal

MINUTE, HOUR, DAY = 60, 3600, 86400
GUIDED: Final = "".join(line for line in PROD.splitlines(keepends=True) if "recipes:" not in line)
PAGE: Final = "/graph/v25.0/1029384756"
INBOX: Final = "263902037430900"
NO_HANDOVER: Final = frozenset({"accounts_read", "accounts_write"})
LOG: Final = '10.0.0.1 - - [22/Nov/2026:09:12:30 +0000] "POST /?qsc_recipe=r&qsc_rev=0123456789ab HTTP/1.1" 200 2\n'

Play = Callable[[Prod], object]


@dataclass
class Intercept(httpx.BaseTransport):
    """The vendors' hosts with some answers of the test's own, by the end of the path."""

    inner: httpx.BaseTransport
    answers: Mapping[str, Any]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as told, else as the host would."""
        for end, answer in self.answers.items():
            if request.url.path.endswith(end):
                return httpx.Response(200, json=answer)
        return self.inner.handle_request(request)


def intercept(prod: Prod, answers: Mapping[str, Any]) -> None:
    """Let these paths be answered by the test."""
    wire = Intercept(prod.wire, answers)
    prod.run.mount = lambda _base_url: wire


def response(value: Any) -> dict[str, Any]:
    """A success of Social Connect's."""
    return {"meta": {"code": 200}, "response": value}


def graph(prod: Prod, edge: str, token: str = "sandbox", **fields: Any) -> None:
    """One write on Meta's side, by the bot's app or by Social Connect's."""
    answer = Client(prod.sandbox).post(f"{PAGE}/{edge}", json=fields, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.get_data(as_text=True)


def give(prod: Prod, psid: str, app: str) -> None:
    """The bot's app passes a thread on."""
    graph(prod, "pass_thread_control", recipient={"id": psid}, target_app_id=int(app))


def say(conversation: str, *, minutes: float) -> Play:
    """The customer writes, and then time passes."""

    def play(prod: Prod) -> None:
        prod.sandbox.say(conversation, "Hello?")
        prod.run.now += minutes * MINUTE

    return play


def recipe(*words: str) -> Play:
    """A recipe that triggers the bot's webhook."""

    def play(prod: Prod) -> None:
        done(prod, "webhook", "register", "bot", "--url", "https://bot.example.com/")
        done(prod, "recipe", "create", "r", "--webhook", "bot", *words)

    return play


def configured(text: str, *more: Play) -> Play:
    """Another configuration, then what else is played."""

    def play(prod: Prod) -> None:
        prod.run.configure(text)
        for one in more:
            one(prod)

    return play


def both(*plays: Play) -> Play:
    """One after another."""
    return lambda prod: [one(prod) for one in plays]


def done(prod: Prod, *words: str, stdin: str = "", code: int = 0) -> None:
    """Run a command line that must end so."""
    result = prod.run(*words, stdin=stdin)
    assert result.code == code, result.stderr


def tagged(conversation: str, tag: str) -> Play:
    """A contact gets a tag of its own."""
    service, _, service_id = conversation.partition(":")
    fields = [f"updates={json.dumps({'tags': [tag]})}", 'options={"tags_edit_mode":"add"}', "topic_ids=2001"]
    path = f"/{{account_id}}/inbox/contact/{service}/{service_id}"
    return lambda prod: done(prod, "api", "POST", path, *(word for one in fields for word in ("-F", one)))


def fault(pattern: str, **how: Any) -> Play:
    """Every call of this kind fails."""
    return lambda prod: prod.sandbox.add_fault(pattern, times=None, **how)


def without_page_token(prod: Prod) -> None:
    """The Page token is not there."""
    prod.run.secrets = {name: value for name, value in SECRETS.items() if name != "QSC_BOT_PAGE_TOKEN"}


def public_only(prod: Prod) -> None:
    """The account's messages are marked in a way that this tool does not know."""
    post = {
        "id": "1",
        "topic": {"id": 2001},
        "message": {"type": "dm"},
        "source": {"service": "twitter"},
        "author": {"id": 1001},
        "date": {"added": int(prod.run.now)},
    }
    intercept(prod, {"/inbox/mentions": response({"data": [post], "paging": {}})})


def answer_and_close(conversation: str) -> Play:
    """An agent answers and marks it as done."""

    def play(prod: Prod) -> None:
        prod.sandbox.agent_reply(conversation, "Done.")
        prod.sandbox.mark_done(conversation)

    return play


def advance(seconds: float) -> Play:
    """Time passes on the remote and here."""

    def play(prod: Prod) -> None:
        prod.run.now += seconds

    return play


def explain(run: Terminal, person: str, *more: str) -> Any:
    """The document of an explanation."""
    result = run("conversation", "explain", person, "-o", "json", *more)
    assert (result.code, result.stderr) == (0, "")
    return result.document


def codes(document: Any) -> list[str]:
    """The verdicts in their order."""
    return [one["code"] for one in document["verdicts"]]
