"""`webhook listen`: what it takes and refuses, what it tells, and how it ends."""

import json
import os
import socket
import sqlite3
import time
from pathlib import Path

import pytest

from qsc_bot.storage.delivery_rows import VERSION
from tests.cli.listened import META, PATH, QSC, Listened, a_bot, mention, signed, thread
from tests.cli.terminal import SECRETS, Prod, Terminal

pytestmark = pytest.mark.socket
GUIDED = "version: 1\ndefault_profile: prod\nprofiles: {prod: {account_id: '1000', topic_ids: ['2001']}}\n"


def types(lines: list[dict[str, object]]) -> list[object]:
    return [line["type"] for line in lines]


def test_each_event_is_a_record_and_kept(run: Terminal) -> None:
    listener = Listened(run)
    listener.deliver(QSC, mention(), query="?qsc_recipe=to-bot&qsc_rev=0123456789ab")
    listener.deliver(QSC, mention(), query="?qsc_recipe=to-bot&qsc_rev=0123456789ab")
    listener.deliver(META, thread("m_1", "m_2"))
    result = listener("-o", "ndjson")
    assert (result.code, listener.statuses) == (130, [200, 200, 200])
    first, *events, end = result.lines
    assert (first["type"], first["address"]) == ("heartbeat", f"http://127.0.0.1:{listener.port}")
    assert types(events) == ["event"] * 4
    assert [one["duplicate"] for one in events] == [False, True, False, False]
    assert (events[0]["recipe"], events[0]["revision"], events[0]["verified"]) == ("to-bot", "0123456789ab", True)
    assert (end["type"], end["returned"], end["schema"]) == ("end", 4, "qsc-bot/delivery-event@1")
    kept = run("webhook", "deliveries", "-o", "json").document["items"]
    assert {one["id"] for one in kept} == {one["id"] for one in events if not one["duplicate"]}
    assert events[1]["id"] is None


def test_terminal_shows_a_line_an_event_without_what_harms_it(run: Terminal) -> None:
    listener = Listened(run)
    listener.deliver(
        QSC, mention(author={"id": "9" * 150}), query="?qsc_recipe=a%1b%5b2Jb%E2%80%AEc&qsc_rev=0123456789ab"
    )
    listener.acts.append(lambda: listener.send(PATH[QSC], mention(2)))
    result = listener(tty=True, width=40)
    (line,) = result.stdout.splitlines()
    assert f"whatsapp:{'9' * 150}" in line
    assert ("verified" in line, "\x1b" in line, "\u202e" in line) == (True, False, False)
    assert "refused with 403, missing: there is no x-signature header" in result.stderr
    assert f"http://127.0.0.1:{listener.port}/social-connect: social-connect, signed" in result.stderr
    assert "sandbox: no real account" in result.stderr


def test_plain_and_fields_are_rows(run: Terminal) -> None:
    listener = Listened(run)
    listener.deliver(QSC, mention())
    assert listener("-o", "plain", "--fields", "conversation,verified").stdout == "whatsapp:32470000000\ttrue\n"


def test_refusals_are_told_and_counted_and_not_kept(run: Terminal) -> None:
    listener = Listened(run)
    listener.deliver(QSC, mention(), secret="another secret")
    listener.deliver(QSC, b"hello")
    listener.acts.append(lambda: listener.send("/elsewhere", b"{}"))
    listener.acts.append(lambda: listener.send(PATH[QSC], method="HEAD"))
    result = listener("-o", "ndjson")
    assert listener.statuses == [403, 400, 404, 405]
    refused = [(line["status"], line["reason"]) for line in result.lines if line["type"] == "refused"]
    assert refused == [(403, "wrong-signature"), (400, "body"), (404, "path"), (405, "method")]
    listed = run("webhook", "deliveries", "-o", "json").document
    assert listed["items"] == []
    assert listed["warnings"] == ["4 requests were refused, and not kept: 1 body, 1 method, 1 path, 1 wrong-signature"]


def test_handshake_is_answered_and_told(run: Terminal) -> None:
    listener, answers = Listened(run), list[bytes]()
    query = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    for token in ("sandbox-verify-token", "another"):
        path = PATH[META] + query + token
        listener.acts.append(lambda path=path: answers.append(listener.send(path, method="GET")))  # type: ignore[misc]
    result = listener("-o", "ndjson")
    assert (listener.statuses, answers[0]) == ([200, 403], b"1158201444")
    assert types(result.lines)[1:-1] == ["notice", "refused"]


BODIES = {
    "list": (json.dumps([json.loads(mention(1)), json.loads(mention(2))]).encode(), 2),
    "form": (b"mention=%7B%22id%22%3A%22437%22%2C%22topic%22%3A%7B%22id%22%3A1%7D%7D", 1),
    "without ids": (b'{"message": {}}', 1),
}


