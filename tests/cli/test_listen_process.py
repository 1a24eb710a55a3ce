"""A listener in a process of its own: what it answered is kept, whatever becomes of it and whoever else connects."""

import http.client
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.bad_clients import HALF, IDLE, SLOW, WRONG, beside, beside_bad_clients
from tests.benchmarks.listener import (
    CONNECTIONS,
    Listener,
    answered_in,
    delivery,
    listening,
    listening_at,
    send_all,
)
from tests.benchmarks.receiver import killed
from tests.cli.listened import PATH, QSC, a_bot, mention, signed

pytestmark = pytest.mark.socket


def post(port: int, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", PATH[QSC], body, signed(QSC, body))
    status = connection.getresponse().status
    connection.close()
    return status


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def ended(made: Listener) -> int:
    """Its exit code."""
    return made.process.wait(timeout=20)


def test_what_was_answered_is_kept_once_when_it_is_killed() -> None:
    figures = killed(300, 150)
    assert figures["killed: answered"] >= 150 - CONNECTIONS
    assert (figures["killed: answered and lost (none)"], figures["killed: kept twice (none)"]) == (0, 0)


def test_honest_deliveries_are_answered_beside_bad_clients() -> None:
    some = [replace(crowd, number=20) for crowd in (IDLE, *SLOW, *WRONG, HALF)]
    figures = beside_bad_clients(seconds=3.0, phases={"some of each": some})
    assert figures["bad clients: honest deliveries"] >= 5
    assert (figures["bad clients: lost"], figures["bad clients: kept twice"]) == (0, 0)


def test_honest_deliveries_are_answered_where_few_files_may_be_open(tmp_path: Path) -> None:
    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (150, 150))

    with listening_at(tmp_path, prepare=few_files) as made, beside(made.port, [replace(IDLE, number=200)]):
        assert max(answered_in(made.port, number) for number in range(20)) < 5


def test_two_listeners_on_one_store_keep_each_event_once(tmp_path: Path) -> None:
    requests = [delivery(number) for number in range(60)]
    with listening_at(tmp_path) as one, listening_at(tmp_path) as other:
        assert len(send_all(one.port, requests[:40])) == 40
        assert len(send_all(other.port, requests[20:])) == 40
        wait_until(lambda: sum(line["type"] == "event" for line in other.lines) == 40)
        assert sorted(one.keys) == sorted(f"0_{number}" for number in range(60))
        assert sum(line["type"] == "event" and line["duplicate"] for line in other.lines) == 20


def test_full_disk_is_answered_with_503_and_told(tmp_path: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    with listening_at(tmp_path, prepare=little_room) as made:
        statuses = [post(made.port, mention(number, text="x" * 20_000)) for number in range(30)]
        wait_until(lambda: sum(line["type"] == "refused" for line in made.lines) == statuses.count(503))
        refused = {line["reason"] for line in made.lines if line["type"] == "refused"}
        kept = made.keys
    assert (set(statuses), refused) == ({200, 503}, {"store"})
    assert len(kept) == statuses.count(200)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_what_has_arrived_is_passed_on_before_it_ends(number: signal.Signals, code: int) -> None:
    with a_bot(seconds=0.05) as bot, listening("--forward-to", bot.url) as made:
        assert [post(made.port, mention(one)) for one in range(20)] == [200] * 20
        made.process.send_signal(number)
        assert ended(made) == code
        assert len(bot.got) == 20
        assert made.lines[-1]["type"] == "end"
        assert sum(line["type"] == "event" and line["forwarded"]["status"] == 200 for line in made.lines) == 20


def test_second_ctrl_c_ends_at_once_and_says_what_is_left() -> None:
    with a_bot(seconds=2.0) as bot, listening("--forward-to", bot.url) as made:
        assert [post(made.port, mention(one)) for one in range(20)] == [200] * 20
        made.process.send_signal(signal.SIGINT)
        wait_until(lambda: not takes_connections(made.port))
        made.process.send_signal(signal.SIGINT)
        assert ended(made) == 130
        (warning,) = made.lines[-1]["warnings"]
        assert "not passed on; see qsc-bot webhook replay" in warning
        assert made.lines[-1]["complete"] is False


def takes_connections(port: int) -> bool:
    try:
        post(port, mention(1))
    except OSError:
        return False
    return True
