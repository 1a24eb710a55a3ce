"""Between the answers and those who hear of them: signs of life, old deliveries, bursts, and more than can be told."""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Beat, DeliveryEvent, Event, Heard, Kind, Refusal, Remark, Via
from qsc_bot.operations import telling
from qsc_bot.operations.endpoint import Endpoint
from qsc_bot.operations.forwarding import LEFT, Forwarding
from qsc_bot.operations.listening import BURST, CROWDED, Listening
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.storage.delivery_rows import Arrived
from qsc_bot.webhook.receiver import Arrival, Refused

DAY = timedelta(days=1)
START = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)


@dataclass
class Played:
    """A listener whose time passes as it sleeps, and which is looked at tick by tick."""

    store: Deliveries | None = None
    forwarding: Forwarding | None = None
    passed: float = 0.0
    meanwhile: Callable[[], object] = lambda: None
    told: list[tuple[float, Heard]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listening = Listening(
            address="http://127.0.0.1:8787",
            store=self.store,
            retain=DAY,
            forwarding=self.forwarding,
            now=lambda: START + timedelta(seconds=self.passed),
            monotonic=lambda: self.passed,
            sleep=self._sleep,
        )

    def _sleep(self, seconds: float) -> None:
        self.passed += seconds
        self.meanwhile()

    def listen(self, seconds: float) -> None:
        """Hear for so long."""
        until = self.passed + seconds
        for things in self.listening.heard(goes_on=lambda: self.passed < until):
            self.told += [(self.passed, thing) for thing in things]

    def heard(self, kind: type[Heard]) -> list[float]:
        """When things of this kind were told."""
        return [at for at, thing in self.told if isinstance(thing, kind)]


def arrival(*keys: str, ids: Sequence[str | None] = (), conversation: str = "facebook:1") -> Arrival:
    request = Arrived(via=Via.MESSENGER, target="/messenger", headers={}, body=b"{}", verified=True)
    events = tuple(Event(kind=Kind.MESSAGE, dedupe_key=key, conversation=conversation) for key in keys)
    return Arrival(request=request, events=events, ids=tuple(ids))


def test_sign_of_life_comes_at_once_and_every_30_seconds() -> None:
    played = Played()
    played.listen(95)
    assert [round(at) for at in played.heard(Beat)] == [0, 30, 60, 90]


def test_sign_of_life_says_what_was_heard() -> None:
    played = Played()
    played.listening.tell(arrival("a", "b", ids=["dl_1", None]))
    played.listening.refuse(Refused(403, "missing"))
    played.listen(31)
    last = [thing for _, thing in played.told if isinstance(thing, Beat)][-1]
    assert (last.deliveries, last.duplicates, last.refused, last.waiting) == (1, 1, 1, 0)


def test_few_are_told_at_once_and_a_burst_when_it_is_over_or_after_a_second() -> None:
    def much() -> None:
        for _ in range(BURST + 1):
            played.listening.tell(arrival("a"))

    played = Played(meanwhile=much)
    played.listen(2.5)
    times = sorted(set(played.heard(DeliveryEvent)))
    assert [round(after - before, 1) for before, after in zip([0.0, *times], times, strict=False)] == [1.0, 1.0]
    played.meanwhile = lambda: None
    played.listen(0.1)
    count = len(played.heard(DeliveryEvent))
    played.listening.tell(arrival("a"))
    played.listen(0.1)
    assert len(played.heard(DeliveryEvent)) == count + 1


def test_what_cannot_be_told_is_counted_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "ROOM", 3)
    played = Played()
    for number in range(5):
        played.listening.tell(arrival(str(number)))
    played.listening.refuse(Refused(403, "missing"))
    played.listen(31)
    assert len(played.heard(DeliveryEvent)) == 3
    (remark,) = [thing for _, thing in played.told if isinstance(thing, Remark)]
    assert (remark.text, remark.is_warning) == ("3 lines came faster than could be told", True)
    last = [thing for _, thing in played.told if isinstance(thing, Beat)][-1]
    assert (last.deliveries, last.refused) == (5, 1)


def test_old_deliveries_are_removed_each_hour(tmp_path: Path) -> None:
    now = START.timestamp()
    store = Deliveries(tmp_path / "deliveries.db", account="h/1", now=lambda: now, tell=lambda _: None)
    played = Played(store=store)
    played.listening.keep(arrival("a").request, list(arrival("a").events), 200)
    now += DAY.total_seconds() + 60
    played.listen(3500)
    assert len(list(store.find())) == 1
    played.listen(200)
    assert list(store.find()) == []
    store.close()


def test_refusals_are_counted_in_the_store_and_a_store_that_fails_is_told(tmp_path: Path) -> None:
    now = 0.0
    store = Deliveries(tmp_path / "deliveries.db", account="h/1", now=lambda: now, tell=lambda _: None)
    played = Played(store=store)
    for reason in ("missing", "path", "missing"):
        played.listening.refuse(Refused(403, reason))
    played.listen(0.1)
    assert store.refused() == {"missing": 2, "path": 1}
    store.close()
    now = 1.0
    (tmp_path / "deliveries.db").unlink()
    (tmp_path / "deliveries.db").mkdir()
    played.listening.refuse(Refused(403, "missing"))
    played.listen(0.1)
    assert len(played.heard(Refusal)) == 4
    (remark,) = [thing for _, thing in played.told if isinstance(thing, Remark)]
    assert ("cannot be used" in remark.text, remark.is_warning) == (True, True)


