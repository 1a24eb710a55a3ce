"""Webhook requests: signed, sent once the state is committed, and counted."""

import base64
import hashlib
import hmac
import http.client
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from qsc_bot.sandbox.account import SIGNING_KEYS
from qsc_bot.sandbox.world import Call, Delivery, World

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TIMEOUT_SECONDS = 5.0


def sign_for_social_connect(body: bytes, client_secret: str = SIGNING_KEYS["client"]) -> str:
    """The value of `x-signature`: base64 of the raw HMAC-SHA256 over the body."""
    digest = hmac.new(client_secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def sign_for_messenger(body: bytes, app_secret: str = SIGNING_KEYS["app"]) -> str:
    """The value of `X-Hub-Signature-256`: lowercase hex of the HMAC-SHA256 over the body."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def send(world: World, outbox: Sequence[Delivery]) -> list[dict[str, Any]]:
    """Send what is due, with no transaction open; one `{webhook, status}` for each."""
    sent = []
    for delivery in outbox:
        status = world.deliver(delivery.url, delivery.headers, delivery.body)
        with world.state.writing() as db:
            _record(db, delivery, status=status, now=world.now(db))
        sent.append({"webhook": delivery.webhook, "status": status})
    return sent


def describe_deliveries(db: sqlite3.Connection) -> dict[str, Any]:
    """How many were answered with 2xx and how many were not, in all and by webhook."""
    rows = db.execute("SELECT * FROM deliveries ORDER BY webhook").fetchall()
    return {
        "sent": sum(row["sent"] for row in rows),
        "failed": sum(row["failed"] for row in rows),
        "by_webhook": {row["webhook"]: {key: row[key] for key in row.keys()[1:]} for row in rows},
    }


def is_address(url: object) -> bool:
    """Whether a webhook can be sent there at all."""
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_loopback(url: str) -> bool:
    """Whether this address is on this machine."""
    return urlsplit(url).hostname in LOOPBACK


def target_of(url: str) -> str:
    """What of an address stands in a request: its path and query."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def loopback_deliver(url: str, headers: Mapping[str, str], body: bytes) -> int | None:
    """Send a webhook to a server on this machine; None when it is elsewhere or does not answer."""
    status, _ = _reach("POST", url, headers, body)
    return status or None


def loopback_fetch(url: str) -> tuple[int, bytes]:
    """Get an address of this machine; status 0 when it is elsewhere or does not answer."""
    return _reach("GET", url, {}, b"")


def loopback_call(address: str) -> Call:
    """The example bot's way to the sandbox that is served at this address."""
    netloc = urlsplit(address).netloc

    def call(method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        try:
            return _request(method, netloc, target, headers, body)
        except (OSError, http.client.HTTPException):
            return 0, b""

    return call


def _reach(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    if not is_loopback(url) or parts.scheme != "http":
        return 0, b""
    try:
        return _request(method, parts.netloc, target_of(url), headers, body)
    except (OSError, http.client.HTTPException, UnicodeError):
        return 0, b""


def _request(method: str, netloc: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _record(db: sqlite3.Connection, delivery: Delivery, *, status: int | None, now: float) -> None:
    arrived = status is not None and 200 <= status < 300
    db.execute(
        "INSERT INTO deliveries (webhook, sent, failed, last_status, last_error) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (webhook) DO UPDATE SET sent = sent + excluded.sent, failed = failed + excluded.failed,"
        " last_status = excluded.last_status, last_error = excluded.last_error",
        (delivery.webhook, int(arrived), int(not arrived), status, _explain(delivery.url, status)),
    )
    db.execute("UPDATE webhooks SET last_delivery_at = ? WHERE name = ?", (int(now), delivery.webhook))


def _explain(url: str, status: int | None) -> str | None:
    if status is not None:
        return None if 200 <= status < 300 else f"answered {status}"
    return "not reachable" if is_loopback(url) else "not loopback"
