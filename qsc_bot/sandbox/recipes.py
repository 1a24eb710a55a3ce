"""Automation recipes at work: which of them a new message fires, and what they send."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from qsc_bot.sandbox.account import PRIVATE_MESSAGE, TOPIC_ID
from qsc_bot.sandbox.deliveries import sign_for_social_connect
from qsc_bot.sandbox.filters import Condition, parse_filter
from qsc_bot.sandbox.messages import Message, describe_mention
from qsc_bot.sandbox.world import Delivery, Moment

PRIVATE_MESSAGES = "private-messages"
FILTER_PREFIX = "filter:"
SAVED_PREFIX = "saved:"


def fire_recipes(moment: Moment, message: Message) -> None:
    """Queue the webhooks of every enabled recipe that this message of a customer matches.

    That our own messages fire no recipe is assumed.
    """
    if message.managed:
        return
    mention = describe_mention(moment.db, message, address=moment.settings.address)
    rows = moment.db.execute("SELECT content FROM recipes ORDER BY name").fetchall()
    for recipe in (json.loads(row["content"]) for row in rows):
        if _matches(recipe, message, mention, now=moment.now):
            _queue(moment, recipe["webhook"], mention)


def read_conditions(text: str) -> tuple[Condition, ...]:
    """A recipe's filter; a saved one is taken for all private messages (assumed: none is kept here)."""
    private = Condition(column="type", value=PRIVATE_MESSAGE)
    if text == PRIVATE_MESSAGES or (text.startswith(SAVED_PREFIX) and text != SAVED_PREFIX):
        return (private,)
    if not text.startswith(FILTER_PREFIX):
        raise ValueError(f"cannot read {text!r}")
    return parse_filter(text.removeprefix(FILTER_PREFIX))


def _matches(recipe: Mapping[str, Any], message: Message, mention: Mapping[str, Any], *, now: float) -> bool:
    if not recipe["enabled"] or TOPIC_ID not in recipe["topic_ids"]:
        return False
    if recipe["exclude_tag"] and recipe["exclude_tag"] in mention["author"]["tags"]:
        return False
    if recipe["active"] == "business-hours" and not in_business_hours(now):
        return False
    return all(getattr(message, item.column) == item.value for item in read_conditions(recipe["filter"]))


def in_business_hours(now: float) -> bool:
    """Whether it is Monday to Friday, 9 to 17 o'clock UTC (assumed)."""
    moment = datetime.fromtimestamp(now, UTC)
    return moment.weekday() < 5 and 9 <= moment.hour < 17


def _queue(moment: Moment, name: str, mention: Mapping[str, Any]) -> None:
    row = _find_webhook(moment.db, name)
    webhook = json.loads(row["content"])
    if webhook["state"] != "active":
        return
    text = json.dumps(mention, ensure_ascii=False, separators=(",", ":"))
    body = webhook["body"].replace("[mention]", text).encode()
    headers = {"Content-Type": "application/json", "x-signature": sign_for_social_connect(body)}
    if row["authorization"]:
        headers["Authorization"] = row["authorization"]
    url = webhook["url"].replace("{secret}", row["url_secret"])
    moment.outbox.append(Delivery(webhook=name, url=url, headers=headers, body=body))


def _find_webhook(db: sqlite3.Connection, name: str) -> sqlite3.Row:
    row: sqlite3.Row = db.execute("SELECT * FROM webhooks WHERE name = ?", (name,)).fetchone()
    return row