def test_store_that_fails_while_passing_on_is_told_and_the_answer_too(tmp_path: Path) -> None:
    class Broken(Deliveries):
        def note_forwarded(self, *_: object) -> None:
            raise QscBotError("config.state", "the disk is full")

    store = Broken(tmp_path / "deliveries.db", account="h/1", now=lambda: 0.0, tell=lambda _: None)
    endpoint = Endpoint(transport=httpx.MockTransport(lambda _: httpx.Response(204)))
    played = Played(store=store, forwarding=Forwarding(endpoint, "http://127.0.0.1:9/", shown="shown"))
    played.listening.tell(arrival("a", ids=["dl_1"]))
    for things in played.listening.rest(check=lambda: None):
        played.told += [(0.0, thing) for thing in things]
    told = [type(thing) for _, thing in played.told]
    assert [one for one in told if one is not Beat] == [Remark, DeliveryEvent]


def test_one_conversation_is_passed_on_in_its_order_and_too_many_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsc_bot.operations.forwarding.ROOM_BYTES", 5_100)
    got: list[bytes] = []
    all_came = threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        got.append(request.content)
        all_came.wait(10)
        return httpx.Response(200)

    played = Played(
        forwarding=Forwarding(
            Endpoint(transport=httpx.MockTransport(answer)), "http://127.0.0.1:9/?key=x", shown="http://127.0.0.1:9/"
        )
    )
    for number in range(20):
        one = arrival(str(number))
        request = Arrived(via=Via.MESSENGER, target="/", headers={}, body=str(number).encode(), verified=True)
        played.listening.tell(Arrival(request=request, events=one.events, ids=()))
    all_came.set()
    for things in played.listening.rest(check=lambda: None):
        played.told += [(0.0, thing) for thing in things]
    events = [thing for _, thing in played.told if isinstance(thing, DeliveryEvent) and thing.forwarded]
    crowded = [one for one in events if one.forwarded and one.forwarded.error == CROWDED]
    assert got == sorted(got, key=int)
    assert len(got) + len(crowded) == len(events) == 20
    assert crowded
    assert {one.forwarded.url for one in events if one.forwarded} == {"http://127.0.0.1:9/"}


def test_answer_that_is_being_noted_keeps_no_request_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsc_bot.storage.deliveries.BUSY_MILLISECONDS", 50)
    has_begun, may_go_on = threading.Event(), threading.Event()

    class Waiting(Deliveries):
        def note_forwarded(self, *_: object) -> None:
            with self._writing():
                has_begun.set()
                may_go_on.wait(10)

    with closing(Waiting(tmp_path / "deliveries.db", account="h/1", now=lambda: 0.0, tell=lambda _: None)) as store:
        endpoint = Endpoint(transport=httpx.MockTransport(lambda _: httpx.Response(204)))
        played = Played(store=store, forwarding=Forwarding(endpoint, "http://127.0.0.1:9/", shown="shown"))
        played.listening.tell(arrival("a", ids=["dl_1"]))
        assert has_begun.wait(10)
        with pytest.raises(QscBotError, match="locked"):  # at once: it does not wait for its turn behind the answer
            played.listening.keep(arrival("b").request, list(arrival("b").events), 200)
        may_go_on.set()
        list(played.listening.rest(check=lambda: None))


def test_fault_of_one_request_ends_no_lane() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.content == b"0":
            raise ValueError("nobody thought of this")
        return httpx.Response(204)

    endpoint = Endpoint(transport=httpx.MockTransport(answer))
    played = Played(forwarding=Forwarding(endpoint, "http://127.0.0.1:9/", shown="shown"))
    for number in range(3):
        request = Arrived(via=Via.MESSENGER, target="/", headers={}, body=str(number).encode(), verified=True)
        played.listening.tell(Arrival(request=request, events=arrival(str(number)).events, ids=()))
    for things in played.listening.rest(check=lambda: None):
        played.told += [(0.0, thing) for thing in things]
    answers = [one.forwarded for _, one in played.told if isinstance(one, DeliveryEvent)]
    assert [one and (one.status, one.error) for one in answers] == [
        (None, "it could not be sent (ValueError)"),
        (204, None),
        (204, None),
    ]


def test_what_is_left_is_told_once_and_found_as_unanswered(tmp_path: Path) -> None:
    is_over = threading.Event()
    store = Deliveries(tmp_path / "deliveries.db", account="h/1", now=START.timestamp, tell=lambda _: None)

    def answer(_: httpx.Request) -> httpx.Response:
        is_over.wait(10)
        return httpx.Response(204)

    endpoint = Endpoint(transport=httpx.MockTransport(answer))
    played = Played(store=store, forwarding=Forwarding(endpoint, "http://127.0.0.1:9/", shown="shown"))
    for key in ("a", "b"):
        one = arrival(key)
        ids = played.listening.keep(one.request, list(one.events), 200)
        played.listening.tell(arrival(key, ids=ids or ()))
    played.told = [(0.0, thing) for things in played.listening.leave() for thing in things]
    events = [one for _, one in played.told if isinstance(one, DeliveryEvent)]
    assert [one.forwarded and one.forwarded.error for one in events] == [LEFT, LEFT]
    assert len(list(store.find(unanswered=True))) == 2
    is_over.set()
    assert list(played.listening.rest(check=lambda: None)) == [[]]
    store.close()


def test_event_that_came_before_is_known_where_nothing_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsc_bot.operations.listening.REMEMBERED", 2)
    played = Played()
    for key, verified in (("a", True), ("a", True), ("a", False), ("b", True), ("c", False), ("c", True), ("a", True)):
        one = arrival(key)
        request = msgspec.structs.replace(one.request, verified=verified)
        played.listening.tell(Arrival(request=request, events=one.events, ids=()))
    played.listen(0.1)
    assert [one.duplicate for _, one in played.told if isinstance(one, DeliveryEvent)] == [
        False,
        True,
        True,
        False,
        False,
        False,
        False,
    ]
