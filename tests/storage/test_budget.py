"""The ledger's file: shared by processes, private, and never in the way of a call."""

import sqlite3
import stat
from pathlib import Path
from typing import Final

import pytest

from qsc_bot.storage.account import Account, Process, Usage
from qsc_bot.storage.budget import FULL_PERCENT, USAGE_TRUSTED_SECONDS, Ledger
from qsc_bot.storage.window import DOUBT_SECONDS, Instant, Refused, Ticket, Told, Waiting

NOW: Final = 1_795_000_000.0
AT: Final = Instant(NOW)
ACCOUNT: Final = Account.of("social-connect", "api.engagor.com", "secret-token")
RENEWED: Final = Account.of("social-connect", "api.engagor.com", "renewed-token")
PAGE: Final = Account.of("graph", "graph.facebook.com", "page-token")


class Bench:
    """One process, by number, and what its ledger told."""

    def __init__(self, path: Path, process: int = 1) -> None:
        self.told: list[str] = []
        made = Process(name=f"{process}-1", command=lambda: "conversation list")
        self.ledger = Ledger(path, process=made, tell=self.told.append)

    def take(self, account: Account = ACCOUNT, *, at: Instant = AT, floor: int | None = 0) -> Ticket:
        """One call sets out."""
        verdict = self.ledger.take(account, at=at, floor=floor, asks_first=account.remote != "graph", is_patient=False)
        assert isinstance(verdict, Ticket), verdict
        return verdict

    def call(self, remaining: int, account: Account = ACCOUNT, *, at: Instant = AT) -> int | None:
        """One call and its answer."""
        told = Told(limit=350, remaining=remaining, period_s=3600, reset_at=NOW + 3600, is_success=True)
        return self.ledger.settle(account, self.take(account, at=at), told, at=at).left

    def left(self, account: Account = ACCOUNT, *, at: Instant = AT) -> int | None:
        """What is left."""
        window = self.ledger.look(account, at=at).window
        return window.left if window else None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger lies."""
    return tmp_path / "state" / "budget.db"


@pytest.fixture
def bench(path: Path) -> Bench:
    """One process."""
    return Bench(path)


def test_file_is_private_and_holds_no_token(bench: Bench, path: Path) -> None:
    bench.call(349)
    files = [*path.parent.iterdir()]
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert not [file for file in files if b"secret-token" in file.read_bytes()]


def test_looking_makes_no_file(bench: Bench, path: Path) -> None:
    assert bench.ledger.look(ACCOUNT, at=AT).window is None
    bench.ledger.forget_this_machine()
    assert not path.exists()


def test_two_processes_count_on_one_window(bench: Bench, path: Path) -> None:
    other = Bench(path, 2)
    first = bench.take()
    verdict = other.ledger.take(ACCOUNT, at=AT, floor=0, asks_first=True, is_patient=True)
    assert verdict == Waiting("1-1")
    bench.ledger.settle(ACCOUNT, first, Told(limit=350, remaining=100, is_success=True), at=AT)
    other.take()
    assert (bench.left(), other.left()) == (99, 99)


def test_who_used_the_present_window_is_told(bench: Bench, path: Path) -> None:
    other = Bench(path, 2)
    later = Instant(NOW + 60)
    bench.call(349)
    other.call(348, at=later)
    other.call(347, at=later)
    uses = bench.ledger.look(ACCOUNT, at=later).uses
    assert [(use.process, use.calls, use.since) for use in uses] == [("1-1", 1, NOW), ("2-1", 2, NOW + 60)]
    assert bench.ledger.look(ACCOUNT, at=Instant(NOW + 4000)).uses == []


def test_new_window_counts_from_the_beginning(bench: Bench) -> None:
    bench.call(349)
    bench.call(348)
    bench.ledger.settle(
        ACCOUNT, bench.take(), Told(limit=350, remaining=349, reset_at=NOW + 7200, is_success=True), at=AT
    )
    assert [use.calls for use in bench.ledger.look(ACCOUNT, at=AT).uses] == [1]


def test_users_and_hosts_and_remotes_are_counted_apart(bench: Bench) -> None:
    bench.call(100)
    others = [
        Account.of("social-connect", "api.engagor.com", "other-token"),
        Account.of("social-connect", "api-us.engagor.com", "secret-token"),
        Account.of("graph", "api.engagor.com", "secret-token"),
    ]
    assert [bench.left(account) for account in others] == [None] * 3
    assert bench.left(Account.of("social-connect", "API.engagor.com", "secret-token")) == 100


def test_renewed_token_of_a_known_user_keeps_the_budget(bench: Bench, path: Path) -> None:
    bench.call(100)
    bench.ledger.learn(ACCOUNT, "7", at=AT)
    assert bench.left() == 100
    bench.ledger.learn(RENEWED, "7", at=AT)
    bench.call(99, RENEWED)
    assert (bench.left(), Bench(path, 2).left(RENEWED)) == (99, 99)


def test_what_two_tokens_of_one_user_counted_is_put_together(bench: Bench, path: Path) -> None:
    other = Bench(path, 2)
    bench.call(100)
    other.call(90, RENEWED)
    in_flight = bench.take()
    other.ledger.learn(RENEWED, "7", at=AT)
    bench.ledger.learn(ACCOUNT, "7", at=AT)
    assert (bench.left(), bench.left(RENEWED)) == (90, 90)
    assert sorted(use.calls for use in bench.ledger.look(ACCOUNT, at=AT).uses) == [1, 2]
    told = Told(limit=350, remaining=88, reset_at=NOW + 3600, is_success=True)
    assert bench.ledger.settle(ACCOUNT, in_flight, told, at=AT).left == 88


def test_calls_of_a_killed_process_are_on_their_way_for_two_minutes(bench: Bench, path: Path) -> None:
    bench.call(100)
    for _ in range(3):
        bench.take()
    other = Bench(path, 2)
    assert other.call(99) == 96
    assert other.call(95, at=Instant(NOW + DOUBT_SECONDS + 1)) == 95


@pytest.mark.parametrize("content", [b"", b"no database " * 200], ids=["empty", "broken"])
def test_file_that_is_no_ledger_is_replaced(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    bench = Bench(path)
    assert bench.call(100) == 100
    assert [f"{path} cannot be read" in text for text in bench.told] == ([True] if content else [])
    assert Bench(path).left() == 100


@pytest.mark.parametrize(
    "statement",
    ["PRAGMA user_version = 2", "ALTER TABLE windows ADD COLUMN more", "DROP TABLE uses"],
    ids=["newer", "other columns", "a table less"],
)
def test_ledger_of_another_version_is_set_aside_and_told(bench: Bench, path: Path, statement: str) -> None:
    bench.call(100)
    bench.ledger.close()
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()
    other = Bench(path)
    assert other.left() is None
    assert ("set aside as budget.db.set-aside" in other.told[0], len(other.told)) == (True, 1)
    assert (path.parent / "budget.db.set-aside").exists()
    assert other.ledger.warnings == other.told


def test_ledger_that_breaks_while_it_is_used_is_begun_anew(bench: Bench, path: Path) -> None:
    for number in range(300):
        bench.take(Account.of("graph", f"host-{number}", "token"))
    bench.ledger.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    assert bench.call(100) == 100
    assert "set aside" in bench.told[0]


def test_without_a_file_counting_goes_on_in_memory_and_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    bench = Bench(tmp_path / "state" / "budget.db")
    assert [bench.call(100), bench.call(99), bench.left()] == [100, 99, 99]
    assert ["counted in this process alone" in text for text in bench.told] == [True]


def test_folder_that_cannot_be_written_is_no_fault(bench: Bench, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("qsc_bot.storage.database.os.open", refuse)
    assert bench.call(100) == 100
    assert "Permission denied" in bench.told[0]
    assert not path.exists()


def test_turns_are_shared_and_a_clock_that_jumps_blocks_nobody(bench: Bench, path: Path) -> None:
    other = Bench(path, 2)
    waits = [one.ledger.turn(PAGE, at=AT, interval_s=0.5) for one in (bench, other, bench)]
    assert waits == [0.0, 0.5, 1.0]
    assert other.ledger.turn(PAGE, at=Instant(NOW - 9999), interval_s=0.5) == 0.5


def test_surveys_stop_where_meta_says_that_nearly_all_is_used(bench: Bench) -> None:
    usage = Usage(percent=FULL_PERCENT, seen_at=NOW)
    bench.ledger.settle(PAGE, bench.take(PAGE), Told(is_success=True), at=AT, usage=usage)
    survey = bench.ledger.take(PAGE, at=AT, floor=50, asks_first=False, is_patient=True)
    assert survey == Refused(usage_percent=FULL_PERCENT, until=NOW + USAGE_TRUSTED_SECONDS)
    bench.take(PAGE)
    bench.take(PAGE, at=Instant(NOW + USAGE_TRUSTED_SECONDS), floor=50)


def test_surveys_wait_as_long_as_meta_says(bench: Bench) -> None:
    usage = Usage(percent=100, seen_at=NOW, regains=NOW + 3000)
    bench.ledger.settle(PAGE, bench.take(PAGE), Told(is_success=True), at=AT, usage=usage)
    at = Instant(NOW + 2000)
    survey = bench.ledger.take(PAGE, at=at, floor=50, asks_first=False, is_patient=True)
    assert survey == Refused(usage_percent=100, until=NOW + 3000)


def test_what_is_known_of_this_machines_remotes_can_be_forgotten(bench: Bench) -> None:
    served = Account.of("social-connect", "127.0.0.1:8081", "sandbox")
    bench.call(0, served)
    bench.call(100)
    bench.ledger.forget_this_machine()
    assert (bench.left(served), bench.left()) == (None, 100)
