"""A listener's answers: what it takes, what it refuses and how, and that it keeps before it answers."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from werkzeug.test import Client, TestResponse

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Event, Kind, Via
from qsc_bot.storage.deliveries import Arrived, Deliveries
from qsc_bot.webhook.receiver import LARGEST_BODY_BYTES, PATHS, Arrival, Receiver, Refused, Rules
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
    store = Deliveries(folder / "deliveries.db", now=lambda: 1_795_000_000.0, tell=lambda _: None)
    wished: dict[str, Any] = {"account": "h/1", "paths": PATHS, "signing": SECRETS, "verify_token": "v"} | rules
    return Listener(store, Rules(**wished))


def test_signed_mention_is_kept_and_told(tmp_path: Path) -> None:
    made = listener(tmp_path)
    answer = made.signed(QSC, MENTION, query="?qsc_recipe=to-bot&qsc_rev=abc")
    assert (answer.status_code, answer.data) == (200, b"")
    (stored,) = made.store.find()
    assert (stored.kind, stored.conversation, stored.verified) == (Kind.MENTION, "whatsapp:32470000000", True)
    assert (stored.recipe, stored.revision, stored.answer) == ("to-bot", "abc", 200)
    assert [arrival.ids for arrival in made.told] == [(stored.id,)]
    assert made.store.read(stored.id)[1].body == MENTION


def test_each_event_of_a_batch_is_a_delivery(tmp_path: Path) -> None:
    made = listener(tmp_path)
    assert made.signed(META, THREAD).status_code == 200
    assert {(one.kind, one.dedupe_key) for one in made.store.find()} == {
        (Kind.MESSAGE, "m_1"),
        (Kind.STANDBY, "m_2"),
    }


def test_duplicate_is_answered_and_kept_once(tmp_path: Path) -> None:
    made = listener(tmp_path)
    assert [made.signed(QSC, MENTION).status_code for _ in range(2)] == [200, 200]
    assert len(list(made.store.find())) == 1
    assert [arrival.is_new for arrival in made.told] == [True, False]


def test_batch_of_which_a_part_is_known_tells_which(tmp_path: Path) -> None:
    made = listener(tmp_path)
    batch = json.loads(THREAD)
    made.signed(META, json.dumps({**batch, "entry": batch["entry"][:1]}).encode())
    made.signed(META, THREAD)
    assert [(arrival.is_new, [one is None for one in arrival.ids]) for arrival in made.told] == [
        (True, [False]),
        (True, [True, False]),
    ]


def test_same_mention_of_another_revision_is_a_delivery_of_its_own(tmp_path: Path) -> None:
    made = listener(tmp_path)
    for revision in ("abc", "abd"):
        made.signed(QSC, MENTION, query=f"?qsc_recipe=to-bot&qsc_rev={revision}")
    assert {one.revision for one in made.store.find()} == {"abc", "abd"}


REFUSED: dict[str, tuple[str, bytes, dict[str, str], int, str]] = {
    "no signature": ("/social-connect", MENTION, {}, 403, "missing"),
    "another secret": ("/social-connect", MENTION, {"x-signature": sign(QSC, MENTION, "x")}, 403, "wrong-signature"),
    "written again": (
        "/social-connect",
        json.dumps(json.loads(MENTION), ensure_ascii=False).encode(),
        {"x-signature": sign(QSC, MENTION, "client")},
        403,
        "re-encoded-body",
    ),
    "no digest": ("/messenger", THREAD, {"x-hub-signature-256": "sha256=x"}, 403, "malformed"),
    "another kind's signature": ("/messenger", THREAD, {"x-signature": sign(QSC, THREAD, "client")}, 403, "missing"),
    "no JSON": ("/social-connect", b"hello", {"x-signature": sign(QSC, b"hello", "client")}, 400, "body"),
    "another path": ("/other", MENTION, {}, 404, "path"),
    "beside the path": ("/social-connect/../messenger", MENTION, {}, 404, "path"),
    "too large": ("/social-connect", b" " * (LARGEST_BODY_BYTES + 1), {}, 413, "size"),
}


@pytest.mark.parametrize(("path", "body", "headers", "status", "reason"), REFUSED.values(), ids=REFUSED)
def test_refusals_keep_nothing(
    tmp_path: Path, path: str, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    made = listener(tmp_path)
    assert made.post(path, body, headers=headers).status_code == status
    assert [(one.status, one.reason) for one in made.refused] == [(status, reason)]
    assert (list(made.store.find()), made.told) == ([], [])


def test_flood_of_wrong_signatures_is_not_looked_into(tmp_path: Path) -> None:
    made = listener(tmp_path)
    client, header = made.client, {"x-signature": sign(QSC, MENTION, "client")}
    again = json.dumps(json.loads(MENTION), ensure_ascii=False).encode()
    for at in (0.0, 0.1, 0.2, 5.0):
        made.at = at
        assert client.post("/social-connect", data=again, headers=header).status_code == 403
    looked_into, not_looked_into = "re-encoded-body", "wrong-signature"
    assert [one.reason for one in made.refused] == [looked_into, not_looked_into, not_looked_into, looked_into]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(tmp_path: Path, method: str) -> None:
    made = listener(tmp_path)
    assert made.client.open("/social-connect", method=method).status_code == 405


def test_missing_secret_refuses_rather_than_accepts(tmp_path: Path) -> None:
    made = listener(tmp_path, signing={META: "app"})
    assert made.signed(QSC, MENTION).status_code == 403
    assert made.signed(META, THREAD).status_code == 200


def test_unsigned_is_taken_where_that_was_asked_for_and_proves_nothing(tmp_path: Path) -> None:
    made = listener(tmp_path, signing={}, takes_unsigned=True)
    assert made.post("/social-connect", MENTION).status_code == 200
    assert [one.verified for one in made.store.find()] == [False]


BASIC = "Basic " + base64.b64encode(b"qsc:hush").decode()
BEARING: dict[str, tuple[str, dict[str, str]]] = {
    "in the path": ("/social-connect/hush", {}),
    "before the path": ("/hush/social-connect", {}),
    "in the query": ("/social-connect?key=hush", {}),
    "as the password": ("/social-connect", {"Authorization": BASIC}),
}


@pytest.mark.parametrize(("path", "headers"), BEARING.values(), ids=BEARING)
def test_secret_of_the_address_is_enough_and_kept_nowhere(tmp_path: Path, path: str, headers: dict[str, str]) -> None:
    made = listener(tmp_path, url_secret="hush")
    assert made.post(path, MENTION, headers=headers).status_code == 200
    (stored,) = made.store.find()
    assert not stored.verified
    made.store.close()
    assert b"hush" not in b"".join(one.read_bytes() for one in tmp_path.iterdir())


def test_secret_alone_is_the_address_of_what_is_served_at_the_root(tmp_path: Path) -> None:
    made = listener(tmp_path, url_secret="hush", paths={"/": QSC})
    assert [made.post(path, MENTION).status_code for path in ("/hush", "/", "/husk")] == [200, 403, 404]
    assert [arrival.request.target for arrival in made.told] == ["/"]


def test_another_secret_in_the_address_is_refused(tmp_path: Path) -> None:
    made = listener(tmp_path, url_secret="hush")
    assert made.post("/social-connect?key=husk", MENTION).status_code == 403


def test_wrong_signature_is_refused_whatever_the_address_says(tmp_path: Path) -> None:
    made = listener(tmp_path, url_secret="hush")
    headers = {"x-signature": sign(QSC, MENTION, "other")}
    assert made.post("/social-connect/hush", MENTION, headers=headers).status_code == 403


SHAKES: dict[str, tuple[str, str, str | None, int]] = {
    "right": ("subscribe", "v", "v", 200),
    "wrong token": ("subscribe", "w", "v", 403),
    "wrong mode": ("unsubscribe", "v", "v", 403),
    "no token set": ("subscribe", "", None, 403),
}


@pytest.mark.parametrize(("mode", "token", "known", "status"), SHAKES.values(), ids=SHAKES)
def test_handshake(tmp_path: Path, mode: str, token: str, known: str | None, status: int) -> None:
    made = listener(tmp_path, verify_token=known)
    query = {"hub.mode": mode, "hub.verify_token": token, "hub.challenge": "1158201444"}
    answer = made.client.get("/messenger", query_string=query)
    assert answer.status_code == status
    assert (answer.data == b"1158201444") is (status == 200)
    assert answer.mimetype == "text/plain" or status != 200
    assert made.shaken == [1] * (status == 200)


def test_what_cannot_be_kept_is_not_said_to_be(tmp_path: Path) -> None:
    made = listener(tmp_path)
    made.fault = QscBotError("config.state", "disk full")
    assert made.signed(QSC, MENTION).status_code == 503
    assert (made.told, [one.reason for one in made.refused]) == ([], ["store"])


HALF = "\ud800"
ODD: dict[str, tuple[Via, Any]] = {
    "id": (QSC, {"id": HALF, "topic": {"id": "1"}}),
    "topic": (QSC, {"id": "1", "topic": {"id": HALF}}),
    "author": (QSC, {"id": "1", "topic": {"id": "1"}, "source": {"service": "whatsapp"}, "author": {"id": HALF}}),
    "no ids": (QSC, {HALF: HALF}),
    "mid": (META, {"entry": [{"messaging": [{"sender": {"id": HALF}, "message": {"mid": HALF}}]}]}),
    "changes": (META, {"entry": [{"changes": [{"field": HALF}]}]}),
    "nothing": (META, {}),
}


@pytest.mark.parametrize(("via", "document"), ODD.values(), ids=ODD)
def test_what_is_rightly_signed_is_kept_however_odd(tmp_path: Path, via: Via, document: Any) -> None:
    made = listener(tmp_path)
    body = json.dumps(document).encode()
    assert [made.signed(via, body).status_code for _ in range(2)] == [200, 200]
    (stored,) = made.store.find()
    assert msgspec.json.encode(stored)
    assert made.store.read(stored.id)[1].body == body


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/json"])
def test_type_of_the_body_does_not_matter(tmp_path: Path, kind: str | None) -> None:
    made = listener(tmp_path)
    headers = {"x-signature": sign(QSC, MENTION, "client")} | ({"Content-Type": kind} if kind else {})
    assert made.post("/social-connect", MENTION, headers=headers).status_code == 200
