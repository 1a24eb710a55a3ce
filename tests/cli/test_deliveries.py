"""`webhook deliveries` and `webhook replay`: what arrived, found by what it is, and sent to a bot again."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from qsc_bot.models.delivery import Event, Kind, Via
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.storage.delivery_rows import Arrived
from tests.cli.listened import QSC, a_bot, mention, signed, thread
from tests.cli.terminal import NOW, Terminal
from tests.conftest import CheckGolden

GUIDED = """\
version: 1
default_profile: prod
profiles: {prod: {account_id: "1000", topic_ids: ["2001"], api_url: "http://127.0.0.1:8081"}}
"""
LONG = f"whatsapp:{'9' * 40}"


@pytest.fixture
def store(run: Terminal) -> Iterator[Deliveries]:
    """The store of this machine."""
    made = Deliveries(
        run.state / "deliveries.db", account="127.0.0.1:8081/1000", now=lambda: run.now, tell=lambda _: None
    )
    yield made
    made.close()


def keep(store: Deliveries, *events: Event, body: bytes = b"{}", via: Via = QSC, verified: bool = True) -> list[str]:
    """Keep a request with these events; their ids."""
    recipe, revision = ("to-bot", "abc") if via is QSC else (None, None)
    headers = {"content-type": "application/json"} | signed(via, body)
    arrived = Arrived(
        via=via,
        target="/x",
        headers=headers,
        body=body,
        verified=verified,
        recipe=recipe,
        revision=revision,
    )
    return [one for one in store.store(arrived, events, answer=200) if one]


def event(key: str, *, kind: Kind = Kind.MENTION, conversation: str = "twitter:1001") -> Event:
    return Event(kind=kind, dedupe_key=key, conversation=conversation)


@pytest.fixture
def three(run: Terminal, store: Deliveries) -> list[str]:
    """A mention of two days ago, an unsigned one, and a request of Messenger's with two events."""
    run.now = NOW - 2 * 86_400
    ids = keep(store, event("old"), body=mention(1))
    run.now = NOW - 3_600
    ids += keep(store, event("1", conversation=LONG), body=mention(2), verified=False)
    run.now = NOW
    two = [event(key, kind=Kind.MESSAGE, conversation="facebook:1") for key in ("m_1", "m_2")]
    return ids + keep(store, *two, body=thread("m_1", "m_2"), via=Via.MESSENGER)


def listed(run: Terminal, *words: str) -> list[str]:
    return [one["dedupe_key"] for one in run("webhook", "deliveries", *words, "-o", "json").document["items"]]


FOUND = {
    "newest first": ([], ["m_2", "m_1", "1"]),
    "since": (["--since", "7d"], ["m_2", "m_1", "1", "old"]),
    "a moment": (["--since", "2026-11-22T09:00:00Z"], ["m_2", "m_1"]),
    "conversation": (["--conversation", "facebook:1"], ["m_2", "m_1"]),
    "kind": (["--kind", "mention", "--kind", "messenger-standby"], ["1"]),
    "verified": (["--verified"], ["m_2", "m_1"]),
    "unverified": (["--unverified"], ["1"]),
    "recipe": (["--recipe", "to-bot", "--since", "30d"], ["1", "old"]),
    "limit": (["--limit", "1"], ["m_2"]),
    "nothing": (["--recipe", "other"], []),
}


@pytest.mark.parametrize(("words", "found"), FOUND.values(), ids=FOUND)
def test_deliveries_are_found_by_what_they_are(
    run: Terminal, three: list[str], words: list[str], found: list[str]
) -> None:
    assert listed(run, *words) == found


def test_cut_list_says_so(run: Terminal, three: list[str]) -> None:
    result = run("webhook", "deliveries", "--limit", "2", tty=True)
    assert "2 of 3 shown; add --all" in result.stderr
    assert run("webhook", "deliveries", "--limit", "2", "-o", "json").document["page"]["complete"] is False
    assert run("webhook", "deliveries", "--all", "-o", "json").document["page"]["complete"] is True


