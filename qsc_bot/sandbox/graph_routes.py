"""One call to Meta's Graph API, from token to answer."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request

from qsc_bot.sandbox import graph, graph_lists, subscriptions
from qsc_bot.sandbox.deliveries import send
from qsc_bot.sandbox.graph import GraphCall
from qsc_bot.sandbox.match import Match
from qsc_bot.sandbox.state import count_refused_send
from qsc_bot.sandbox.threads import NOT_IN_CONTROL, RefusedError
from qsc_bot.sandbox.wire import Answer
from qsc_bot.sandbox.world import Delivery, World

ENDPOINTS: Mapping[str, Mapping[str, Callable[..., dict[str, Any]]]] = {
    "/graph/debug_token": {"GET": graph_lists.inspect_token},
    "/graph/app": {"GET": graph_lists.show_app},
    "/graph/{page}": {"GET": graph.show_page},
    "/graph/{page}/thread_owner": {"GET": graph.show_owner},
    "/graph/{page}/pass_thread_control": {"POST": graph.pass_control},
    "/graph/{page}/take_thread_control": {"POST": graph.take_control},
    "/graph/{page}/request_thread_control": {"POST": graph.request_control},
    "/graph/{page}/release_thread_control": {"POST": graph.release_control},
    "/graph/{page}/extend_thread_control": {"POST": graph.extend_control},
    "/graph/{page}/messages": {"POST": graph.send},
    "/graph/{page}/conversations": {"GET": graph_lists.list_conversations},
    "/graph/{page}/subscribed_apps": {
        "GET": subscriptions.list_apps,
        "POST": subscriptions.subscribe_app,
        "DELETE": subscriptions.unsubscribe_app,
    },
    "/graph/{app}/subscriptions": {
        "GET": subscriptions.list_subscriptions,
        "POST": subscriptions.write_subscription,
        "DELETE": subscriptions.delete_subscription,
    },
}


def answer(world: World, request: Request, match: Match) -> Answer:
    """Do the call in one transaction, then send the webhooks it caused; refusals are HTTP 400."""
    outbox: list[Delivery] = []
    try:
        body = _act(world, request, match, outbox)
    except RefusedError as error:
        body, status = graph.describe_error(error, now=world.clock()), 400
    else:
        status = 200
    send(world, outbox)
    return Answer(status=status, body=json.dumps(body).encode())


def _act(world: World, request: Request, match: Match, outbox: list[Delivery]) -> dict[str, Any]:
    params = _read_params(request)
    token = _read_token(request, params)
    app = graph.find_app(token, path=request.path)
    if not match.pattern:
        raise RefusedError(100, 33, f"Unsupported {request.method.lower()} request for {request.path}")
    act = ENDPOINTS[match.pattern][match.method]
    if act is subscriptions.write_subscription:
        subscriptions.shake_hands(world, app, token, params, **match.values)
    transaction = world.state.reading if match.method == "GET" else world.state.writing
    try:
        with transaction() as db:
            call = GraphCall(
                db=db,
                settings=world.settings,
                now=world.now(db),
                outbox=outbox,
                app=app,
                token=token,
                params=params,
                url=request.base_url,
            )
            return act(call, **match.values)
    except RefusedError as error:
        if error.subcode == NOT_IN_CONTROL:
            with world.state.writing() as db:
                count_refused_send(db, psid=graph.read_recipient(params.get("recipient")))
        raise


def _read_token(request: Request, params: dict[str, Any]) -> str:
    given = str(params.pop("access_token", ""))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() in ("bearer", "oauth") else given


def _read_params(request: Request) -> dict[str, Any]:
    """Query parameters and a form or JSON body, whichever the client chose."""
    params: dict[str, Any] = request.args.to_dict() | request.form.to_dict()
    if not request.form and request.data:
        try:
            body = json.loads(request.data)
        except ValueError as error:
            raise RefusedError(100, None, "The body is no JSON") from error
        params |= body if isinstance(body, dict) else {}
    return params
