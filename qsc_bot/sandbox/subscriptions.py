"""Which events Meta sends to an app, on both layers: the app's own list, and the Page's list for it."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from qsc_bot.sandbox import account
from qsc_bot.sandbox.deliveries import is_address, is_loopback
from qsc_bot.sandbox.graph import GraphCall, check_page
from qsc_bot.sandbox.threads import RefusedError
from qsc_bot.sandbox.world import World

FIELDS = (
    "feed",
    "messages",
    "message_deliveries",
    "message_echoes",
    "message_reactions",
    "message_reads",
    "messaging_handovers",
    "messaging_optins",
    "messaging_postbacks",
    "messaging_referrals",
    "standby",
)


def list_apps(call: GraphCall, page: str) -> dict[str, Any]:
    """GET {page}/subscribed_apps: every connected app (whether Meta shows other vendors' is not known)."""
    check_page(page)
    rows = call.db.execute("SELECT id, page_fields FROM apps WHERE page_fields <> '' ORDER BY id")
    return {"data": [_describe_app(row["id"], row["page_fields"]) for row in rows]}


def subscribe_app(call: GraphCall, page: str) -> dict[str, Any]:
    """POST {page}/subscribed_apps?subscribed_fields=: this replaces the calling app's list."""
    check_page(page)
    fields = _read_list(call.params, "subscribed_fields")
    call.db.execute("UPDATE apps SET page_fields = ? WHERE id = ?", (fields, call.app))
    return {"success": "true"}


def unsubscribe_app(call: GraphCall, page: str) -> dict[str, Any]:
    """DELETE {page}/subscribed_apps: the calling app gets nothing more of the Page."""
    check_page(page)
    call.db.execute("UPDATE apps SET page_fields = '' WHERE id = ?", (call.app,))
    return {"success": True}


def list_subscriptions(call: GraphCall, app: str) -> dict[str, Any]:
    """GET {app}/subscriptions."""
    _check_app(app, call.app, call.token)
    row = call.db.execute("SELECT callback, fields FROM apps WHERE id = ?", (app,)).fetchone()
    if not row["fields"]:
        return {"data": []}
    callback = row["callback"].replace("{sandbox}", call.settings.address)
    fields = [{"name": name, "version": "v25.0"} for name in row["fields"].split(",")]
    return {"data": [{"object": "page", "callback_url": callback, "active": True, "fields": fields}]}


def shake_hands(world: World, caller: str, token: str, params: Mapping[str, Any], app: str) -> None:
    """Before {app}/subscriptions is written: the callback must repeat a challenge, where it is on this machine."""
    _check_app(app, caller, token)
    _check_object(params)
    callback = _read_callback(params)
    _read_list(params, "fields")
    if not is_loopback(callback):
        return
    challenge = str(secrets.randbelow(9 * 10**9) + 10**9)
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": str(params["verify_token"])}
    status, body = world.fetch(f"{callback}{'&' if urlsplit(callback).query else '?'}{urlencode(query)}")
    if status != 200:
        reason = f"HTTP Status Code = {status}" if status else "curl_errno = 7; curl_error = Failed to connect"
        raise RefusedError(2200, None, f"Callback verification failed with the following errors: {reason}")
    if body != challenge.encode():
        raise RefusedError(
            2200, None, "Callback verification failed with the following errors: Response does not match challenge"
        )


def write_subscription(call: GraphCall, app: str) -> dict[str, Any]:
    """POST {app}/subscriptions, once hands were shaken: this replaces address and list."""
    fields = _read_list(call.params, "fields")
    call.db.execute("UPDATE apps SET callback = ?, fields = ? WHERE id = ?", (_read_callback(call.params), fields, app))
    return {"success": True}


def delete_subscription(call: GraphCall, app: str) -> dict[str, Any]:
    """DELETE {app}/subscriptions?object=page: the fields that are named, or all."""
    _check_app(app, call.app, call.token)
    _check_object(call.params)
    row = call.db.execute("SELECT fields FROM apps WHERE id = ?", (app,)).fetchone()
    gone = _read_list(call.params, "fields").split(",") if call.params.get("fields") else row["fields"].split(",")
    left = ",".join(name for name in row["fields"].split(",") if name not in gone)
    call.db.execute("UPDATE apps SET fields = ? WHERE id = ?", (left, app))
    return {"success": True}


def _check_app(app: str, caller: str, token: str) -> None:
    if app != caller:
        raise RefusedError(100, 33, f"Unsupported request. Object with ID '{app}' does not exist")
    if "|" not in token:
        raise RefusedError(15, None, "This method must be called with an app access_token.")


def _check_object(params: Mapping[str, Any]) -> None:
    if params.get("object") != "page":
        raise RefusedError(100, None, "Param object must be one of {page}")


def _read_callback(params: Mapping[str, Any]) -> str:
    callback = str(params.get("callback_url", ""))
    if not is_address(callback):
        raise RefusedError(100, None, "Param callback_url must be an address")
    if not params.get("verify_token"):
        raise RefusedError(100, None, "The parameter verify_token is required")
    return callback


def _read_list(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name)
    given = value if isinstance(value, list) else str(value or "").split(",")
    names = [str(field).strip() for field in given if str(field).strip()]
    if not names:
        raise RefusedError(100, None, f"The parameter {name} is required")
    for at, field in enumerate(names):
        if field not in FIELDS:
            raise RefusedError(100, None, f"Param {name}[{at}] must be one of {{{', '.join(FIELDS)}}} - got {field!r}")
    return ",".join(dict.fromkeys(names))


def _describe_app(app: str, fields: str) -> dict[str, Any]:
    name = account.APP_NAMES[app]
    link = f"https://sandbox.example/apps/{app}"
    return {"id": app, "name": name, "category": "Business", "link": link, "subscribed_fields": fields.split(",")}
