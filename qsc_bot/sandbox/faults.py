"""Faults as data: a queue of "the next calls of this kind fail like that", readable afterwards."""

import json
import random
import sqlite3
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from qsc_bot.errors import QscBotError
from qsc_bot.sandbox.wire import Answer

CUTS = ("before", "after")
BODIES = ("broken-json", "html", "wrong-shape")
_SOCIAL_CONNECT_ERRORS = {
    401: "invalid_token",
    403: "no_permission",
    404: "not_found",
    405: "invalid_http_method",
    429: "rate_limit_reached",
}
_MET = "met"  # kept beside a rule: how many calls matched it so far
_GRAPH_CODES = {401: 190, 403: 10, 429: 4}


class ConnectionCut(Exception):
    """The connection broke before there was an answer; raised in place of one when mounted in memory."""

    def __init__(self, *, after_effect: bool) -> None:
        super().__init__("connection cut by the sandbox")
        self.after_effect = after_effect


class Delayed(Exception):
    """The answer came later than the caller waits; raised in place of it when mounted in memory."""

    def __init__(self, *, after_effect: bool) -> None:
        super().__init__("answer delayed by the sandbox")
        self.after_effect = after_effect


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a call fails. With a `rate_percent` not every call that matches does: chance decides, by the seed."""

    status: int | None = None
    delay_seconds: float | None = None
    cut: str | None = None
    body: str | None = None
    rate_limit: bool = False
    rate_percent: float | None = None
    seed: int = 0

    def hits(self, number: int) -> bool:
        """Whether the call of this number, of all that match, fails."""
        if self.rate_percent is None:
            return True
        return random.Random(f"{self.seed} {number}").uniform(0, 100) < self.rate_percent  # noqa: S311 (no secret)

    @property
    def prevents_effect(self) -> bool:
        """Whether the call does nothing, and not only its answer suffers."""
        return self.cut == "before" or self.rate_limit or (self.status or 200) >= 400


def check_rule(pattern: str, rule: Rule, *, times: int | None) -> None:
    """Refuse a fault that could never fire or that does nothing."""
    method, _, path = pattern.rpartition(" ")
    problem = None
    if not path.startswith(("/", "*")) or (method and not method.isupper()):
        problem = f"write the pattern as METHOD /path with * for anything, not {pattern!r}"
    elif replace(rule, rate_percent=None, seed=0) == Rule():
        problem = "a fault needs a status, a delay, a cut, a body or a rate limit"
    elif rule.cut not in (None, *CUTS) or rule.body not in (None, *BODIES):
        problem = f"cut is one of {', '.join(CUTS)}; body is one of {', '.join(BODIES)}"
    elif rule.status is not None and not 200 <= rule.status <= 599:
        problem = "status is a number from 200 to 599"
    elif (rule.delay_seconds or 0) < 0 or (times is not None and times < 1):
        problem = "a delay cannot be negative, and a fault happens at least once"
    elif not 0 < (rule.rate_percent or 100) <= 100:
        problem = "a rate is more than 0 and at most 100 percent"
    if problem:
        raise QscBotError("usage.invalid", problem)


def add_fault(db: sqlite3.Connection, pattern: str, rule: Rule, *, times: int | None) -> dict[str, Any]:
    """Queue a fault for the next `times` calls that match; None is for ever."""
    added = db.execute(
        "INSERT INTO faults (pattern, rule, times) VALUES (?, ?, ?)",
        (pattern, json.dumps(asdict(rule)), times),
    )
    row = db.execute("SELECT * FROM faults WHERE id = ?", (added.lastrowid,)).fetchone()
    return _describe(row)


def list_faults(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """All faults, the used ones too."""
    return [_describe(row) for row in db.execute("SELECT * FROM faults ORDER BY id")]


def clear_faults(db: sqlite3.Connection) -> int:
    """Forget all faults; how many there were."""
    return db.execute("DELETE FROM faults").rowcount


def use_fault(db: sqlite3.Connection, *, method: str, path: str) -> Rule | None:
    """The oldest fault left that hits this call, counted as used."""
    rows = db.execute("SELECT * FROM faults WHERE times IS NULL OR used < times ORDER BY id").fetchall()
    for row in rows:
        if not _matches(row["pattern"], method=method, path=path):
            continue
        known = json.loads(row["rule"])
        met = known.pop(_MET, 0) + 1
        rule = Rule(**known)
        is_hit = rule.hits(met)
        kept = json.dumps(known | {_MET: met})
        db.execute("UPDATE faults SET used = used + ?, rule = ? WHERE id = ?", (is_hit, kept, row["id"]))
        if is_hit:
            return rule
    return None


def spoil(answer: Answer, rule: Rule, *, graph: bool) -> Answer:
    """The answer as the fault leaves it."""
    status = rule.status or (400 if rule.rate_limit else answer.status)
    if rule.body is not None:
        kind, body = _spoiled_body(rule.body)
        return Answer(status=status, body=body, headers={**answer.headers, "Content-Type": kind})
    if not rule.prevents_effect or rule.cut == "before":
        return Answer(status=status, body=answer.body, headers=answer.headers)
    error = _graph_error(status, rule) if graph else _social_connect_error(status, rule)
    headers = dict(answer.headers) | ({"x-ratelimit-remaining": "0"} if rule.rate_limit and not graph else {})
    return Answer(status=status, body=error, headers=headers)


def _spoiled_body(kind: str) -> tuple[str, bytes]:
    bodies: dict[str, tuple[str, bytes]] = {
        "broken-json": ("application/json", b'{"meta":{"code":200},"response":{"count":2,"data":[{"id":"1'),
        "html": ("text/html", b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"),
        "wrong-shape": (
            "application/json",
            b'{"meta":{"code":200},"response":"unexpected","data":"unexpected"}',
        ),
    }
    return bodies[kind]


def _social_connect_error(status: int, rule: Rule) -> dict[str, Any]:
    default = "internal_server_error" if status >= 500 else "invalid_parameter"
    error = "rate_limit_reached" if rule.rate_limit else _SOCIAL_CONNECT_ERRORS.get(status, default)
    return {
        "code": status,
        "error": error,
        "error_description": "a fault of the sandbox",
        "error_details": [],
    }


def _graph_error(status: int, rule: Rule) -> dict[str, Any]:
    code = 4 if rule.rate_limit else _GRAPH_CODES.get(status, 2 if status >= 500 else 100)
    detail = {"message": "a fault of the sandbox", "type": "OAuthException", "code": code}
    return {"error": detail | {"is_transient": code in (2, 4), "fbtrace_id": "AFault"}}


def _matches(pattern: str, *, method: str, path: str) -> bool:
    wanted_method, _, wanted_path = pattern.rpartition(" ")
    return fnmatchcase(method, wanted_method or "*") and fnmatchcase(path, wanted_path)


def _describe(row: sqlite3.Row) -> dict[str, Any]:
    left = None if row["times"] is None else row["times"] - row["used"]
    rule: dict[str, Any] = json.loads(row["rule"])
    rule.pop(_MET, None)
    return {
        "id": row["id"],
        "pattern": row["pattern"],
        **rule,
        "times": row["times"],
        "used": row["used"],
        "left": left,
    }
