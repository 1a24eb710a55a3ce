"""A bot of a user's own, on a socket: written after the vendors' pages alone, with one defect if a test wants one."""

import base64
import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

TAG: Final = "escalated to agent"
ENDURANCE: Final = 45
KNOWN_AUTHOR: Final = {"id", "name", "fullname", "url", "img", "managed", "tags"}


class Trouble(Exception):
    """What a bot with a defect answers with 500."""


@dataclass
class Bot:
    """Takes deliveries of both kinds, answers them, and escalates when asked for a person."""

    api: str
    secret: str
    defect: str | None = None
    answer: int | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    seen: set[str] = field(default_factory=set)
    escalated: set[str] = field(default_factory=set)
    taken: int = 0
    first: Mapping[str, Any] | None = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer one delivery, after the work is done."""
        try:
            status = self.hear(Request(environ))
        except Trouble:
            status = 500
        return Response(b"", status=status)(environ, start_response)

    def has(self, defect: str) -> bool:
        """Whether this is the defect."""
        return self.defect == defect

    def hear(self, request: Request) -> int:
        """Check the signature, then work."""
        body = request.get_data()
        digest = hmac.new(self.secret.encode(), self.signed(body), hashlib.sha256)
        signatures = {base64.b64encode(digest.digest()).decode(), f"sha256={digest.hexdigest()}"}
        given = request.headers.get("x-signature") or request.headers.get("X-Hub-Signature-256")
        is_let_in = self.has("trusts everybody") or (given is None and self.has("trusts the unsigned"))
        if self.answer is not None or (given not in signatures and not is_let_in):
            return self.answer or 401
        with self.lock:
            self.taken += 1
            if self.has("tires") and self.taken > ENDURANCE:
                return 503
            is_late = self.has("answers again later") and self.taken == ENDURANCE
        if is_late and self.first:
            self.publish(self.first, "twitter", "And another one")
        if self.has("reads ASCII") and not body.isascii():
            raise Trouble
        event = json.loads(body)
        if "entry" in event:
            self.hear_messenger(event)
        else:
            self.hear_mention(event)
        return 200

    def signed(self, body: bytes) -> bytes:
        """What the signature is taken of."""
        if not self.has("signs JSON written again"):
            return body
        return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()

    def hear_mention(self, mention: Mapping[str, Any]) -> None:
        """One mention of Social Connect."""
        author, text = mention["author"], mention["message"]["content"]
        if text is None and self.has("wants no null"):
            raise Trouble
        if author["managed"] and not self.has("answers itself"):
            return
        if self.has("is strict") and set(author) - KNOWN_AUTHOR:
            raise Trouble
        if self.has("wants text ids") and not isinstance(author["id"], str):
            raise Trouble
        if not text or (self.has("drops emoji") and text.isascii() is False):
            if self.has("wants text"):
                raise Trouble
            return
        service, person = mention["source"]["service"], str(author["id"])
        with suppress(KeyError):  # an author who is no contact gets nothing
            if self.is_new(mention["unique_id"]) and self.is_mine(service, person):
                self.converse(mention, service, person, text)

    def converse(self, mention: Mapping[str, Any], service: str, person: str, text: str) -> None:
        """Answer, or pass on."""
        self.publish(mention, service, f"An answer to: {text}")
        if self.has("answers twice"):
            self.publish(mention, service, "And another one")
        self.first = self.first or mention
        if "person" in text and not self.has("never escalates"):
            self.escalated.add(person)
            fields = {"updates": json.dumps({"tags": [TAG]}), "options": '{"tags_edit_mode": "add"}'}
            self.ask("POST", f"/inbox/contact/{service}/{quote(person)}", fields | {"topic_ids": "2001"})

    def is_new(self, key: str) -> bool:
        """Whether a delivery did not come before."""
        with self.lock:
            known = key in self.seen
            self.seen.add(key)
        return not known or self.has("forgets")

    def is_mine(self, service: str, person: str) -> bool:
        """Whether the bot may answer."""
        if self.has("remembers escalations") and person in self.escalated:
            return False
        contact = self.ask("GET", f"/inbox/contact/{service}/{quote(person)}?topic_ids=2001")
        if TAG in contact["tags"] and not self.has("ignores the tag"):
            return False
        if service != "whatsapp" or self.has("ignores the handover"):
            return True
        return bool(self.ask("GET", f"/inbox/handover/{service}/{quote(person)}")["owner"] == "application")

    def publish(self, mention: Mapping[str, Any], service: str, text: str) -> None:
        """Reply to a mention."""
        services = [{"type": service, "service_id": mention["source"]["profile"]}]
        fields = {
            "type": "privatemessage",
            "services": json.dumps(services),
            "message": text,
            "status": "awaitingapproval" if self.has("publishes drafts") else "queued",
            "topic_id": str(mention["topic"]["id"]),
            "mention_id": mention["id"],
        }
        self.ask("POST", "/publisher/add", fields)

    def hear_messenger(self, body: Mapping[str, Any]) -> None:
        """Messenger's events."""
        for entry in body["entry"]:
            standby = entry.get("standby", []) if self.has("answers on standby") else []
            for event in [*entry.get("messaging", []), *standby]:
                self.hear_event(event)

    def hear_event(self, event: Mapping[str, Any]) -> None:
        """One event of Messenger; an echo comes from the Page, and its customer is the one it was sent to."""
        person = event["sender"]["id"]
        if "pass_thread_control" in event and not self.has("remembers escalations"):
            self.escalated.discard(person)
        if "message" not in event:
            if self.has("wants messages alone"):
                raise Trouble
            return
        message = event["message"]
        if message.get("is_echo"):
            if not self.has("answers echoes"):
                return
            person = event["recipient"]["id"]
        if "text" not in message and self.has("wants text"):
            raise Trouble
        if not message.get("text") or not self.is_new(message["mid"]) or person in self.escalated:
            return
        self.graph("/messages", {"recipient": {"id": person}, "message": {"text": "An answer"}})
        if "person" in message["text"] and not self.has("never escalates"):
            self.escalated.add(person)
            self.graph("/pass_thread_control", {"recipient": {"id": person}, "target_app_id": 222})

    def ask(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> Any:
        """One call to Social Connect."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call(method, f"/1000{path}", urlencode(fields or {}), headers)["response"]

    def graph(self, path: str, body: Mapping[str, Any]) -> None:
        """One call to Meta."""
        self.call("POST", f"/graph/v25.0/1029384756{path}", json.dumps(body), {"Content-Type": "application/json"})

    def call(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> Any:
        """One call, on a connection of its own."""
        connection = http.client.HTTPConnection(urlsplit(self.api).netloc, timeout=60)
        try:
            connection.request(method, path, body=body, headers={**headers, "Authorization": "Bearer sandbox"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def running(bot: Bot) -> Iterator[str]:
    """A bot on a socket; its address."""
    server = make_server("127.0.0.1", 0, bot, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/in"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
