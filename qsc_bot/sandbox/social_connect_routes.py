"""One call to Social Connect, from token to envelope."""

import json
import sqlite3
from collections.abc import Mapping
from hashlib import sha256

from werkzeug.wrappers import Request

from qsc_bot.sandbox.account import ACCOUNT_ID, USERS, User
from qsc_bot.sandbox.budget import Budget, spend_call
from qsc_bot.sandbox.deliveries import send
from qsc_bot.sandbox.match import Match
from qsc_bot.sandbox.social_connect import ENDPOINTS, Endpoint, granted_scopes
from qsc_bot.sandbox.wire import Answer, RefusalError, Visit, describe_refusal, forbidden, not_found, wrap
from qsc_bot.sandbox.world import Delivery, World


def spend(world: World, db: sqlite3.Connection, request: Request, *, now: float) -> Budget | None:
    """Count the call against its user's hour; None when there is no limit, or no user to count for."""
    user = USERS.get(_read_token(request))
    limit = world.settings.rate_limit
    if user is None or limit is None:
        return None
    return spend_call(db, user=user.id, limit=limit, now=now)


def answer(world: World, request: Request, match: Match, budget: Budget | None) -> Answer:
    """Let the call in or refuse it, do it in one transaction, then send the webhooks it caused."""
    outbox: list[Delivery] = []
    try:
        reply = _act(world, request, match, budget, outbox)
    except RefusalError as refusal:
        reply = Answer(status=refusal.status, body=describe_refusal(refusal))
    send(world, outbox)
    headers = dict(reply.headers) | dict(budget.as_headers() if budget else {})
    return Answer(status=reply.status, body=reply.body, headers=headers)


def _act(world: World, request: Request, match: Match, budget: Budget | None, outbox: list[Delivery]) -> Answer:
    user = USERS.get(_read_token(request))
    if user is None:
        raise RefusalError(401, "invalid_token", "the access token is missing, wrong or expired")
    if budget is not None and not budget.allowed:
        raise RefusalError(400, "rate_limit_reached", f"no more than {budget.limit} calls an hour")
    endpoint = _let_in(world, request, match, user)
    values = {name: value for name, value in match.values.items() if name != "account_id"}
    transaction = world.state.writing if endpoint.writes else world.state.reading
    with transaction() as db:
        visit = Visit(
            db=db,
            settings=world.settings,
            now=world.now(db),
            outbox=outbox,
            user=user,
            params=_read_params(request),
            url=request.base_url,
        )
        response = endpoint.act(visit, **values)
    return _tag(request, Answer(status=200, body=wrap(response)))


def _let_in(world: World, request: Request, match: Match, user: User) -> Endpoint:
    if match.wrong_method:
        raise RefusalError(405, "invalid_http_method", f"{request.method} is not allowed here")
    if match.name is None:
        raise not_found(f"there is nothing at {request.path}")
    if match.values.get("account_id", ACCOUNT_ID) != ACCOUNT_ID:
        raise forbidden("no access to this account")
    endpoint = ENDPOINTS[match.pattern][match.method]
    lacking = [s for s in endpoint.scopes if s not in granted_scopes(user, world.settings.scopes)]
    if lacking:
        raise forbidden(f"the scope {' '.join(lacking)} is required")
    return endpoint


def _read_token(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.args.get("access_token", "")


def _read_params(request: Request) -> Mapping[str, str]:
    """Query and form together, as PHP's `$_REQUEST` does it; a JSON body is not read."""
    return request.args.to_dict() | request.form.to_dict()


def _tag(request: Request, reply: Answer) -> Answer:
    """Answer a conditional call: an unchanged answer is an empty 304."""
    known = request.headers.get("If-None-Match")
    if known is None:
        return reply
    etag = sha256(json.dumps(reply.body, sort_keys=True).encode()).hexdigest()[:32]
    if known.strip('"') == etag:
        return Answer(status=304, body=b"", headers={"ETag": f'"{etag}"'})
    body = reply.body | {"meta": reply.body["meta"] | {"etag": etag}}
    return Answer(status=200, body=body, headers={"ETag": f'"{etag}"'})
