"""The ids that a remote gave to its last answer to this thread, by which its vendor finds the call."""

from collections.abc import Mapping
from threading import local
from typing import Final

HEADERS: Final[Mapping[str, str]] = {
    "x-request-id": "request_id",
    "x-fb-request-id": "request_id",
    "x-fb-trace-id": "fbtrace_id",
}
"""Headers that may hold one: assumed, since neither vendor documents any. Meta's errors hold theirs in the body."""

_thread = local()


def keep_ids(headers: Mapping[str, str]) -> None:
    """Keep what the headers of an answer tell, in place of what was kept before."""
    _thread.ids = {name: headers[header] for header, name in HEADERS.items() if header in headers}


def answer_ids() -> dict[str, str]:
    """What the last answer told; nothing where none came."""
    found: dict[str, str] = getattr(_thread, "ids", {})
    return found
