"""Webhooks and recipes as calls: the sandbox's own contract, for no public endpoint of this kind exists."""

import json
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from qsc_bot.sandbox.account import TOPIC_ID
from qsc_bot.sandbox.deliveries import is_address
from qsc_bot.sandbox.paging import wrap_list
from qsc_bot.sandbox.recipes import PRIVATE_MESSAGES, read_conditions
from qsc_bot.sandbox.wire import RefusalError, Visit, invalid, not_found, read_json

_NAME = re.compile(r"[a-z0-9-]+")
_WEBHOOK_DEFAULTS: Mapping[str, Any] = {"method": "POST", "body": "[mention]", "state": "active"}
_RECIPE_DEFAULTS: Mapping[str, Any] = {
    "topic_ids": [TOPIC_ID],
    "filter": PRIVATE_MESSAGES,
    "exclude_tag": None,
    "active": "always",
    "enabled": True,
    "revision": "",
}


def list_webhooks(visit: Visit) -> dict[str, Any]:
    """GET sandbox/automation/webhooks."""
    rows = visit.db.execute("SELECT * FROM webhooks ORDER BY name").fetchall()
    return wrap_list([_describe_webhook(row) for row in rows])


def create_webhook(visit: Visit) -> dict[str, Any]:
    """POST sandbox/automation/webhooks with `webhook` as JSON."""
    given = read_json(visit.params, "webhook", dict)
    name = _read_name(given)
    if visit.db.execute("SELECT 1 FROM webhooks WHERE name = ?", (name,)).fetchone():
        raise RefusalError(409, "already_exists", f"webhook {name} exists")
    content = _check_webhook({**_WEBHOOK_DEFAULTS, **_pick(given, ("url", *_WEBHOOK_DEFAULTS))})
    visit.db.execute(
        "INSERT INTO webhooks (name, content, url_secret, authorization) VALUES (?, ?, ?, ?)",
        (name, json.dumps(content), _read_secret(given, "url_secret"), _read_secret(given, "authorization")),
    )
    return _describe_webhook(_require(visit, "webhooks", name))


def show_webhook(visit: Visit, name: str) -> dict[str, Any]:
    """GET sandbox/automation/webhooks/{name}."""
    return _describe_webhook(_require(visit, "webhooks", name))


def update_webhook(visit: Visit, name: str) -> dict[str, Any]:
    """POST sandbox/automation/webhooks/{name} with `updates` as JSON; what it does not name stays."""
    row = _require(visit, "webhooks", name)
    given = read_json(visit.params, "updates", dict)
    content = _check_webhook(json.loads(row["content"]) | _pick(given, ("url", *_WEBHOOK_DEFAULTS)))
    visit.db.execute(
        "UPDATE webhooks SET content = ?, url_secret = ?, authorization = ? WHERE name = ?",
        (
            json.dumps(content),
            _read_secret(given, "url_secret", row["url_secret"]),
            _read_secret(given, "authorization", row["authorization"]),
            name,
        ),
    )
    return _describe_webhook(_require(visit, "webhooks", name))


def delete_webhook(visit: Visit, name: str) -> dict[str, Any]:
    """DELETE sandbox/automation/webhooks/{name}; refused while a recipe names it."""
    gone = _describe_webhook(_require(visit, "webhooks", name))
    users = [row["name"] for row in _recipe_rows(visit.db) if _describe_recipe(row)["webhook"] == name]
    if users:
        raise RefusalError(409, "in_use", f"webhook {name} is used by {', '.join(users)}")
    visit.db.execute("DELETE FROM webhooks WHERE name = ?", (name,))
    return gone


def list_recipes(visit: Visit) -> dict[str, Any]:
    """GET sandbox/automation/recipes."""
    return wrap_list([_describe_recipe(row) for row in _recipe_rows(visit.db)])


