"""Meta's Graph API as far as Messenger's thread control needs it: wire in, wire out."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from qsc_bot.sandbox import account, threads
from qsc_bot.sandbox.messenger import apply_change, find_thread, read_rules, send_message
from qsc_bot.sandbox.threads import Change, RefusedError, Rules, Thread
from qsc_bot.sandbox.world import Moment

_BARE_RECIPIENT = re.compile(r"\{\s*\"?id\"?\s*:\s*\"?([^\"{}\s]+)\"?\s*\}")


@dataclass(frozen=True, kw_only=True)
class GraphCall(Moment):
    """One call of an app on behalf of the Page."""

    app: str
    token: str
    params: Mapping[str, Any]
    url: str


def find_app(token: str, *, path: str) -> str:
    """The app that minted this token; an app token opens the app's subscriptions only."""
    app, _, secret = token.partition("|")
    if secret == account.SIGNING_KEYS["app"] and app == account.BOT_APP and path.endswith("/subscriptions"):
        return app
    if token not in account.GRAPH_TOKENS:
        raise RefusedError(190, None, "Invalid OAuth access token - Cannot parse access token")
    return account.GRAPH_TOKENS[token]


def describe_error(error: RefusedError, *, now: float) -> dict[str, Any]:
    """Meta's error envelope."""
    trace = sha256(f"{now}{error.message}".encode()).hexdigest()[:22]
    subcode = {} if error.subcode is None else {"error_subcode": error.subcode}
    detail = {"message": f"(#{error.code}) {error.message}", "type": "OAuthException", "code": error.code}
    return {"error": {**detail, **subcode, "fbtrace_id": f"A{trace}"}}


def show_page(call: GraphCall, page: str) -> dict[str, Any]:
    """GET {page}?fields=: the Page and its messaging mode."""
    check_page(page)
    routing = call.settings.routing
    known: dict[str, Any] = {
        "name": account.PAGE_NAME,
        "messaging_feature_status": {"hop_v2": False, "msgr_multi_app": routing, "ig_multi_app": routing},
    }
    fields = [name for name in str(call.params.get("fields", "name")).split(",") if name != "id"]
    for name in fields:
        if name not in known:
            raise RefusedError(100, None, f"Tried accessing nonexisting field ({name})")
    return {name: known[name] for name in fields} | {"id": account.PAGE_ID}


def show_owner(call: GraphCall, page: str) -> dict[str, Any]:
    """GET {page}/thread_owner: shown in full to the owner and the default app only."""
    check_page(page)
    thread = _require_thread(call)
    if thread.owner is None:
        return {"data": []}
    owner: dict[str, Any] = {"expiration": int(thread.expires or 0)}
    if threads.sees_owner(thread, read_rules(call.settings), caller=call.app):
        owner = {"app_id": int(thread.owner)} | owner
    return {"data": [{"thread_owner": owner}]}


def pass_control(call: GraphCall, page: str) -> dict[str, Any]:
    """POST {page}/pass_thread_control."""
    target = call.params.get("target_app_id")
    return _change(
        call,
        page,
        lambda thread, rules: threads.pass_control(
            thread, rules, caller=call.app, target=None if target is None else str(target), now=call.now
        ),
    )


def take_control(call: GraphCall, page: str) -> dict[str, Any]:
    """POST {page}/take_thread_control."""
    return _change(
        call,
        page,
        lambda thread, rules: threads.take_control(thread, rules, caller=call.app, now=call.now),
    )


def request_control(call: GraphCall, page: str) -> dict[str, Any]:
    """POST {page}/request_thread_control: success means asked, not granted."""
    return _change(
        call,
        page,
        lambda thread, rules: threads.request_control(thread, rules, caller=call.app, now=call.now),
    )


def release_control(call: GraphCall, page: str) -> dict[str, Any]:
    """POST {page}/release_thread_control."""
    return _change(call, page, lambda thread, _: threads.release_control(thread, caller=call.app))


def extend_control(call: GraphCall, page: str) -> dict[str, Any]:
    """POST {page}/extend_thread_control."""
    text = str(call.params.get("duration", ""))
    duration = int(text) if text.isascii() and text.isdigit() else 0
    return _change(
        call,
        page,
        lambda thread, _: threads.extend_control(thread, caller=call.app, duration_seconds=duration, now=call.now),
    )


def send(call: GraphCall, page: str) -> dict[str, Any]:
    """POST {page}/messages, with `thread_control` a hand-over in the same call."""
    check_page(page)
    thread = _require_thread(call)
    content = _read_object(call.params.get("message"))
    text = content.get("text")
    if not isinstance(text, str) or not text:
        raise RefusedError(100, None, "Param message must hold a text")
    message = send_message(call, thread, caller=call.app, text=text)
    if "thread_control" in call.params:
        _control_after_send(call, thread.psid, _read_object(call.params["thread_control"]))
    return {"recipient_id": thread.psid, "message_id": message.source_id}


def check_page(page: str) -> None:
    """Refuse every object but the Page."""
    if page not in ("me", account.PAGE_ID):
        raise RefusedError(100, 33, f"Unsupported request. Object with ID '{page}' does not exist")


def _control_after_send(call: GraphCall, psid: str, wanted: Mapping[str, Any]) -> None:
    """Pass or release after a send; Meta reads a missing `control_type` as a release."""
    rules = read_rules(call.settings)
    thread = find_thread(call.db, psid, now=call.now)
    assert thread is not None
    if not rules.routing:
        raise RefusedError(100, None, "thread_control needs Conversation Routing")
    kind, target = wanted.get("control_type", "release"), wanted.get("app_id")
    match kind:
        case "pass":
            to = None if target is None else str(target)
            change = threads.pass_control(thread, rules, caller=call.app, target=to, now=call.now)
        case "release":
            change = threads.release_control(thread, caller=call.app)
        case _:
            raise RefusedError(100, None, f"control_type must be pass or release, not {kind}")
    apply_change(call, thread, change, metadata=None)


def _change(call: GraphCall, page: str, verb: Callable[[Thread, Rules], Change]) -> dict[str, Any]:
    check_page(page)
    thread = _require_thread(call)
    metadata = call.params.get("metadata")
    change = verb(thread, read_rules(call.settings))
    apply_change(call, thread, change, metadata=None if metadata is None else str(metadata))
    return {"success": True}


def _require_thread(call: GraphCall) -> Thread:
    psid = read_recipient(call.params.get("recipient"))
    thread = find_thread(call.db, psid, now=call.now)
    if thread is None:
        raise RefusedError(100, 2018001, "No matching user found")
    return thread


def read_recipient(value: Any) -> str:
    """The person of `{"id": …}`, of the bare form `{id:…}` in an address, or plain as for thread_owner."""
    if isinstance(value, Mapping):
        return str(value.get("id", ""))
    if not isinstance(value, str) or not value:
        raise RefusedError(100, None, "The parameter recipient is required")
    bare = _BARE_RECIPIENT.fullmatch(value.strip())
    return bare[1] if bare else value


def _read_object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise RefusedError(100, None, "A parameter must be JSON") from error
    return value if isinstance(value, Mapping) else {}
