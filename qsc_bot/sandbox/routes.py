"""The WSGI application: which path is what, and what happens to every call on its way in and out."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.wrappers import Request, Response

from qsc_bot.sandbox import bot, graph_routes, social_connect_routes
from qsc_bot.sandbox.budget import Budget
from qsc_bot.sandbox.faults import ConnectionCut, Delayed, Rule, spoil, use_fault
from qsc_bot.sandbox.match import Match
from qsc_bot.sandbox.paths import find_endpoint
from qsc_bot.sandbox.wire import Answer
from qsc_bot.sandbox.world import World


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A call that was counted: the time, the fault that hits it, and what its user has left."""

    now: float
    fault: Rule | None
    budget: Budget | None


def respond(world: World, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one call."""
    request = Request(environ)
    match = find_endpoint(request.path, request.method)
    arrival = _arrive(world, request, match)
    if match.remote != "bot" and world.settings.latency_seconds > 0:
        world.sleep(world.settings.latency_seconds)
    fault = arrival.fault or Rule()
    if fault.prevents_effect:
        headers = arrival.budget.as_headers() if arrival.budget else {}
        answer = Answer(status=200, body=b"", headers=headers)
    else:
        answer = _answer(world, request, match, arrival)
    answer = spoil(answer, fault, graph=match.remote == "graph")
    cut = _interrupt(world, environ, fault)
    return _write(answer, arrival.now, cut=cut)(environ, start_response)


def _arrive(world: World, request: Request, match: Match) -> Arrival:
    """Count the call by endpoint and against its user's limit, and see whether a fault waits for it."""
    with world.state.writing() as db:
        now = world.now(db)
        if match.name is not None and match.remote != "bot":
            db.execute(
                "INSERT INTO requests (endpoint, number) VALUES (?, 1)"
                " ON CONFLICT (endpoint) DO UPDATE SET number = number + 1",
                (match.name,),
            )
        fault = use_fault(db, method=request.method, path=request.path)
        budget = None
        if match.remote == "social_connect":
            budget = social_connect_routes.spend(world, db, request, now=now)
    return Arrival(now=now, fault=fault, budget=budget)


def _answer(world: World, request: Request, match: Match, arrival: Arrival) -> Answer:
    match match.remote:
        case "bot":
            return bot.answer(world, request, match)
        case "graph":
            return graph_routes.answer(world, request, match)
        case _:
            return social_connect_routes.answer(world, request, match, arrival.budget)


def _interrupt(world: World, environ: Mapping[str, Any], fault: Rule) -> bool:
    """Let the fault's delay pass; true when the connection is to be cut on the socket."""
    in_memory = bool(environ.get("qsc_bot.in_memory"))
    done = not fault.prevents_effect
    if fault.delay_seconds:
        patience = environ.get("qsc_bot.timeout_seconds")
        if in_memory and patience is not None and fault.delay_seconds > cast(float, patience):
            raise Delayed(after_effect=done)
        world.sleep(fault.delay_seconds)
    if fault.cut and in_memory:
        raise ConnectionCut(after_effect=done)
    return fault.cut is not None


def _write(answer: Answer, now: float, *, cut: bool) -> Response:
    body = answer.body if isinstance(answer.body, bytes) else _dump(answer.body)
    headers = {"Content-Type": "application/json", "Date": formatdate(now, usegmt=True)} | dict(answer.headers)
    response = Response(b"" if cut else body, status=answer.status, headers=headers)
    if cut:
        # A server that announced more than it sends has to close the connection: the client sees it break.
        response.automatically_set_content_length = False
        response.headers["Content-Length"] = str(len(body) + 1)
    return response


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