@pytest.mark.parametrize(("body", "number"), BODIES.values(), ids=BODIES)
def test_bodies_of_other_forms_are_taken(run: Terminal, body: bytes, number: int) -> None:
    listener = Listened(run)
    listener.deliver(QSC, body)
    assert listener("-o", "ndjson").lines[-1]["returned"] == number


def test_same_event_in_utf8_and_escaped_is_one(run: Terminal) -> None:
    listener = Listened(run)
    listener.deliver(QSC, mention())
    listener.deliver(QSC, json.dumps(json.loads(mention()), ensure_ascii=False).encode())
    assert [line["duplicate"] for line in listener("-o", "ndjson").lines if line["type"] == "event"] == [False, True]


HEAD = b"POST /social-connect HTTP/1.1\r\nHost: x\r\n"
GAMES = {
    "two lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "malformed"),
    "no number": (HEAD + b"Content-Length: 1e3\r\n\r\n{}", 400, "malformed"),
    "other encoding": (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501, "encoding"),
    "encoding in disguise": (HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n", 400, "malformed"),
    "broken chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "malformed"),
    "1 GiB": (HEAD + b"Content-Length: 1073741824\r\n\r\n", 413, "size"),
    "endless head": (HEAD + b"X: " + b"x" * 300_000 + b"\r\n\r\n", 431, "head"),
    "not HTTP": (b"\x16\x03\x01\x02\x00\r\n\r\n", 400, "malformed"),
}


@pytest.mark.parametrize(("text", "status", "reason"), GAMES.values(), ids=GAMES)
def test_what_is_no_request_is_refused_and_told(run: Terminal, text: bytes, status: int, reason: str) -> None:
    listener = Listened(run)
    listener.raw(text)
    listener.deliver(QSC, mention())
    result = listener("-o", "ndjson")
    assert listener.statuses == [status, 200]
    refused, event = result.lines[1:-1]
    assert (refused["status"], refused["reason"], event["type"]) == (status, reason, "event")


def test_body_in_chunks_and_expected_body_are_taken(run: Terminal) -> None:
    listener, body = Listened(run), mention()
    (header,) = (f"{name}: {value}\r\n".encode() for name, value in signed(QSC, body).items())
    listener.raw(HEAD + header + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    length = b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body)
    listener.raw(HEAD + header + length)
    result = listener("-o", "ndjson")
    assert (listener.statuses, result.lines[-1]["returned"]) == ([200, 100], 1)


def test_nothing_is_kept_where_nothing_is_to_be(run: Terminal) -> None:
    listener = Listened(run)
    for _ in range(2):
        listener.deliver(QSC, mention())
    events = [line for line in listener("-o", "ndjson", "--no-store").lines if line["type"] == "event"]
    assert [(one["id"], one["duplicate"]) for one in events] == [(None, False), (None, True)]
    assert not (run.state / "deliveries.db").exists()


def test_old_deliveries_are_removed_at_the_start(run: Terminal) -> None:
    listener = Listened(run)
    listener.deliver(QSC, mention())
    listener()
    run.now += 3 * 86_400
    Listened(run)("--retain", "2d")
    assert run("webhook", "deliveries", "--since", "30d", "-o", "json").document["items"] == []


WRONG_PATHS = [
    "social-connect",
    "social-connect=",
    "social-connect=hooks",
    "social-connect=/../etc",
    "social-connect=/a/../b",
    "social-connect=/a/./b",
    "social-connect=//a",
    "social-connect=/a/",
    "social-connect=/a%2e%2e",
    "social-connect=/a b",
    "social-connect=/a?b=c",
    "social-connect=/{secret}",
    "social-connect=/messenger",
    "twitter=/a",
    "messenger=/" + "a" * 300,
]


@pytest.mark.parametrize("path", WRONG_PATHS)
def test_wrong_path_is_a_usage_error(run: Terminal, path: str) -> None:
    result = run("webhook", "listen", "--path", path, "-o", "ndjson")
    assert (result.code, result.error["code"], result.stdout) == (2, "usage.invalid", "")


def test_paths_are_served_as_given(run: Terminal) -> None:
    listener = Listened(run)
    body = mention()
    for path in ("/", "/hooks/in..x", "/social-connect", "/messenger"):
        listener.acts.append(lambda path=path: listener.send(path, body, headers=signed(QSC, body)))  # type: ignore[misc]
    listener("--path", "social-connect=/", "--path", "social-connect=/hooks/in..x")
    assert listener.statuses == [200, 200, 404, 403]


@pytest.mark.parametrize("wanted", ["json", "yaml", "csv", "id"])
def test_formats_with_an_end_are_refused(run: Terminal, wanted: str) -> None:
    assert run("webhook", "listen", "-o", wanted).code == 2


def test_used_port_is_a_configuration_error_that_names_another(run: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        result = run("webhook", "listen", "--port", str(used.getsockname()[1]), "-o", "ndjson")
    assert (result.code, result.error["code"], "--port" in result.error["hint"]) == (3, "config.invalid", True)
    assert result.lines[-1]["complete"] is False


def test_records_end_with_what_was_warned_of(run: Terminal) -> None:
    (run.state / "deliveries.db").parent.mkdir(parents=True, exist_ok=True)
    (run.state / "deliveries.db").write_bytes(b"no database" * 1000)
    listener = Listened(run)
    listener.deliver(QSC, mention())
    result = listener("-o", "ndjson", env={"QSC_BOT_APP_SECRET": "mine"})
    assert [line["text"] for line in result.lines if line["type"] == "warning"] != []
    warnings = " | ".join(result.lines[-1]["warnings"])
    assert ("it was set aside" in warnings, "QSC_BOT_APP_SECRET is not used" in warnings) == (True, True)


def test_keeping_for_no_time_is_refused(run: Terminal) -> None:
    result = run("webhook", "listen", "--retain", "0s", "-o", "ndjson")
    assert (result.code, result.stdout, "--no-store" in result.error["hint"]) == (2, "", True)


def test_no_secret_at_all_names_the_variables(run: Terminal) -> None:
    run.configure(GUIDED)
    result = run("webhook", "listen", "-o", "ndjson", env={"QSC_BOT_VERIFY_TOKEN": "sentinel"})
    assert (result.code, result.error["code"]) == (3, "config.secret")
    for word in ("QSC_BOT_CLIENT_SECRET", "QSC_BOT_APP_SECRET", "QSC_BOT_URL_SECRET", "--unsigned"):
        assert word in result.error["hint"]


def test_kind_without_a_secret_is_refused_and_said_to_be(run: Terminal) -> None:
    run.configure(GUIDED)
    listener = Listened(run)
    listener.deliver(QSC, mention(), secret="client-secret")
    listener.deliver(META, thread("m_1"))
    result = listener(tty=True, env={"QSC_BOT_CLIENT_SECRET": "client-secret"})
    assert listener.statuses == [200, 403]
    assert "messenger, refused, because QSC_BOT_APP_SECRET is not set" in result.stderr


def test_unsigned_is_taken_where_that_was_asked_for(run: Terminal) -> None:
    run.configure(GUIDED)
    listener = Listened(run)
    listener.acts.append(lambda: listener.send(PATH[QSC], mention()))
    result = listener("--unsigned", tty=True)
    assert (listener.statuses, "not verified" in result.stdout) == ([200], True)


def test_store_of_a_newer_version_is_left_alone(run: Terminal) -> None:
    Listened(run)()
    with sqlite3.connect(run.state / "deliveries.db") as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    result = run("webhook", "listen", "--port", "0", "-o", "ndjson")
    assert (result.code, result.error["code"], "newer version" in result.error["message"]) == (3, "config.state", True)


def test_socket_that_dies_ends_it_with_what_was_heard(run: Terminal) -> None:
    listener = Listened(run)
    listener.deliver(QSC, mention())
    listener.acts += [lambda: cut_socket(listener.port), *[lambda: time.sleep(0.05)] * 100]
    result = listener("-o", "ndjson")
    assert (result.code, result.error["code"], result.error["retryable"]) == (8, "listen.ended", True)
    assert types(result.lines) == ["heartbeat", "event", "end"]


def cut_socket(port: int) -> None:
    """Shut down the socket of this process that listens there."""
    for path in Path("/proc/self/fd").iterdir():
        try:
            one = socket.socket(fileno=os.dup(int(path.name)))
        except OSError:
            continue
        with one:
            if one.family is socket.AF_INET and one.getsockname()[1] == port:
                one.shutdown(socket.SHUT_RDWR)
                return


def test_no_secret_is_shown_or_kept(prod: Prod, tmp_path: Path) -> None:
    client, url = SECRETS["QSC_BOT_CLIENT_SECRET"], SECRETS["QSC_BOT_URL_SECRET"]
    with a_bot() as bot:
        listener = Listened(prod.run, until=lambda: len(bot.got) == 2)
        listener.deliver(QSC, mention(1), secret=client, query=f"?key={url}")
        listener.acts.append(lambda: listener.send(f"{PATH[QSC]}/{url}", mention(2)))
        listener.acts.append(lambda: listener.send(f"/nowhere/{url}?token={client}", mention(2)))
        to = f"{bot.url}/{{secret}}/{url}?token={url}"
        result = listener("--forward-to", to, "--debug", "-v", tty=True)
    assert bot.paths == [f"/hook/{url}/{url}?token={url}"] * 2
    assert (result.code, listener.statuses) == (130, [200, 200, 404])
    for output in ("json", "ndjson", "plain", "table"):
        assert prod.run("webhook", "deliveries", "-o", output).code == 0
