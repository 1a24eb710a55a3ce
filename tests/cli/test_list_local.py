"""The file of what is known: private, without texts, shared by several processes, and never in the way."""

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.cli.calls import FRESH, controls, listed
from tests.cli.terminal import Prod

SENTINEL = "sentinel text of a customer"


def index_of(prod: Prod) -> Path:
    return prod.run.home / ".cache/qsc-bot/index.db"


def test_no_text_of_a_message_is_kept(prod: Prod) -> None:
    prod.sandbox.say("twitter:1002", SENTINEL)
    prod.sandbox.agent_reply("whatsapp:32470000001", f"{SENTINEL} from us")
    listed(prod, "--all")
    prod.run("conversation", "explain", "twitter:1002")
    files = list(index_of(prod).parent.glob("index.db*"))
    assert index_of(prod) in files
    for file in files:
        assert b"sentinel text" not in file.read_bytes(), file.name


def test_only_the_owner_may_read_it(prod: Prod) -> None:
    listed(prod)
    assert stat.S_IMODE(index_of(prod).parent.stat().st_mode) == 0o700
    for file in index_of(prod).parent.glob("index.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to look like one" * 200)


def newer(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("spoil", [garbage, newer, cut_off], ids=["garbage", "newer", "cut off"])
def test_file_that_cannot_be_read_is_set_aside_and_told(prod: Prod, spoil: Callable[[Path], None]) -> None:
    known = controls(listed(prod)[0])
    spoil(index_of(prod))
    result = prod.run("conversation", "list", "--all")
    assert result.code == 0
    assert "index.db cannot be read: " in result.stderr
    assert "it was set aside as index.db.set-aside, and a new one begun" in result.stderr
    assert index_of(prod).with_name("index.db.set-aside").is_file()
    again = prod.run("conversation", "list", "--all", "-o", "json")
    assert controls(again) == known
    assert "set aside" not in prod.run("conversation", "list").stderr


def test_file_of_an_older_version_is_begun_anew(prod: Prod) -> None:
    known = controls(listed(prod)[0])
    with sqlite3.connect(index_of(prod)) as database:
        database.execute("PRAGMA user_version = 0")
    result, calls = listed(prod)
    assert controls(result) == known
    assert calls
    assert "older version of qsc-bot; it was set aside as index.db.set-aside" in result.document["warnings"][0]
    result, calls = listed(prod, "--limit", "50")
    assert (controls(result), calls, result.document["warnings"]) == (known, {}, [])


def test_without_a_usable_folder_the_list_works_and_nothing_is_kept(prod: Prod) -> None:
    known = controls(listed(prod)[0])
    place = prod.run.home / "occupied"
    place.write_text("")
    env = {"QSC_BOT_CACHE_DIR": str(place / "cache")}
    for _ in range(2):
        result = prod.run("conversation", "list", "-o", "json", env=env)
        assert (result.code, controls(result)) == (0, known)
        assert result.document["summary"]["calls"] > 2
    assert prod.run("handover", "to-agent", "twitter:1001", env=env).code == 0


def test_file_that_may_not_be_written_is_left_alone(prod: Prod, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(prod)
    before = index_of(prod).read_bytes()

    def refuse(*_args: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("qsc_bot.storage.database.os.open", refuse)
        assert prod.run("conversation", "list").code == 0
    assert index_of(prod).read_bytes() == before


def test_accounts_keep_apart_what_is_known(prod: Prod) -> None:
    listed(prod)
    second = "  second: {account_id: '1000', topic_ids: ['2001'], escalation_tag: vip}\n"
    prod.run.configure(prod.run.config_file.read_text() + second)
    assert listed(prod, "-p", "second", "--cached")[0].document["items"] == []
    assert listed(prod, "--cached")[0].document["items"]


class Interrupted(httpx.BaseTransport):
    """A network on which something happens once, before the first question who holds a conversation is answered."""

    def __init__(self, inner: httpx.BaseTransport, act: Callable[[], None]) -> None:
        self._inner = inner
        self._acts = [act]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Act, then answer."""
        while self._acts and "handover" in request.url.path:
            self._acts.pop()()
        return self._inner.handle_request(request)


def test_list_in_the_middle_of_another_shows_the_same(prod: Prod) -> None:
    """A second process lists while the first waits for an answer."""
    prod.sandbox.reset("large:40:whatsapp")
    inner: list[dict[str, str]] = []
    words = ("conversation", "list", "--all", "-o", "json")
    network = Interrupted(prod.wire, lambda: inner.append(controls(prod.run(*words))))
    prod.run.mount = lambda _base_url: network
    outer = controls(prod.run(*words))
    assert [outer] == inner
    assert controls(listed(prod, "--all", *FRESH)[0]) == outer
    assert len(outer) == 40
