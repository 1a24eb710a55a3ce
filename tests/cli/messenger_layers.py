"""The two layers of Messenger's subscriptions, as the tests look at them and change them."""

import json
from typing import Any, Final

import httpx

from tests.cli.terminal import Prod

URL: Final = "https://bot.example.com/messenger"
BOT: Final = "http://127.0.0.1:8081/example-bot/messenger"
REGISTER: Final = ("webhook", "register", "bot-messenger", "--via", "messenger", "--url")
DEFAULT: Final = ["messages", "messaging_postbacks", "messaging_handovers", "standby"]
APP, PAGE = "/v25.0/111/subscriptions", "/v25.0/1029384756/subscribed_apps"


def graph(prod: Prod, edge: str, **body: str) -> None:
    """Change a layer as somebody else would."""
    words = [word for key, value in body.items() for word in ("-F", f"{key}={value}")]
    assert prod.run("api", "POST", edge, *words, "--graph").code == 0


def sent(prod: Prod) -> list[tuple[str, str, Any]]:
    """What was written to Meta."""
    return [(one.method, one.url.path, json.loads(one.content or b"{}")) for one in prod.wire.writes]


def show(prod: Prod, name: str = "bot-messenger") -> Any:
    return prod.run("webhook", "show", name, "-o", "json").document


def other_app_layer(prod: Prod, callback: str, fields: str) -> None:
    """Another tool subscribes the same app elsewhere."""
    body = {"object": "page", "callback_url": callback, "verify_token": "theirs", "fields": fields}
    app = prod.wire._inner  # the sandbox, beside this tool
    headers = {"Authorization": "Bearer 111|sandbox-app-secret"}
    url = "https://graph.facebook.com/graph/v25.0/111/subscriptions"
    assert app.handle_request(httpx.Request("POST", url, headers=headers, json=body)).status_code == 200
