"""What a list costs: calls by their endpoint, as the remote counts them."""

from collections import Counter
from typing import Final

from tests.cli.terminal import Prod, Result

CONTACTS: Final = "GET /{account_id}/inbox/contacts"
CONTACT: Final = "GET /{account_id}/inbox/contact/{service}/{service_id}"
MENTIONS: Final = "GET /{account_id}/inbox/mentions"
HANDOVER: Final = "GET /{account_id}/inbox/handover/{service}/{service_id}"
OWNER: Final = "GET /graph/{page}/thread_owner"
MODE: Final = "GET /graph/{page}"
THREADS: Final = "GET /graph/{page}/conversations"
FRESH: Final = ("--max-age", "0s")


def listed(prod: Prod, *words: str) -> tuple[Result, dict[str, int]]:
    """A list as JSON, and the calls that it took."""
    before = _asked(prod)
    result = prod.run("conversation", "list", *words, "-o", "json")
    return result, dict(_asked(prod) - before)


def controls(result: Result) -> dict[str, str]:
    """Who holds each."""
    return {item["id"]: item["control"] for item in result.document["items"]}


def windows(prod: Prod) -> list[tuple[str, str | None]]:
    """From when to when mentions were asked for, first pages only; what was looked at is forgotten."""
    params = [one.url.params for one in prod.wire.requests if one.url.path.endswith("/inbox/mentions")]
    prod.wire.requests.clear()
    return [(one["date_from"], one.get("date_to")) for one in params if "page_token" not in one]


def _asked(prod: Prod) -> Counter[str]:
    return Counter(prod.sandbox.status()["requests"])
