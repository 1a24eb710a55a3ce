"""What answers tell of limits in their headers; any of these may be missing or no number."""

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx

from qsc_bot.storage.account import Usage
from qsc_bot.storage.window import Instant, Told

_SHARES: Final = ("call_count", "total_time", "total_cputime")
_REGAIN: Final = "estimated_time_to_regain_access"


def read_told(response: httpx.Response, at: Instant) -> Told:
    """Social Connect's limit (https://developers.engagor.com/documentation/ratelimiting).

    Where nothing is left and no reset is told, `Retry-After` tells when more calls may go.
    """
    headers = response.headers
    remaining, reset_at = _number(headers, "x-ratelimit-remaining"), _number(headers, "x-ratelimit-reset")
    retry_after = _number(headers, "retry-after")
    if reset_at is None and remaining == 0 and retry_after is not None:
        reset_at = int(at.remote) + retry_after
    return Told(
        limit=_number(headers, "x-ratelimit-limit"),
        remaining=remaining,
        period_s=_number(headers, "x-ratelimit-time"),
        reset_at=reset_at,
        is_success=response.is_success,
        is_answer=not response.is_server_error,
    )


def read_usage(response: httpx.Response, at: Instant) -> Usage | None:
    """How much of Meta's limits is used, the fullest of all that are told; None where none is told.

    https://developers.facebook.com/docs/graph-api/overview/rate-limiting, which gives percentages, and minutes until
    access is regained.
    """
    parts = [*_parts(response, "x-app-usage"), *_parts(response, "x-business-use-case-usage")]
    shares = [part[name] for part in parts for name in _SHARES if _is_number(part.get(name))]
    if not shares:
        return None
    minutes = max((part[_REGAIN] for part in parts if _is_number(part.get(_REGAIN))), default=0)
    return Usage(percent=int(max(shares)), seen_at=at.remote, regains=at.local + 60 * minutes if minutes else None)


def _parts(response: httpx.Response, name: str) -> Iterator[dict[str, Any]]:
    """The objects in a header: one, or lists of them by id."""
    try:
        found = json.loads(response.headers.get(name, ""))
    except (ValueError, RecursionError):
        return
    if not isinstance(found, dict):
        return
    yield found
    for several in found.values():
        if isinstance(several, list):
            yield from (one for one in several if isinstance(one, dict))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1_000_000


def _number(headers: httpx.Headers, name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None
