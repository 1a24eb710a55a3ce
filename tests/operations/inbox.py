"""An inbox of any messages, answered as the API pages them: newest first, within a window, 100 a page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from msgspec import to_builtins

from qsc_bot.models.mention import Mention
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.refresh import Refresh
from tests.api.machine import machine
from tests.api.wire import API, Wire, envelope
from tests.control.tag_bench import LIST, MENTIONS
from tests.operations.messages import START

PAGE = 100


class Inbox:
    """Answers calls for mentions; `chains` are the windows asked for, each with how many pages were read of it."""

    def __init__(self, mentions: Sequence[Mention], *, total: int | None = None) -> None:
        self.mentions = sorted(mentions, key=_added, reverse=True)
        self._total = total
        self.chains: dict[tuple[str, str], int] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        window = (params["date_from"], params.get("date_to", "2999-01-01T00:00:00Z"))
        self.chains[window] = self.chains.get(window, 0) + 1
        first, last = (datetime.fromisoformat(text).timestamp() for text in window)
        found = [one for one in self.mentions if first <= _added(one) <= last]
        if params["sort"] == "dateadd:asc":
            found.reverse()
        start = int(params.get("page_token", "0"))
        page: dict[str, Any] = {"data": [to_builtins(one, enc_hook=str) for one in found[start : start + PAGE]]}
        if start + PAGE < len(found):
            token = request.url.copy_merge_params({"page_token": str(start + PAGE)}).raw_path.decode()
            page |= {"paging": {"next_url": f"{API}{token}"}}
        page |= {"count": len(found) if self._total is None else self._total}
        return envelope(page)(request)


def refreshed(cache: Path, inbox: Inbox) -> tuple[Connection, Refresh]:
    """An index that was brought up to date from this inbox."""
    made = machine(cache)
    answers: Wire = made.wire
    answers.on(MENTIONS, inbox).on(LIST, envelope({"data": []}))
    connection = made.remotes.connection
    refresh = Refresh(connection, full=False, tell=lambda _: None, foresee=lambda _: True)
    for _ in refresh.one_by_one(lambda _now: START):
        pass
    return connection, refresh


def _added(mention: Mention) -> float:
    at = mention.date.added if mention.date.added is not None else mention.date.published
    return float(at or datetime(2026, 1, 1, tzinfo=UTC).timestamp())
