"""The Page's conversations as Meta lists them, and what a token is."""

import base64
import binascii
import json
import re
import sqlite3
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from qsc_bot.sandbox import account
from qsc_bot.sandbox.graph import GraphCall, check_page
from qsc_bot.sandbox.messages import newest_from_customer
from qsc_bot.sandbox.threads import DAY_SECONDS, RefusedError, Thread, lapse

PLATFORMS = {"messenger": "facebook", "instagram": "instagram"}
DEFAULT_LIMIT = 25
MOST = 500
_NEWEST = 2**62
COUNTED = ("message_count", "unread_count", "snippet")
FIELDS = ("id", "link", "updated_time", "participants", "senders", "can_reply", "is_owner", *COUNTED)


def list_conversations(call: GraphCall, page: str) -> dict[str, Any]:
    """GET {page}/conversations, newest first."""
    check_page(page)
    platform = str(call.params.get("platform", "messenger"))
    if platform not in PLATFORMS:
        raise RefusedError(100, None, f"Param platform must be one of {', '.join(PLATFORMS)}")
    fields = _read_fields(call)
    text = str(call.params.get("limit", DEFAULT_LIMIT))
    limit = min(int(text), MOST) if text.isdigit() and int(text) > 0 else DEFAULT_LIMIT
    rows = _select(call, PLATFORMS[platform], limit=limit + 1)
    data = [_describe(call, row, fields) for row in rows[:limit]]
    if not data:
        return {"data": []}
    return {"data": data, "paging": _describe_paging(call, rows[:limit], more=len(rows) > limit)}


def inspect_token(call: GraphCall) -> dict[str, Any]:
    """GET debug_token: which app minted a token."""
    app = account.GRAPH_TOKENS.get(str(call.params.get("input_token", "")))
    if app is None:
        return {"data": {"is_valid": False, "scopes": []}}
    scopes = ["pages_manage_metadata", "pages_read_engagement", "pages_messaging"]
    name = account.APP_NAMES[app]
    detail = {"app_id": app, "application": name, "type": "PAGE", "profile_id": account.PAGE_ID}
    return {"data": {**detail, "is_valid": True, "expires_at": 0, "scopes": scopes}}


def show_app(call: GraphCall) -> dict[str, Any]:
    """GET app: the app that minted the token of the call."""
    link = f"https://sandbox.example/apps/{call.app}"
    return {"category": "Business", "link": link, "name": account.APP_NAMES[call.app], "id": call.app}


def _read_fields(call: GraphCall) -> list[str]:
    text = re.sub(r"\{[^{}]*\}", "", str(call.params.get("fields", "id,updated_time")))
    fields = [name.strip() for name in text.split(",") if name.strip()]
    for name in fields:
        if name not in FIELDS:
            raise RefusedError(100, None, f"Tried accessing nonexisting field ({name})")
    return fields


def _select(call: GraphCall, service: str, *, limit: int) -> list[sqlite3.Row]:
    updated, psid = _open_cursor(str(call.params.get("after", "")))
    one = str(call.params.get("user_id", ""))
    return call.db.execute(
        "SELECT t.*, c.name FROM threads t JOIN people p ON p.service = t.service AND p.service_id = t.psid"
        " JOIN contacts c ON c.id = p.contact_id"
        " WHERE t.service = ? AND (t.updated, t.psid) < (?, ?) AND ? IN ('', t.psid)"
        " ORDER BY t.updated DESC, t.psid DESC LIMIT ?",
        (service, updated, psid, one, limit),
    ).fetchall()


def _describe(call: GraphCall, row: sqlite3.Row, fields: list[str]) -> dict[str, Any]:
    person = {"name": row["name"], "id": row["psid"]}
    page = {"name": account.PAGE_NAME, "id": account.PAGE_ID}
    known: dict[str, Any] = {
        "link": f"/{account.PAGE_ID}/inbox/{row['psid']}/",
        "updated_time": datetime.fromtimestamp(row["updated"], UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "participants": {"data": [person, page]},
        "senders": {"data": [person, page]},
    }
    if call.settings.routing:
        thread = Thread(psid=row["psid"], owner=row["owner"], expires=row["expires"])
        known["is_owner"] = lapse(thread, now=call.now).owner == call.app
    if "can_reply" in fields:
        newest = newest_from_customer(call.db, service=row["service"], service_id=row["psid"])
        known["can_reply"] = newest is not None and call.now - newest.added < DAY_SECONDS
    if set(COUNTED) & set(fields):
        known |= _count(call, row["service"], row["psid"])
    return {"id": f"t_{row['psid']}"} | {name: known[name] for name in fields if name in known}


def _count(call: GraphCall, service: str, psid: str) -> dict[str, Any]:
    messages = call.db.execute(
        "SELECT managed, content FROM mentions WHERE service = ? AND service_id = ? ORDER BY added DESC, id DESC",
        (service, psid),
    ).fetchall()
    unread = next((number for number, row in enumerate(messages) if row["managed"]), len(messages))
    snippet = messages[0]["content"] if messages else ""
    return {"message_count": len(messages), "unread_count": unread, "snippet": snippet}


def _describe_paging(call: GraphCall, rows: list[sqlite3.Row], *, more: bool) -> dict[str, Any]:
    cursors = {"before": _make_cursor(rows[0]), "after": _make_cursor(rows[-1])}
    if not more:
        return {"cursors": cursors}
    query = dict(call.params) | {"after": cursors["after"], "access_token": call.token}
    return {"cursors": cursors, "next": f"{call.url}?{urlencode(query)}"}


def _make_cursor(row: sqlite3.Row) -> str:
    return base64.urlsafe_b64encode(json.dumps([row["updated"], row["psid"]]).encode()).decode()


def _open_cursor(cursor: str) -> tuple[int, str]:
    if not cursor:
        return _NEWEST, ""
    try:
        updated, psid = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, TypeError, binascii.Error) as error:
        raise RefusedError(100, None, "Param after is no cursor") from error
    if not isinstance(updated, int) or abs(updated) > _NEWEST:
        raise RefusedError(100, None, "Param after is no cursor")
    return updated, str(psid)
