"""Every path that the sandbox answers, in the notation of the API's own pages."""

import re
from collections.abc import Mapping

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from qsc_bot.sandbox import bot, graph_routes, social_connect
from qsc_bot.sandbox.match import Match

_GRAPH_VERSION = re.compile(r"^/graph/v\d+\.\d+(?=/|$)")


def find_endpoint(path: str, method: str) -> Match:
    """Find what answers this call; the version in a Graph path is taken off."""
    plain = _GRAPH_VERSION.sub("/graph", path)
    remote = _remote_of(plain)
    method = "GET" if method == "HEAD" else method
    try:
        pattern, values = _MAP.bind("sandbox").match(plain, method)
    except MethodNotAllowed:
        return Match(remote=remote, method=method, wrong_method=True)
    except NotFound:
        return Match(remote=remote, method=method)
    return Match(remote=remote, method=method, pattern=pattern, values=values)


def _remote_of(path: str) -> str:
    if path.startswith("/graph"):
        return "graph"
    return "bot" if path.startswith("/example-bot") else "social_connect"


def _rule(pattern: str, methods: Mapping[str, object]) -> Rule:
    """A werkzeug rule; the id of a person at a path's end may hold slashes."""
    text = pattern.replace("{service_id}", "<path:service_id>").replace("{", "<").replace("}", ">")
    return Rule(text, endpoint=pattern, methods=list(methods), strict_slashes=False)


_MAP = Map(
    [
        _rule(pattern, methods)
        for table in (social_connect.ENDPOINTS, graph_routes.ENDPOINTS, bot.ENDPOINTS)
        for pattern, methods in table.items()
    ],
    merge_slashes=False,
)
