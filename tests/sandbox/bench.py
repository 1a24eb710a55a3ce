"""A sandbox with a client for each of its remotes, for tests to talk to."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import Client

from qsc_bot.sandbox.service import Sandbox, Settings, open_in_memory

NOW = 1_795_000_000.0


@dataclass
class Bench:
    """One sandbox with a client for each remote; `slept` is what it would have waited."""

    path: Path
    settings: Settings = field(default_factory=Settings)
    slept: list[float] = field(default_factory=list)
    seconds: float = NOW

    def __post_init__(self) -> None:
        self.sandbox: Sandbox = open_in_memory(
            self.path, settings=self.settings, clock=lambda: self.seconds, sleep=self.slept.append
        )
        self.client = Client(self.sandbox, use_cookies=False)

    def request(
        self,
        method: str,
        path: str,
        fields: Mapping[str, str] | None = None,
        *,
        token: str | None = "sandbox",
        **options: Any,
    ) -> Any:
        """One call; `fields` go where the documented clients put them: the query of a GET, else the form."""
        headers = dict(options.pop("headers", {})) | ({"Authorization": f"Bearer {token}"} if token else {})
        if fields and method == "GET":
            path = f"{path}?{urlencode(fields)}"
        elif fields:
            options["data"] = dict(fields)
        return self.client.open(path, method=method, headers=headers, **options)

    def ask(self, method: str, path: str, fields: Mapping[str, str] | None = None, **options: Any) -> Any:
        """The `response` of a call that must succeed."""
        answer = self.request(method, path, fields, **options)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.json["meta"]["code"] == 200
        return answer.json["response"]

    def refused(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, **options: Any
    ) -> tuple[int, str]:
        """Status and error id of a call that must fail, in the documented envelope."""
        answer = self.request(method, path, fields, **options)
        body = answer.json
        assert set(body) == {"code", "error", "error_description", "error_details"}, body
        assert body["code"] == answer.status_code
        return answer.status_code, body["error"]

    def graph(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: str = "sandbox"
    ) -> tuple[int, Any]:
        """One call to Messenger's side, with a JSON body as most clients send it."""
        answer = self.client.open(
            f"/graph/v25.0{path}", method=method, json=body, headers={"Authorization": f"Bearer {token}"}
        )
        return answer.status_code, answer.json

    def connect_bot(self, *, exclude_tag: str | None = "escalated to agent") -> None:
        """Set up the recipe that sends private messages to the example bot."""
        url = f"{self.settings.address}/example-bot/social-connect"
        base = "/1000/sandbox/automation"
        self.ask("POST", f"{base}/webhooks", {"webhook": json.dumps({"name": "bot", "url": url})})
        recipe = {"name": "private", "webhook": "bot", "exclude_tag": exclude_tag}
        self.ask("POST", f"{base}/recipes", {"recipe": json.dumps(recipe)})

    def thread(self, conversation: str) -> list[str]:
        """What was said in a conversation, oldest first, our own lines marked with `>`."""
        mentions = self.ask("GET", "/1000/inbox/mentions", {"limit": "100", "sort": "dateadd:asc"})["data"]
        service, _, service_id = conversation.partition(":")
        sources = {
            mention["source"]["id"]
            for mention in mentions
            if mention["source"]["service"] == service and str(mention["author"]["id"]) == service_id
        }
        return [
            ("> " if mention["author"]["managed"] else "") + mention["message"]["content"]
            for mention in mentions
            if mention["source"]["id"] in sources or mention["source"]["in_reply_to_message_id"] in sources
        ]


MakeBench = Callable[..., Bench]
Sent = tuple[str, Mapping[str, str], bytes]
