"""A sweep that is ended before its time: what was read counts, the next run reads on, and nothing unread is claimed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from qsc_bot.models.known import Known, Stretch, Wanted
from qsc_bot.models.mention import Mention, MentionDate
from qsc_bot.operations.refresh import KEPT, Refresh
from tests.api.machine import machine
from tests.api.wire import NOW
from tests.control.tag_bench import MENTIONS
from tests.operations.inbox import Inbox
from tests.operations.messages import customer, ours

SPAN_SECONDS = 4 * 86400
BEGIN = NOW - SPAN_SECONDS
PAUSE_SECONDS = 300


class Ended(BaseException):
    """What ends a run: nobody catches it, like Ctrl-C."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run: so many pages until it ends, whether calls seem to be left for all, and what it looks for."""

    pages: int
    can_go: bool = True
    days: int = 4
    arrivals: int = 0
    pause_seconds: int = PAUSE_SECONDS


def message(number: int, at: float) -> Mention:
    """One of few customers', or an answer to one of them; written some time before it was added."""
    made = customer(f"web:{number % 7}", 0, number=number)
    if number % 3 == 0:
        made = ours("web", 0, number=number, answers=f"m{number - 2}" if number % 2 else None)
    return replace(made, date=MentionDate(added=at, published=at - number % 50))


