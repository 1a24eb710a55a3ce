"""The store of deliveries: each event once, what is old goes, and a file that cannot be used is left as it is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer, Event, Kind, Via
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.storage.delivery_rows import MOST_MARKERS, VERSION, Arrived

DAY = timedelta(days=1)


class Clock:
    """A time that stands still until it is moved."""

    now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


def arrived(body: bytes = b"{}", **more: Any) -> Arrived:
    told: dict[str, Any] = {"target": "/messenger", "headers": {}, "verified": True}
    return Arrived(via=Via.MESSENGER, body=body, **(told | more))


def events(*keys: str) -> list[Event]:
    return [Event(kind=Kind.MESSAGE, dedupe_key=key, conversation="facebook:1") for key in keys]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Deliveries]:
    made = Deliveries(tmp_path / "deliveries.db", account="h/1", now=clock, tell=lambda _: None)
    yield made
    made.close()


def test_event_is_new_once(store: Deliveries) -> None:
    first = store.store(arrived(), events("a", "b"), answer=200)
    again = store.store(arrived(), events("b", "c"), answer=200)
    assert (all(first), [one is None for one in again]) == (True, [True, False])
    assert store.store(arrived(), events("a", "b", "c"), answer=200) == [None, None, None]


def test_recipe_that_brings_an_event_that_is_known_is_seen_all_the_same(store: Deliveries) -> None:
    (first,) = store.store(arrived(recipe="r", revision="1"), events("a"), answer=200)
    assert store.store(arrived(recipe="s", revision="1"), events("a"), answer=200) == [None]
    assert [one.dedupe_key for one in store.find(recipe="s")] == ["a"]
    assert len(store.fired("s", since=datetime.fromtimestamp(0, UTC))) == 1
    assert first in [one.id for one in store.find()]


def test_markers_that_nothing_signs_fill_no_store(store: Deliveries) -> None:
    for number in range(50):
        store.store(arrived(recipe=f"r{number}", revision="1"), events("a"), answer=200)
    assert len(list(store.find())) == MOST_MARKERS


def test_event_that_nothing_proves_hides_none_that_is_signed(store: Deliveries) -> None:
    for verified in (False, True):
        assert store.store(arrived(verified=verified), events("a"), answer=200) != [None]
    assert store.store(arrived(verified=False), events("a"), answer=200) == [None]
    assert sorted(one.verified for one in store.find()) == [False, True]


def test_account_sees_its_own_deliveries_alone(store: Deliveries, tmp_path: Path, clock: Clock) -> None:
    with closing(Deliveries(tmp_path / "deliveries.db", account="h/2", now=clock, tell=lambda _: None)) as other:
        for revision, one in (("1", store), ("2", other)):
            assert one.store(arrived(recipe="r", revision=revision), events("a"), answer=200) != [None]
        (fired,) = other.fired("r", since=datetime.fromtimestamp(0, UTC))
        assert (fired.revision, list(store.newest())) == ("2", [(Via.MESSENGER, "r")])
        (ours,) = store.find()
        for look in (other.read, lambda name: other.requests_of([name])):
            with pytest.raises(QscBotError, match="no delivery"):
                look(ours.id)
        other.count_refused({"path": 1})
        assert (store.refused(), other.refused()) == ({}, {"path": 1})


def test_each_is_kept_as_long_as_its_listener_said(store: Deliveries, tmp_path: Path, clock: Clock) -> None:
    with closing(Deliveries(tmp_path / "deliveries.db", account="h/2", now=clock, tell=lambda _: None)) as other:
        store.store(arrived(), events("a"), answer=200, keep=30 * DAY)
        store.count_refused({"path": 1})
        other.store(arrived(), events("a"), answer=200, keep=DAY)
        clock.now += 2 * 86400
        assert other.forget(older_than=timedelta(0)) == 1
        assert store.forget(older_than=10 * DAY) == 0
        assert (len(list(store.find())), store.refused()) == (1, {"path": 1})
        clock.now += 8 * 86400
        assert (other.forget(older_than=DAY), store.refused()) == (0, {})
        assert store.forget(older_than=DAY) == 1


def test_those_that_no_bot_took_are_found(store: Deliveries) -> None:
    (taken, failed, _) = [store.store(arrived(), events(key), answer=200)[0] or "" for key in ("a", "b", "c")]
    store.note_forwarded([taken], Answer(url="u", status=204, milliseconds=1))
    store.note_forwarded([failed], Answer(url="u", status=500, milliseconds=1))
    assert [one.dedupe_key for one in store.find(unanswered=True)] == ["c", "b"]


def test_event_that_was_known_is_none_that_no_bot_took(store: Deliveries) -> None:
    store.store(arrived(recipe="r"), events("a"), answer=200)
    store.store(arrived(recipe="s"), events("a"), answer=200)
    store.store(arrived(verified=False), events("a"), answer=200)
    assert [one.recipe for one in store.find(unanswered=True)] == ["r"]


def test_answer_is_to_all_of_a_request(store: Deliveries) -> None:
    ids = store.store(arrived(), events("a", "b"), answer=200)
    store.note_forwarded([ids[1] or ""], Answer(url="u", status=204, milliseconds=1))
    assert list(store.find(unanswered=True)) == []


def test_damage_that_shows_late_is_set_aside(tmp_path: Path, clock: Clock) -> None:
    told: list[str] = []
    path = tmp_path / "deliveries.db"
    with closing(Deliveries(path, account="h/1", now=clock, tell=told.append)) as made:
        for number in range(300):
            made.store(arrived(b"x" * 1000), events(str(number)), answer=200)
    damaged = bytearray(path.read_bytes())
    damaged[8192:-4096] = b"\xff" * (len(damaged) - 12288)
    path.write_bytes(damaged)
    with closing(Deliveries(path, account="h/1", now=clock, tell=told.append)) as made:
        with pytest.raises(QscBotError, match="cannot be used") as caught:
            list(made.find())
        assert "run again" in caught.value.hint[0]
        assert made.store(arrived(), events("a"), answer=200) != [None]
        assert len(list(made.find())) == 1
    assert ("is damaged" in told[0], len(told), path.with_name("deliveries.db.set-aside").exists()) == (True, 1, True)


def test_file_that_was_removed_is_made_anew_within_a_second(store: Deliveries, tmp_path: Path, clock: Clock) -> None:
    store.store(arrived(), events("a"), answer=200)
    for path in tmp_path.iterdir():
        path.unlink()
    clock.now += 1
    assert store.store(arrived(), events("b"), answer=200) != [None]
    assert (tmp_path / "deliveries.db").exists()
    assert [one.dedupe_key for one in store.find()] == ["b"]


def test_two_stores_on_one_file_keep_an_event_once(store: Deliveries, tmp_path: Path, clock: Clock) -> None:
    other = Deliveries(tmp_path / "deliveries.db", account="h/1", now=clock, tell=lambda _: None)
    assert [len(one.store(arrived(), events("a"), answer=200)) for one in (store, other)] == [1, 1]
    assert len(list(other.find())) == 1
    other.close()


def test_deliveries_of_one_request_are_found_together(store: Deliveries) -> None:
    ids = [one for one in store.store(arrived(b"1"), events("a", "b", "c"), answer=200) if one]
    (single,) = store.store(arrived(b"2"), events("d"), answer=200)
    assert single
    found = store.requests_of([ids[2], single, ids[0], ids[2]])
    assert [(one.ids, one.total) for one in found] == [([ids[2], ids[0]], 3), ([single], 1)]
    assert store.read(single)[1].body == b"2"
    with pytest.raises(QscBotError) as caught:
        store.requests_of([single, "dl_0"])
    assert caught.value.code == "delivery.not_found"


def test_what_is_old_is_removed_with_its_body_and_its_refusals(store: Deliveries, clock: Clock, tmp_path: Path) -> None:
    store.store(arrived(b"old body"), events("a"), answer=200)
    store.count_refused({"missing": 2, "path": 1})
    clock.now += 86_000
    store.count_refused({"path": 1})
    store.store(arrived(), events("b"), answer=200)
    clock.now += 500
    assert store.forget(older_than=DAY) == 1
    assert [one.dedupe_key for one in store.find()] == ["b"]
    assert store.refused() == {"path": 2}
    with sqlite3.connect(tmp_path / "deliveries.db") as db:
        assert db.execute("SELECT count(*) FROM requests").fetchone() == (1,)
    db.close()


def test_answer_of_the_bot_is_kept(store: Deliveries) -> None:
    (one,) = store.store(arrived(), events("a"), answer=200)
    assert one
    answer = Answer(url="http://127.0.0.1:9/hook", status=500, milliseconds=12)
    store.note_forwarded([one], answer)
    assert store.read(one)[0].forwarded == answer


def test_newer_version_is_left_as_it_is(store: Deliveries, tmp_path: Path) -> None:
    store.store(arrived(), events("a"), answer=200)
    store.close()
    with sqlite3.connect(tmp_path / "deliveries.db") as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    with pytest.raises(QscBotError, match="newer version") as caught:
        store.store(arrived(), events("b"), answer=200)
    assert caught.value.code == "config.state"
    assert [path.name for path in tmp_path.glob("*set-aside*")] == []


def test_damaged_file_is_set_aside_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "deliveries.db").write_bytes(b"no database" * 1000)
    made = Deliveries(tmp_path / "deliveries.db", account="h/1", now=lambda: 0.0, tell=told.append)
    assert len(made.store(arrived(), events("a"), answer=200)) == 1
    made.close()
    assert "set aside" in told[0]


def test_full_disk_is_told_as_such_and_nothing_half_is_kept(store: Deliveries) -> None:
    store.store(arrived(), events("a"), answer=200)
    with store._reading() as db:
        db.execute("PRAGMA max_page_count = 12")
    with pytest.raises(QscBotError, match="full") as caught:
        store.store(arrived(b"x" * 100_000), events("b"), answer=200)
    assert caught.value.code == "config.state"
    assert [one.dedupe_key for one in store.find()] == ["a"]
    with store._reading() as db:
        db.execute("PRAGMA max_page_count = 1000")
    assert store.store(arrived(b"x" * 100_000), events("b"), answer=200) != [None]
