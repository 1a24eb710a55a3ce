"""What a machine's journal holds, and what the items of an operation came to."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from qsc_bot.storage.journal import Journal
from tests.cli.terminal import Terminal


@contextmanager
def journal(run: Terminal) -> Iterator[Journal]:
    """The journal of a machine, as another process sees it."""
    opened = Journal(run.state / "journal.db", now=lambda: datetime.now(UTC))
    yield opened
    opened.close()


def statuses(found: Any) -> list[str]:
    """What each item came to."""
    return [item["status"] for item in found["items"]]
