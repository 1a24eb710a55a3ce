"""Many conversations at once: outcomes as they happen, streams that break, and ids that mean the same."""

import errno
import io
import sqlite3
import threading
from typing import Any, Final

import httpx
import pytest

from qsc_bot.cli.root import run
from qsc_bot.cli.surroundings import Surroundings
from tests.cli.holding import PATIENCE_SECONDS, effects, free_ids
from tests.cli.terminal import ClosedPipe, Prod

ALL: Final = 12
BULK: Final = ("handover", "to-agent", "--yes")


class Awaited(io.StringIO):
    """A stream that says when its first line was written."""

    def __init__(self) -> None:
        super().__init__()
        self.has_line = threading.Event()

    def write(self, text: str) -> int:
        """Keep it."""
        written = super().write(text)
        if "\n" in text:
            self.has_line.set()
        return written


class Patient(httpx.BaseTransport):
    """A wire on which the writes of one conversation wait until something was shown."""

    def __init__(self, inner: httpx.BaseTransport, path: str, shown: threading.Event) -> None:
        self._inner, self._path, self._shown = inner, path, shown

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, perhaps later."""
        if request.method != "GET" and request.url.path.endswith(self._path):
            assert self._shown.wait(PATIENCE_SECONDS), "nothing was shown before the last call"
        return self._inner.handle_request(request)


def test_outcomes_are_shown_as_they_happen(prod: Prod) -> None:
    ids, stdout = free_ids(prod, ALL), Awaited()
    patient = Patient(prod.wire, f"/twitter/{ids[-1][8:]}", stdout.has_line)
    prod.run.mount = lambda _base_url: patient
    result = prod.run(*BULK, *ids, "-o", "ndjson", stdout=stdout)
    *results, end = result.lines
    assert (result.code, [line["type"] for line in results]) == (0, ["result"] * ALL)
    assert sorted(line["id"] for line in results) == sorted(ids)
    assert (end["complete"], end["returned"], end["counts"]["changed"]) == (True, ALL, ALL)


def test_document_has_the_order_of_the_plan(prod: Prod) -> None:
    ids, stdout = free_ids(prod, ALL), Awaited()
    prod.sandbox.add_fault(f"POST /1000/inbox/contact/twitter/{ids[0][8:]}", cut="after")
    document = prod.run(*BULK, *ids, "-o", "json", stdout=stdout).document
    assert [item["id"] for item in document["items"]] == ids


@pytest.mark.parametrize("output", ["ndjson", "json", "plain", "table"])
@pytest.mark.parametrize("failing", [False, True])
def test_reader_that_has_gone_does_not_stop_the_writes(prod: Prod, output: str, failing: bool) -> None:
    ids = free_ids(prod, ALL)
    if failing:
        prod.sandbox.add_fault(f"GET /1000/inbox/contact/twitter/{ids[0][8:]}", status=404, times=None)
    result = prod.run(*BULK, *ids, "-o", output, stdout=ClosedPipe())
    assert result.code == (9 if failing else 0)
    assert effects(prod, ids) == [0 if failing else 1] + [1] * (ALL - 1)


class Full(io.StringIO):
    """A stream onto a disk that is full."""

    def write(self, text: str) -> int:
        """Never."""
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("output", ["ndjson", "plain"])
def test_full_disk_under_the_result_does_not_stop_the_writes(prod: Prod, output: str) -> None:
    ids = free_ids(prod, ALL)
    with pytest.raises(OSError, match="No space left"):
        prod.run(*BULK, *ids, "-o", output, stdout=Full())
    assert effects(prod, ids) == [1] * ALL


def test_progress_that_nobody_reads_does_not_stop_the_writes(prod: Prod) -> None:
    ids = free_ids(prod, ALL)
    stderr: Any = ClosedPipe()
    stderr.isatty = lambda: True
    around = Surroundings(
        environ=prod.run.environ,
        stdout=io.StringIO(),
        stderr=stderr,
        unix_seconds=lambda: prod.run.now,
        sleep=lambda _seconds: None,
        mount=lambda _base_url: prod.wire,
    )
    run([*BULK, *ids, "-q", "-o", "plain"], around)
    assert effects(prod, ids) == [1] * ALL


def test_ids_that_mean_the_same_conversation_are_one_write(prod: Prod) -> None:
    shown = prod.run("conversation", "show", "twitter:1001", "-o", "json").document
    same = [shown["mention"], shown["contact_id"], "twitter:1001", shown["permalink"]]
    result = prod.run("handover", "to-agent", "--ids", "-", "--yes", "-o", "json", stdin="\ufeff" + "\n".join(same))
    assert (result.code, result.item["id"], prod.effects("twitter:1001")) == (0, "twitter:1001", 1)


class Looking(httpx.BaseTransport):
    """A wire that looks into the journal whenever a write goes out."""

    def __init__(self, prod: Prod) -> None:
        self._prod = prod
        self.found: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer after the look."""
        if request.method != "GET":
            with sqlite3.connect(self._prod.run.state / "journal.db") as db:
                name = f"twitter:{request.url.path.rpartition('/')[2]}"
                rows = db.execute("SELECT kind FROM entries WHERE item = ? ORDER BY number", (name,))
                self.found.append(" ".join(kind for (kind,) in rows))
            db.close()
        return self._prod.wire.handle_request(request)


def test_every_write_is_in_the_journal_before_it_goes_out(prod: Prod) -> None:
    looking = Looking(prod)
    prod.run.mount = lambda _base_url: looking
    assert prod.run(*BULK, *free_ids(prod, ALL)).code == 0
    assert looking.found == ["planned sent"] * ALL