@pytest.mark.parametrize("width", [80, 160])
def test_table_looks_like_this(
    run: Terminal, store: Deliveries, three: list[str], check_golden: CheckGolden, width: int
) -> None:
    store.count_refused({"missing": 2, "path": 1})
    result = run("webhook", "deliveries", "--since", "7d", "--no-color", tty=True, width=width)
    check_golden(f"webhook-deliveries-{width}.txt", result.stdout)
    assert "warning: 3 requests were refused, and not kept: 2 missing, 1 path" in result.stderr


def test_fresh_machine_has_none(run: Terminal) -> None:
    result = run("webhook", "deliveries", tty=True)
    assert (result.code, "Nothing found." in result.stderr) == (0, True)


WRONG = {
    "nothing named": [],
    "both": ["dl_1", "--since", "1h"],
    "another host": ["--since", "1h", "--to", "http://bot.example.com/"],
    "no field": ["--since", "1h", "--fields", "nope"],
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG)
def test_wrong_words_send_nothing(run: Terminal, three: list[str], words: list[str]) -> None:
    to = [] if "--to" in words else ["--to", "http://127.0.0.1:9/"]
    result = run("webhook", "replay", *words, *to, "--yes", "-o", "json")
    assert (result.code, result.stdout) == (2, "")


@pytest.mark.parametrize("name", ["dl_0", "dl_1-0", "dl_6602f2b3c4d5e", "x", "dl_1-x"])
def test_unknown_id_is_not_found_and_nothing_is_sent(run: Terminal, three: list[str], name: str) -> None:
    with a_bot() as bot:
        result = run("webhook", "replay", three[0], name, "--to", bot.url, "-o", "json")
    assert (result.code, result.error["code"], bot.got) == (6, "delivery.not_found", [])


@pytest.mark.socket
def test_each_request_is_sent_once_as_it_came_the_oldest_first(run: Terminal, three: list[str]) -> None:
    with a_bot() as bot:
        result = run("webhook", "replay", "--since", "7d", "--to", f"{bot.url}?key=value", "--yes", "-o", "json")
    assert (result.code, [body for _, body in bot.got]) == (0, [mention(1), mention(2), thread("m_1", "m_2")])
    assert bot.got[0][0]["x-signature"] == signed(QSC, mention(1))["x-signature"]
    items = result.document["items"]
    assert [one["id"] for one in items] == three
    assert {(one["forwarded"]["url"], one["forwarded"]["status"]) for one in items} == {(bot.url, 200)}
    kept = run("webhook", "deliveries", "--since", "7d", "-o", "json").document["items"]
    assert [one["forwarded"] for one in kept] == [one["forwarded"] for one in reversed(items)]


@pytest.mark.socket
def test_secret_of_the_address_is_filled_in_and_not_told(run: Terminal, three: list[str]) -> None:
    run.configure(GUIDED)
    with a_bot() as bot:
        words = ["webhook", "replay", three[0], "--to", f"{bot.url}/{{secret}}", "-o", "json"]
        unset = run(*words)
        assert (unset.code, unset.error["code"], bot.got) == (3, "config.secret", [])
        result = run(*words, env={"QSC_BOT_URL_SECRET": "a-word"})
        assert (result.code, bot.paths) == (0, ["/hook/a-word"])
    assert result.document["items"][0]["forwarded"]["url"] == f"{bot.url}/{{secret}}"


@pytest.mark.socket
def test_what_goes_along_is_told(run: Terminal, three: list[str]) -> None:
    with a_bot() as bot:
        result = run("webhook", "replay", three[3], "--to", bot.url, "-o", "json")
    assert ([one["id"] for one in result.document["items"]], len(bot.got)) == ([three[3]], 1)
    assert result.document["warnings"] == [f"{three[3]} came in one request with 1 other, sent again too"]


@pytest.mark.socket
def test_signed_anew_with_the_secret_of_the_profile(run: Terminal, three: list[str]) -> None:
    run.configure(GUIDED)
    secret = {"QSC_BOT_CLIENT_SECRET": "the client secret"}
    with a_bot() as bot:
        run("webhook", "replay", three[0], "--to", bot.url, "--sign-anew", env=secret)
    assert bot.got[0][0]["x-signature"] == signed(QSC, mention(1), "the client secret")["x-signature"]
    assert bot.got[0][0]["content-type"] == "application/json"