def create_recipe(visit: Visit) -> dict[str, Any]:
    """POST sandbox/automation/recipes with `recipe` as JSON."""
    given = read_json(visit.params, "recipe", dict)
    name = _read_name(given)
    if visit.db.execute("SELECT 1 FROM recipes WHERE name = ?", (name,)).fetchone():
        raise RefusalError(409, "already_exists", f"recipe {name} exists")
    content = _check_recipe(visit, {**_RECIPE_DEFAULTS, **_pick(given, ("webhook", *_RECIPE_DEFAULTS))})
    visit.db.execute("INSERT INTO recipes (name, content) VALUES (?, ?)", (name, json.dumps(content)))
    return {"name": name, **content}


def show_recipe(visit: Visit, name: str) -> dict[str, Any]:
    """GET sandbox/automation/recipes/{name}."""
    return _describe_recipe(_require(visit, "recipes", name))


def update_recipe(visit: Visit, name: str) -> dict[str, Any]:
    """POST sandbox/automation/recipes/{name} with `updates` as JSON; what it does not name stays."""
    present = json.loads(_require(visit, "recipes", name)["content"])
    given = read_json(visit.params, "updates", dict)
    content = _check_recipe(visit, present | _pick(given, ("webhook", *_RECIPE_DEFAULTS)))
    visit.db.execute("UPDATE recipes SET content = ? WHERE name = ?", (json.dumps(content), name))
    return {"name": name, **content}


def delete_recipe(visit: Visit, name: str) -> dict[str, Any]:
    """DELETE sandbox/automation/recipes/{name}."""
    gone = show_recipe(visit, name)
    visit.db.execute("DELETE FROM recipes WHERE name = ?", (name,))
    return gone


def _read_name(given: Mapping[str, Any]) -> str:
    name = given.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise invalid("name must be made of a-z, 0-9 and -")
    return name


def _read_secret(given: Mapping[str, Any], key: str, present: str = "") -> str:
    value = given.get(key, present) or ""
    if not isinstance(value, str) or not value.isprintable():
        raise invalid(f"{key} must be text without control characters")
    return value


def _check_webhook(content: dict[str, Any]) -> dict[str, Any]:
    if not is_address(content.get("url")):
        raise invalid("url must be an http or https address")
    if content["method"] != "POST":
        raise invalid("method must be POST")
    if not isinstance(content["body"], str) or not isinstance(content["state"], str):
        raise invalid("body and state must be text")
    return content


def _check_recipe(visit: Visit, content: dict[str, Any]) -> dict[str, Any]:
    webhook = content.get("webhook")
    if visit.db.execute("SELECT 1 FROM webhooks WHERE name = ?", (str(webhook),)).fetchone() is None:
        raise invalid(f"there is no webhook {webhook!r}")
    if content["topic_ids"] != [TOPIC_ID]:
        raise invalid(f"topic_ids must be the account's topic {TOPIC_ID}")
    if content["active"] not in ("always", "business-hours") or not isinstance(content["enabled"], bool):
        raise invalid("active must be always or business-hours, enabled true or false")
    try:
        read_conditions(str(content["filter"]))
    except ValueError as error:
        raise invalid(f"filter: {error}") from error
    return content


def _pick(given: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: given[key] for key in keys if key in given}


def _recipe_rows(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM recipes ORDER BY name").fetchall()


def _require(visit: Visit, table: str, name: str) -> sqlite3.Row:
    sql = f"SELECT * FROM {table} WHERE name = ?"  # noqa: S608 (webhooks or recipes, from this file)
    row: sqlite3.Row | None = visit.db.execute(sql, (name,)).fetchone()
    if row is None:
        raise not_found(f"there is no {table.removesuffix('s')} {name}")
    return row


def _describe_webhook(row: sqlite3.Row) -> dict[str, Any]:
    content = json.loads(row["content"])
    return {"name": row["name"], **content, "last_delivery_at": row["last_delivery_at"]}


def _describe_recipe(row: sqlite3.Row) -> dict[str, Any]:
    return {"name": row["name"], **json.loads(row["content"])}
