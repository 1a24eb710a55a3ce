"""What goes wrong with a conversation, played on a sandbox: one scene for each rule of the diagnosis."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from werkzeug.test import Client

from tests.cli.terminal import PROD, SECRETS, Prod

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


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One conversation, what was played before it is explained, and the verdicts, the best proven first."""

    id: str
    codes: list[str]
    play: Play = lambda _: None
    settings: Mapping[str, Any] = field(default_factory=dict)


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


SCENES: Final[Mapping[str, Scene]] = {
    "ok, tag": Scene(id="twitter:1001", codes=["ok"]),
    "ok, handover": Scene(id="whatsapp:32470000000", codes=["ok"]),
    "ok, messenger": Scene(id="facebook:5550001", codes=["ok"]),
    "ok, agents on Messenger": Scene(id="facebook:5550002", codes=["ok"]),
    "ok, idle": Scene(id="facebook:5550003", codes=["ok"]),
    "ok, within the limit": Scene(id="twitter:1001", codes=["ok"], play=both(recipe(), say("twitter:1001", minutes=5))),
    "agent_silent": Scene(id="twitter:1002", codes=["agent_silent"]),
    "assigned_open": Scene(id="whatsapp:32470000001", codes=["agent_silent", "assigned_open"]),
    "agent_forgotten": Scene(
        id="twitter:1002",
        codes=["agent_forgotten"],
        play=both(lambda prod: prod.sandbox.agent_reply("twitter:1002", "Here."), advance(13 * HOUR)),
    ),
    "agents_done, tag": Scene(
        id="twitter:1002",
        codes=["agents_done"],
        play=answer_and_close("twitter:1002"),
    ),
    "agents_done, handover, and forgotten": Scene(
        id="whatsapp:32470000001",
        codes=["agents_done"],
        play=both(answer_and_close("whatsapp:32470000001"), advance(13 * HOUR)),
    ),
    "agents_done, messenger": Scene(
        id="facebook:5550002", codes=["agents_done"], play=lambda prod: prod.sandbox.mark_done("facebook:5550002")
    ),
    "agents_done, unanswered": Scene(
        id="twitter:1002",
        codes=["agents_done", "agent_silent"],
        play=lambda prod: prod.sandbox.mark_done("twitter:1002"),
    ),
    "bot_silent and no_recipe": Scene(id="viber:viber-1", codes=["no_recipe", "bot_silent"]),
    "bot_silent, a recipe should have fired": Scene(id="viber:viber-1", codes=["bot_silent"], play=recipe()),
    "no_recipe, guided": Scene(id="viber:viber-1", codes=["no_recipe", "bot_silent"], play=configured(GUIDED)),
    "recipe_disabled": Scene(id="viber:viber-1", codes=["recipe_disabled", "bot_silent"], play=recipe("--disabled")),
    "recipe_pending": Scene(
        id="viber:viber-1", codes=["recipe_pending", "bot_silent"], play=configured(GUIDED, recipe())
    ),
    "recipe_drifted": Scene(
        id="viber:viber-1",
        codes=["recipe_drifted", "bot_silent"],
        play=configured(
            GUIDED,
            recipe(),
            lambda prod: done(prod, "recipe", "confirm", "r"),
            advance(15 * MINUTE),
            lambda prod: done(prod, "recipe", "verify", "r", "--log", "-", stdin=LOG, code=7),
        ),
    ),
    "recipe_excludes_contact": Scene(
        id="viber:viber-1",
        codes=["recipe_excludes_contact", "bot_silent"],
        play=both(recipe("--exclude-tag", "vip"), tagged("viber:viber-1", "vip")),
    ),
    "recipe_filter": Scene(
        id="viber:viber-1", codes=["bot_silent", "recipe_filter"], play=recipe("--filter", "source:viber")
    ),
    "recipe_hours": Scene(
        id="viber:viber-1", codes=["bot_silent", "recipe_hours"], play=recipe("--active", "business-hours")
    ),
    "recipe_open_to_tagged": Scene(
        id="twitter:1002", codes=["agent_silent", "recipe_open_to_tagged"], play=recipe("--no-exclude-tag")
    ),
    "split_brain": Scene(
        id="whatsapp:32470000000",
        codes=["split_brain"],
        play=both(recipe(), lambda prod: done(prod, "escalation", "add", "whatsapp:32470000000")),
    ),
    "split_brain, messenger": Scene(
        id="facebook:5550001",
        codes=["split_brain"],
        play=lambda prod: done(prod, "escalation", "add", "facebook:5550001"),
    ),
    "tag_shared": Scene(
        id="whatsapp:32470000003",
        codes=["tag_shared"],
        play=lambda prod: done(prod, "escalation", "add", "whatsapp:32470000003"),
    ),
    "bot_holds_case": Scene(
        id="twitter:1001", codes=["bot_holds_case"], play=lambda prod: prod.sandbox.take_case("twitter:1001")
    ),
    "page_inbox": Scene(id="facebook:5550001", codes=["page_inbox"], play=lambda prod: give(prod, "5550001", INBOX)),
    "other_app and agents_app_missing": Scene(
        id="facebook:5550002",
        codes=["other_app", "agents_app_missing"],
        play=configured(PROD.replace('agent_app_id: "222"', 'agent_app_id: "999"')),
    ),
    "holder_hidden": Scene(id="facebook:5550002", codes=["holder_hidden"], settings={"default_app": "222"}),
    "asked_only and both_answer": Scene(
        id="facebook:5550002",
        codes=["holder_hidden", "asked_only", "both_answer"],
        settings={"messenger_mode": "zero-config"},
    ),
    "default_app_unknown": Scene(
        id="facebook:5550003", codes=["default_app_unknown"], play=configured(PROD.replace(", default_app: bot", ""))
    ),
    "nobody": Scene(
        id="facebook:5550003",
        codes=["nobody"],
        play=both(fault("POST /graph/*/messages", status=500), say("facebook:5550003", minutes=11)),
        settings={"messenger_mode": "zero-config"},
    ),
    "lapsing": Scene(
        id="facebook:5550002",
        codes=["lapsing", "agent_silent"],
        play=say("facebook:5550002", minutes=22.5 * 60),
    ),
    "idle_case": Scene(
        id="facebook:5550002",
        codes=["idle_case"],
        play=both(lambda prod: prod.sandbox.take_case("facebook:5550002"), advance(25 * HOUR)),
    ),
    "app_unsubscribed": Scene(
        id="facebook:5550001",
        codes=["app_unsubscribed", "bot_silent"],
        play=both(
            lambda prod: graph(prod, "subscribed_apps", subscribed_fields=["feed"]),
            say("facebook:5550001", minutes=11),
            lambda prod: intercept(prod, {"/subscribed_apps": {"data": [{"id": "222"}]}}),
        ),
    ),
    "fields_missing": Scene(
        id="facebook:5550001",
        codes=["fields_missing", "bot_silent"],
        play=both(
            lambda prod: graph(prod, "subscribed_apps", subscribed_fields=["messaging_handovers"]),
            say("facebook:5550001", minutes=11),
        ),
    ),
    "token_refused": Scene(id="facebook:5550001", codes=["token_refused"], play=without_page_token),
    "scope_missing": Scene(id="whatsapp:32470000000", codes=["scope_missing"], settings={"scopes": NO_HANDOVER}),
    "not_permitted": Scene(
        id="twitter:1001", codes=["not_permitted"], play=fault("GET /*/inbox/contact/*", status=403)
    ),
    "topic_missing": Scene(
        id="wechat:1",
        codes=["topic_missing", "no_message_seen"],
        play=configured(PROD.replace('    topic_ids: ["2001"]\n', "")),
    ),
    "contact_not_found": Scene(
        id="whatsapp:32470000000", codes=["contact_not_found"], play=fault("GET /*/inbox/contact/*", status=404)
    ),
    "conversation_not_found": Scene(
        id="whatsapp:32470000000", codes=["conversation_not_found"], play=fault("GET /*/inbox/handover/*", status=404)
    ),
    "no_messenger_section": Scene(
        id="facebook:5550001",
        codes=["no_messenger_section"],
        play=configured("".join(line for line in PROD.splitlines(keepends=True) if "messenger:" not in line)),
    ),
    "handover_unreadable": Scene(
        id="whatsapp:32470000000", codes=["handover_unreadable"], settings={"handover_shape": "unreadable"}
    ),
    "no_tag_calls": Scene(
        id="instagram:1",
        codes=["no_tag_calls", "no_message_seen"],
        play=configured(PROD.replace("    topic_ids:", "    channels: {instagram: tag}\n    topic_ids:")),
    ),
    "tags_unreadable": Scene(
        id="twitter:1001",
        codes=["tags_unreadable"],
        play=lambda prod: intercept(prod, {"/inbox/contact/twitter/1001": response({"id": 1})}),
    ),
    "tag_spelling": Scene(id="twitter:1001", codes=["tag_spelling"], play=tagged("twitter:1001", "Escalated To Agent")),
    "control_unreadable": Scene(
        id="whatsapp:32470000000", codes=["control_unreadable"], play=fault("GET /*/inbox/handover/*", status=500)
    ),
    "no_private_messages": Scene(id="twitter:1001", codes=["no_private_messages"], play=public_only),
    "messages_unread": Scene(
        id="twitter:1002", codes=["messages_unread"], play=fault("GET /*/inbox/context/*", status=500)
    ),
    "no_message_seen": Scene(id="twitter:1002", codes=["no_message_seen"], play=advance(8 * DAY)),
}