@dataclass
class Account:
    """An inbox that is swept run by run; what the index claims is held against what stands in it before each call."""

    cache: Path
    mentions: list[Mention]
    now: float = NOW
    left: int = 0
    number: int = field(default=10**6)

    def sweep(self, run: Run) -> Stretch:
        """One run; the stretch that the index covers after it."""
        for at in range(run.arrivals):
            self.number += 1
            self.mentions.append(message(self.number, self.now + run.pause_seconds * (at + 1) // (run.arrivals + 1)))
        self.now += run.pause_seconds
        self.left = run.pages
        inbox = Inbox(self.mentions)

        def answer(request: httpx.Request) -> httpx.Response:
            self.check()
            if self.left == 0:
                raise Ended
            self.left -= 1
            return inbox(request)

        made = machine(self.cache, unix_seconds=lambda: self.now)
        made.wire.on(MENTIONS, answer)
        refresh = Refresh(
            made.remotes.connection, full=False, tell=lambda _: self.check(), foresee=lambda _: run.can_go
        )
        try:
            for _ in refresh.messages(lambda now: now - timedelta(days=run.days)):
                self.check()
            assert refresh.reach is not None
            assert refresh.reach.missing() == ""
        except Ended:
            pass
        finally:
            made.remotes.close()
        self.check()
        return self.covered()

    def covered(self) -> Stretch:
        """From when until when all messages are said to be known."""
        with closing(sqlite3.connect(self.cache / "index.db")) as db:
            begin, until = db.execute("SELECT swept_from, swept_until FROM accounts").fetchone()
            return begin, until

    def check(self) -> None:
        """Every message of the stretch that is said to be known is known."""
        with closing(sqlite3.connect(self.cache / "index.db", isolation_level=None)) as db:
            db.execute("BEGIN")
            begin, until = db.execute("SELECT swept_from, swept_until FROM accounts").fetchone()
            known = {row[0] for row in db.execute("SELECT mention FROM messages")}
        for one in self.mentions:
            at = one.date.added or 0.0
            assert begin is None or not begin <= at <= until or one.unique_id in known, (begin, until, at)


def rows(cache: Path) -> list[Known]:
    made = machine(cache)
    found = list(made.remotes.connection.index.select(Wanted(since=0.0, order="id")))
    made.remotes.close()
    return [replace(one, topics=sorted(one.topics)) for one in found]


@pytest.fixture
def cache() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


def seconds(count: int, *, crowded: int) -> list[int]:
    """So many distinct seconds; the more crowded, the closer to the end."""
    return sorted({int(SPAN_SECONDS * (1 - (at / max(count, 1)) ** crowded)) - at for at in range(count)})


RUNS = st.builds(
    Run,
    pages=st.integers(1, 8),
    can_go=st.booleans(),
    days=st.sampled_from((1, 2, 4)),
    arrivals=st.sampled_from((0, 0, 1, 150)),
    pause_seconds=st.sampled_from((PAUSE_SECONDS, 3600, 30 * 3600)),
)


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 900), crowded=st.integers(1, 3), runs=st.lists(RUNS, max_size=5), pages=st.integers(2, 4))
def test_runs_that_are_ended_come_to_a_full_sweep(count: int, crowded: int, runs: list[Run], pages: int) -> None:
    times = seconds(count, crowded=crowded)
    with TemporaryDirectory() as folder, TemporaryDirectory() as other:
        account = Account(Path(folder), [message(at, BEGIN + time) for at, time in enumerate(times)])
        before: Stretch = (None, None)
        for run in runs:
            after = account.sweep(run)
            assert after != before, "a page makes progress"
            before = after
        last = Run(pages=pages, days=20)
        for _ in range(len(account.mentions) // 100 + 2):
            account.sweep(last)
        assert account.left > 0, "the last run was not ended"
        whole = Account(Path(other), account.mentions, now=account.now)
        whole.sweep(Run(pages=100, days=20, pause_seconds=0))
        assert rows(account.cache) == rows(whole.cache)


def test_first_sweep_goes_on_where_it_was_ended(cache: Path) -> None:
    account = Account(cache, [message(at, BEGIN + at * 60) for at in range(1000)])
    begins = [account.sweep(Run(pages=pages, can_go=False, days=5))[0] for pages in (3, 4, 4)]
    assert begins[0] == BEGIN + 700 * 60 + 1
    assert begins == sorted(begins, key=lambda at: -(at or 0))
    assert account.left == 0
    assert account.sweep(Run(pages=9, can_go=False, days=5))[0] == account.now - 5 * 86400
    assert account.left == 9 - 1 - 2, "the overlap, and what no run before has read"


def test_newer_messages_that_do_not_fit_a_run_are_read_in_their_order(cache: Path) -> None:
    account = Account(cache, [message(at, BEGIN + at * 600) for at in range(50)])
    account.sweep(Run(pages=9))
    runs = [Run(pages=2, can_go=False, arrivals=arrivals, pause_seconds=7200) for arrivals in (500, 0, 0)]
    untils = [account.sweep(run)[1] for run in runs]
    assert untils == sorted(untils, key=lambda at: at or 0)
    assert untils[-1] == account.now
    assert account.covered()[0] == account.now - 3 * 7200 - 4 * 86400


def test_of_slices_only_those_that_join_the_newest_count(cache: Path) -> None:
    account = Account(cache, [message(at, BEGIN + at * 300) for at in range(1000)])
    begin, until = account.sweep(Run(pages=6, days=5))
    assert until == account.now
    assert begin is not None
    assert begin <= BEGIN + 900 * 300 + 1


def test_another_run_that_begins_anew_ends_the_claims_of_this_one(cache: Path) -> None:
    account = Account(cache, [message(at, BEGIN + at * 60) for at in range(300)])
    account.sweep(Run(pages=9))
    made = machine(cache, unix_seconds=lambda: account.now)
    index = made.remotes.connection.index
    seen = index.coverage().stretch
    assert index.begin_anew(seen)
    assert not index.begin_anew(seen)
    assert not index.claim(seen, (0.0, account.now))
    assert index.coverage().stretch == (None, None)
    made.remotes.close()


def test_what_is_older_than_is_kept_is_claimed_no_more(cache: Path) -> None:
    account = Account(cache, [message(1, NOW - 40 * 86400)])
    assert account.sweep(Run(pages=9, days=60))[0] == account.now - timedelta(days=60).total_seconds()
    begin, _ = account.sweep(Run(pages=9, days=1))
    assert begin == account.now - KEPT.total_seconds()
    assert rows(cache) == []
