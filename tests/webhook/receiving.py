"""A receiver in memory, with a store of its own."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.test import Client, TestResponse

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Event, Via
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.storage.delivery_rows import Arrived
from qsc_bot.webhook.receiver import PATHS, Arrival, Receiver, Refused, Rules
from qsc_bot.webhook.signature import HEADERS, sign

QSC, META = Via.SOCIAL_CONNECT, Via.MESSENGER
MENTION = json.dumps(
    {
        "id": "437",
        "topic": {"id": 46283},
        "message": {"type": "privatemessage", "content": "héllo"},
        "source": {"service": "whatsapp"},
        "author": {"id": "32470000000"},
    }
).encode()
THREAD = json.dumps(
    {
        "object": "page",
        "entry": [
            {"id": "1", "messaging": [{"sender": {"id": "5550001"}, "message": {"mid": "m_1"}}]},
            {"id": "1", "standby": [{"sender": {"id": "5550002"}, "message": {"mid": "m_2"}}]},
        ],
    }
).encode()
REVISION, OTHER_REVISION = "0123456789ab", "ba9876543210"
SECRETS = {QSC: "client", META: "app"}


@dataclass
class Listener:
    """A receiver with a store of its own, and what it told."""

    store: Deliveries
    rules: Rules
    fault: QscBotError | None = None
    told: list[Arrival] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    shaken: list[int] = field(default_factory=list)
    at: float = 0.0

    def keep(self, arrived: Arrived, events: list[Event], answer: int) -> list[str | None]:
        """Store it, or fail."""
        if self.fault:
            raise self.fault
        return self.store.store(arrived, events, answer=answer)

    @property
    def client(self) -> Client:
        """A client of it."""
        tells: dict[str, Any] = {"tell": self.told.append, "refuse": self.refused.append}
        shake, monotonic = (lambda: self.shaken.append(1)), (lambda: self.at)
        return Client(Receiver(self.rules, keep=self.keep, shake=shake, monotonic=monotonic, **tells))

    def post(self, path: str, body: bytes, *, headers: dict[str, str] | None = None) -> TestResponse:
        """Post these bytes."""
        return self.client.post(path, data=body, headers=headers or {})

    def signed(self, via: Via, body: bytes, *, query: str = "") -> TestResponse:
        """Post these bytes, signed."""
        path = next(path for path, one in PATHS.items() if one is via)
        return self.post(path + query, body, headers={HEADERS[via]: sign(via, body, SECRETS[via])})


def listener(folder: Path, **rules: Any) -> Listener:
    store = Deliveries(folder / "deliveries.db", account="h/1", now=lambda: 1_795_000_000.0, tell=lambda _: None)
    wished: dict[str, Any] = {"paths": PATHS, "signing": SECRETS, "verify_token": "v"} | rules
    return Listener(store, Rules(**wished))
