"""The system keychain: what is kept comes back, and whatever goes wrong says why within three seconds."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from qsc_bot.credentials.keychain import SERVICE, Backend, Keychain
from qsc_bot.errors import QscBotError
from tests.credentials import backends
from tests.credentials.backends import Forgetful, Memory, hanging, unloadable

BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
TOKEN = "sentinel-token-9f1c"
Action = Callable[[Keychain], object]


def kept(keychain: Keychain, profile: str = "prod") -> dict[str, str] | None:
    """The secrets that a keychain holds for a profile."""
    item = keychain.read(profile)
    return dict(item.values) if item else None


ACTIONS: dict[str, Action] = {
    "read": lambda keychain: keychain.read("prod"),
    "write": lambda keychain: keychain.write("prod", {"token": TOKEN}),
    "delete": lambda keychain: keychain.delete("prod"),
}


def make(load: Backend | Callable[[], Backend], **settings: Any) -> tuple[Keychain, list[str]]:
    """A keychain on a back-end, and what it said while one waited."""
    told: list[str] = []
    settings = {"environ": BUS, "platform": "linux", **settings}
    return Keychain(tell=told.append, load=load if callable(load) else lambda: load, **settings), told


def test_what_is_written_is_read_and_deleted() -> None:
    memory = Memory()
    keychain, told = make(memory)
    assert keychain.read("prod") is None
    keychain.write("prod", {"token": TOKEN, "app_secret": "x"})
    assert kept(keychain) == {"token": TOKEN, "app_secret": "x"}
    assert list(memory.items) == [(SERVICE, "prod")]
    assert (keychain.delete("prod"), keychain.delete("prod")) == (True, False)
    assert (memory.items, told) == ({}, [])


def test_profiles_have_an_item_each() -> None:
    keychain, _ = make(Memory())
    keychain.write("prod", {"token": "a"})
    keychain.write("test", {"token": "b"})
    assert (kept(keychain), kept(keychain, "test")) == ({"token": "a"}, {"token": "b"})


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        pytest.param(backends.NULL, "none is installed or running", id="null back-end"),
        pytest.param(backends.FAIL, "none is installed or running", id="fail back-end"),
        pytest.param(backends.ABSENT, "none is installed or running", id="no keyring"),
        pytest.param(backends.PLAIN, "plain files", id="plain files"),
        pytest.param(backends.CHAINED_PLAIN, "plain files", id="plain files in a chain"),
        pytest.param(backends.LOCKED, "it is locked", id="locked"),
        pytest.param(backends.REFUSING, "it refused (PasswordSetError)", id="refuses"),
        pytest.param(backends.BROKEN, "it refused (ConnectionResetError)", id="breaks"),
        pytest.param(unloadable, "its library cannot be loaded", id="import error"),
    ],
)
def test_unusable_keychain_says_why_and_never_a_secret(
    backend: Backend | Callable[[], Backend], reason: str, action: Action
) -> None:
    keychain, _ = make(backend)
    with pytest.raises(QscBotError, match="the system keychain cannot be used") as caught:
        action(keychain)
    assert (caught.value.code, int(caught.value.exit_code)) == ("auth.keychain", 3)
    assert reason in caught.value.message
    assert TOKEN not in caught.value.message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_without_a_session_bus_nothing_is_probed_on_linux(action: Action) -> None:
    memory = Memory()
    keychain, _ = make(memory, environ={})
    with pytest.raises(QscBotError, match="there is no D-Bus session"):
        action(keychain)
    assert memory.asked == 0


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_need_no_session_bus(platform: str) -> None:
    keychain, _ = make(Memory(), environ={}, platform=platform)
    keychain.write("prod", {"token": TOKEN})
    assert kept(keychain) == {"token": TOKEN}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_keychain_that_hangs_is_told_of_after_one_second_and_given_up_after_three(action: Action) -> None:
    memory, released = hanging()
    waited: list[float] = []

    def wait(_ended: threading.Event, seconds: float) -> bool:
        waited.append(seconds)
        return False

    keychain, told = make(memory, wait=wait)
    with pytest.raises(QscBotError, match="it hangs: no answer in 3 seconds"):
        action(keychain)
    released.set()
    assert (waited, told) == ([1.0, 2.0], ["waiting for the system keychain"])


def test_keychain_is_asked_in_a_daemon_thread() -> None:
    seen: list[threading.Thread] = []
    keychain, _ = make(Memory(delay=lambda: seen.append(threading.current_thread())))
    keychain.read("prod")
    assert [(thread.daemon, thread is threading.main_thread()) for thread in seen] == [(True, False)]


def test_slow_keychain_is_waited_for_and_told_of() -> None:
    memory, released = hanging()

    def wait(ended: threading.Event, seconds: float) -> bool:
        if seconds == 1.0:
            return False
        released.set()
        return ended.wait(30)

    keychain, told = make(memory, wait=wait)
    assert keychain.read("prod") is None
    assert told == ["waiting for the system keychain"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        "null",
        "[]",
        "[" * 100_000,
        json.dumps({"version": 1, "profile": "test", "secrets": {"token": "x"}}),
        json.dumps({"version": 1, "profile": "prod", "secrets": ["x"]}),
        json.dumps({"version": 1, "profile": "prod", "secrets": {"token": 7}}),
        json.dumps({"version": 1, "secrets": {"token": "x"}}),
    ],
    ids=lambda text: text[:60],
)
def test_text_of_another_item_is_no_secret_and_not_shown(text: str) -> None:
    memory = Memory()
    memory.items[SERVICE, "prod"] = text
    keychain, _ = make(memory)
    with pytest.raises(QscBotError, match="another item's text for prod") as caught:
        keychain.read("prod")
    assert "hunter2" not in caught.value.message


def test_item_that_does_not_come_back_as_it_was_is_taken_away() -> None:
    memory = Forgetful()
    keychain, _ = make(memory)
    with pytest.raises(QscBotError, match="does not give back what it was given"):
        keychain.write("prod", {"token": TOKEN})
    assert memory.items == {}


@pytest.mark.parametrize(
    ("length", "platform", "is_kept"),
    [(1100, "win32", True), (1300, "win32", False), (1300, "linux", True), (1300, "darwin", True)],
)
def test_windows_keeps_at_most_2560_bytes_of_utf_16(length: int, platform: str, is_kept: bool) -> None:
    memory = Memory()
    keychain, _ = make(memory, platform=platform)
    if is_kept:
        keychain.write("prod", {"token": "x" * length})
    else:
        with pytest.raises(QscBotError, match="longer than one of its items may be"):
            keychain.write("prod", {"token": "x" * length})
    assert bool(memory.items) is is_kept


class Clobbering(Memory):
    """Takes the old item away and then fails, or keeps something else than it was given."""

    def __init__(self, *, fails: bool) -> None:
        super().__init__()
        self.fails = fails
        self.is_armed = False

    def set_password(self, service: str, user: str, text: str) -> None:
        """Spoil the item once."""
        if not self.is_armed:
            return super().set_password(service, user, text)
        self.is_armed = False
        del self.items[service, user]
        if self.fails:
            raise ConnectionResetError(text)
        self.items[service, user] = text[:-1]
        return None


@pytest.mark.parametrize("fails", [True, False], ids=["fails", "keeps something else"])
def test_item_of_before_comes_back_where_a_write_goes_wrong(fails: bool) -> None:
    clobbering = Clobbering(fails=fails)
    keychain, _ = make(clobbering)
    keychain.write("prod", {"token": "old"})
    clobbering.is_armed = True
    with pytest.raises(QscBotError, match="the system keychain cannot be used"):
        keychain.write("prod", {"token": TOKEN})
    assert kept(keychain) == {"token": "old"}


class Slow(Memory):
    """Holds up one question until it is released."""

    def __init__(self, held: str) -> None:
        super().__init__()
        self.held = held
        self.sets = 0
        self.is_armed = False
        self.reached = threading.Event()
        self.released = threading.Event()
        self.threads: list[threading.Thread] = []

    def get_password(self, service: str, user: str) -> str | None:
        """An item."""
        self._hold("get")
        return super().get_password(service, user)

    def set_password(self, service: str, user: str, text: str) -> None:
        """Keep an item."""
        self._hold("set")
        self.sets += 1
        super().set_password(service, user, text)

    def _hold(self, what: str) -> None:
        if self.is_armed and what == self.held:
            self.is_armed = False
            self.threads.append(threading.current_thread())
            self.reached.set()
            assert self.released.wait(30)


def give_up(slow: Slow, fault: type[BaseException] | None = None) -> Callable[[threading.Event, float], bool]:
    """Wait until the back-end is held up, and no longer."""

    def wait(ended: threading.Event, _seconds: float) -> bool:
        if not slow.is_armed and not slow.reached.is_set():
            return ended.wait(30)
        assert slow.reached.wait(30)
        if fault:
            raise fault
        return False

    return wait


@pytest.mark.parametrize("before", [None, {"token": "old"}], ids=["nothing before", "an item before"])
@pytest.mark.parametrize(
    ("fault", "raised"), [(None, QscBotError), (KeyboardInterrupt, KeyboardInterrupt)], ids=["hangs", "interrupted"]
)
@pytest.mark.parametrize(("held", "sets"), [("get", 0), ("set", 1)])
def test_write_that_ends_after_it_was_given_up_leaves_what_was_there(
    held: str,
    sets: int,
    fault: type[BaseException] | None,
    raised: type[BaseException],
    before: dict[str, str] | None,
) -> None:
    slow = Slow(held)
    keychain, _ = make(slow, wait=give_up(slow, fault))
    if before:
        keychain.write("prod", before)
    slow.sets, slow.is_armed = 0, True
    items = dict(slow.items)
    with pytest.raises(raised):
        keychain.write("prod", {"token": TOKEN})
    slow.released.set()
    slow.threads[0].join(30)
    assert (slow.items, slow.sets) == (items, sets + (1 if sets and before else 0))


def test_question_after_one_that_was_given_up_waits_until_that_is_undone() -> None:
    slow = Slow("set")
    keychain, _ = make(slow, wait=give_up(slow))
    slow.is_armed = True
    with pytest.raises(QscBotError, match="it hangs"):
        keychain.write("prod", {"token": TOKEN})
    with pytest.raises(QscBotError, match="it hangs"):
        keychain.write("prod", {"token": "later"})
    assert slow.asked == 1
    slow.released.set()
    slow.threads[0].join(30)
    assert (slow.items, slow.sets) == ({}, 1)


def test_write_that_ended_in_the_last_moment_counts() -> None:
    memory = Memory()

    def wait(ended: threading.Event, _seconds: float) -> bool:
        assert ended.wait(30)
        return False

    keychain, _ = make(memory, wait=wait)
    keychain.write("prod", {"token": TOKEN})
    assert bool(memory.items)
