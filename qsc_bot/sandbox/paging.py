"""Social Connect's paged lists: keyset pages whose token names the last item that was given."""

import base64
import binascii
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from qsc_bot.sandbox.wire import Visit, invalid, read_int


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Rows of one table that fit all conditions, in the order of one time column and then the id."""

    table: str
    order: str
    descending: bool
    conditions: Sequence[tuple[str, Sequence[Any]]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of rows, how many there are in all, and where the next page is."""

    rows: Sequence[sqlite3.Row]
    count: int
    next_url: str | None


def read_page(visit: Visit, selection: Selection, *, default_limit: int, most: int) -> Page:
    """The page that the call's `limit` and `page_token` ask for."""
    limit = read_int(visit.params, "limit", default=default_limit, most=most)
    conditions = list(selection.conditions)
    count = _count(visit.db, selection.table, conditions)
    token = visit.params.get("page_token")
    if token:
        comparison = "<" if selection.descending else ">"
        conditions.append((f"({selection.order}, id) {comparison} (?, ?)", _open_token(token)))
    rows = _select(visit.db, selection, conditions, limit=limit + 1)
    more = limit > 0 and len(rows) > limit
    last = rows[limit - 1] if more else None
    next_url = None if last is None else _next_url(visit.url, visit.params, last[selection.order], last["id"])
    return Page(rows=rows[:limit], count=count, next_url=next_url)


def wrap_page(data: Sequence[Any], page: Page) -> dict[str, Any]:
    """The `paged_list` of a page."""
    return {"count": page.count, "data": list(data), "paging": {"next_url": page.next_url}}


def wrap_list(data: Sequence[Any]) -> dict[str, Any]:
    """The `paged_list` of a list that fits on one page."""
    return {"count": len(data), "data": list(data), "paging": {"next_url": None}}


def _count(db: sqlite3.Connection, table: str, conditions: Sequence[tuple[str, Sequence[Any]]]) -> int:
    where, values = _where(conditions)
    sql = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608 (built of this package's own constants)
    return int(db.execute(sql, values).fetchone()[0])


def _select(
    db: sqlite3.Connection,
    selection: Selection,
    conditions: Sequence[tuple[str, Sequence[Any]]],
    *,
    limit: int,
) -> list[sqlite3.Row]:
    where, values = _where(conditions)
    direction = "DESC" if selection.descending else "ASC"
    order = f"{selection.order} {direction}, id {direction}"
    sql = f"SELECT * FROM {selection.table} WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608 (as above)
    return db.execute(sql, [*values, limit]).fetchall()


def _where(conditions: Sequence[tuple[str, Sequence[Any]]]) -> tuple[str, list[Any]]:
    clauses = " AND ".join(clause for clause, _ in conditions) or "1"
    return clauses, [value for _, values in conditions for value in values]


def _next_url(url: str, params: Mapping[str, str], order: int, number: int) -> str:
    token = base64.urlsafe_b64encode(json.dumps([order, number]).encode()).decode().rstrip("=")
    kept = {name: value for name, value in params.items() if name not in ("access_token", "page_token")}
    return f"{url}?{urlencode(kept | {'page_token': token})}"


def _open_token(token: str) -> list[int]:
    try:
        order, number = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError, binascii.Error) as error:
        raise invalid("page_token cannot be read") from error
    if not all(isinstance(part, int) and abs(part) < 2**63 for part in (order, number)):
        raise invalid("page_token cannot be read")
    return [order, number]
