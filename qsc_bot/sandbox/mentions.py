"""The inbox: mentions, one mention, and the thread around it."""

from typing import Any

from qsc_bot.sandbox.account import PRIVATE_MESSAGE, PROFILES, TOPIC_ID
from qsc_bot.sandbox.filters import TYPES, FilterError, parse_filter
from qsc_bot.sandbox.messages import Message, describe_mention, describe_mentions, find_message, read_message
from qsc_bot.sandbox.paging import Selection, read_page, wrap_list, wrap_page
from qsc_bot.sandbox.wire import (
    Visit,
    check_topics,
    invalid,
    is_number,
    not_found,
    read_choice,
    read_int,
    read_time,
)

WINDOW_SECONDS = 28 * 86400
CONTEXT_TYPES = ("conversation", "conversation_with_you", "notes", "privatemessages")


def list_mentions(visit: Visit) -> dict[str, Any]:
    """GET inbox/mentions."""
    check_topics(visit.params)
    order = read_choice(visit.params, "sort", choices=("dateadd:desc", "dateadd:asc"), default="dateadd:desc")
    try:
        wanted = parse_filter(visit.params.get("filter", ""))
    except FilterError as error:
        raise invalid(f"filter: {error}") from error
    conditions: list[tuple[str, list[Any]]] = [(f"{item.column} = ?", [item.value]) for item in wanted]
    selection = Selection(
        table="mentions",
        order="added",
        descending=order == "dateadd:desc",
        conditions=[*conditions, ("added BETWEEN ? AND ?", _read_window(visit))],
    )
    page = read_page(visit, selection, default_limit=20, most=100)
    messages = [read_message(row) for row in page.rows]
    return wrap_page(describe_mentions(visit.db, messages, address=visit.settings.address), page)


def show_mention(visit: Visit, topic_id: str, mention_id: str) -> dict[str, Any]:
    """GET inbox/mention/{topic_id}/{id}."""
    message = require_message(visit, topic_id=topic_id, mention_id=mention_id)
    return describe_mention(visit.db, message, address=visit.settings.address)


def show_context(visit: Visit, topic_id: str, mention_id: str) -> list[dict[str, Any]]:
    """GET inbox/context/{topic_id}/{id}; its elements are mentions (assumed), oldest first."""
    message = require_message(visit, topic_id=topic_id, mention_id=mention_id)
    kind = read_choice(visit.params, "context_type", choices=CONTEXT_TYPES, default="conversation")
    if kind == "notes":
        return []
    rows = visit.db.execute(
        "SELECT * FROM mentions WHERE service = ? AND service_id = ? AND type = ? AND added BETWEEN ? AND ?"
        " ORDER BY added, id",
        (message.service, message.service_id, message.type, *_read_window(visit)),
    )
    messages = [read_message(row) for row in rows]
    return describe_mentions(visit.db, messages, address=visit.settings.address)


def list_filter_suggestions(visit: Visit) -> dict[str, Any]:
    """GET filter/suggestions: the tokens that this sandbox's inbox knows (the form of an item is assumed)."""
    limit = read_int(visit.params, "limit", default=100, most=2000)
    query = visit.params.get("query", "").casefold()
    tokens = [("Private message" if kind == PRIVATE_MESSAGE else "Post", "type", kind) for kind in TYPES]
    tokens += [(f"Source: {service}", "source", service) for service in PROFILES]
    found = [
        {"name": name, "filter": f"{field}:{value}", "field": field, "value": value}
        for name, field, value in tokens
        if query in name.casefold() or query in f"{field}:{value}"
    ]
    return wrap_list(found[:limit])


def require_message(visit: Visit, *, topic_id: str, mention_id: str) -> Message:
    """The message that a call names, or not_found."""
    message = find_message(visit.db, mention_id) if is_number(mention_id) else None
    if message is None or topic_id != TOPIC_ID:
        raise not_found(f"mention {topic_id}_{mention_id} not found")
    return message


def _read_window(visit: Visit) -> list[float]:
    return [
        read_time(visit.params, "date_from", default=visit.now - WINDOW_SECONDS),
        read_time(visit.params, "date_to", default=visit.now),
    ]