@pytest.mark.socket
def test_missing_secret_is_named_before_anything_is_sent(run: Terminal, three: list[str]) -> None:
    run.configure(GUIDED)
    with a_bot() as bot:
        words = ["webhook", "replay", *three, "--to", bot.url, "--sign-anew", "-o", "json"]
        result = run(*words, env={"QSC_BOT_CLIENT_SECRET": "the client secret"})
    assert (result.code, result.error["code"], bot.got) == (3, "config.secret", [])
    assert "QSC_BOT_APP_SECRET" in result.error["hint"]


@pytest.mark.socket
@pytest.mark.parametrize(
    ("status", "code", "name"), [(404, 9, "run.partial"), (500, 8, "webhook.no_answer")], ids=["refused", "failed"]
)
def test_bot_that_does_not_take_it_is_a_failure(
    run: Terminal, three: list[str], status: int, code: int, name: str
) -> None:
    with a_bot() as bot:
        bot.status = status
        result = run("webhook", "replay", three[0], "--to", bot.url, "-o", "json")
    assert (result.code, result.error["code"]) == (code, name)
    assert result.document["items"][0]["forwarded"]["status"] == status


@pytest.mark.socket
def test_bot_that_takes_some_is_a_partial_failure(run: Terminal, three: list[str]) -> None:
    with a_bot() as bot:
        bot.refuses = mention(2)
        result = run("webhook", "replay", *three, "--to", bot.url, "-o", "json")
    assert (result.code, result.error["code"]) == (9, "run.partial")
    assert "1 of 4" in result.error["message"]


def test_nobody_there_is_temporary(run: Terminal, three: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    result = run("webhook", "replay", *three, "--to", nobody, tty=True)
    assert (result.code, "nothing listens there" in result.stderr) == (8, True)


@pytest.mark.socket
def test_many_are_sent_after_a_yes(run: Terminal, store: Deliveries) -> None:
    ids = [keep(store, event(str(number)), body=mention(number))[0] for number in range(101)]
    with a_bot() as bot:
        words = ["webhook", "replay", "--to", bot.url]
        assert run(*words, *ids[:20]).code == 0
        assert run(*words, *ids[:21]).code == 2
        assert run(*words, "--since", "1h").code == 2
        asked = run(*words, *ids[:21], tty=True, stdin="n\n")
        assert (asked.code, f"send 21 deliveries to {bot.url} ({ids[0]}, " in asked.stderr) == (12, True)
        assert run(*words, "--since", "1h", tty=True, stdin="y\n").code == 12
        assert len(bot.got) == 20
        assert run(*words, "--since", "1h", tty=True, stdin="101\n").code == 0
        assert len(bot.got) == 121


@pytest.mark.socket
def test_those_that_no_bot_took_are_sent_and_the_others_not(run: Terminal, three: list[str]) -> None:
    with a_bot() as bot:
        assert run("webhook", "replay", three[1], "--to", bot.url).code == 0
        left = run("webhook", "deliveries", "--since", "7d", "--unanswered", "-o", "json").document["items"]
        assert {one["id"] for one in left} == {three[0], *three[2:]}
        assert run("webhook", "replay", "--unanswered", "--to", bot.url, "--yes").code == 0
        assert [body for _, body in bot.got] == [mention(2), mention(1), thread("m_1", "m_2")]
    assert run("webhook", "deliveries", "--since", "7d", "--unanswered", "-o", "json").document["items"] == []


@pytest.mark.socket
def test_named_ones_are_sent_the_oldest_first_too(run: Terminal, three: list[str]) -> None:
    with a_bot() as bot:
        run("webhook", "replay", three[1], three[0], "--to", bot.url)
    assert [body for _, body in bot.got] == [mention(1), mention(2)]


@pytest.mark.parametrize("since", ["1h", "0s"])
def test_nothing_found_is_success(run: Terminal, since: str) -> None:
    assert run("webhook", "replay", "--since", since, "--to", "http://127.0.0.1:9/").code == 0


def test_store_that_cannot_be_used_is_told(run: Terminal, tmp_path: Path) -> None:
    (run.state / "deliveries.db").mkdir(parents=True)
    result = run("webhook", "deliveries", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.state")
