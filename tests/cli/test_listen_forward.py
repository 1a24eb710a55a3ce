"""`webhook listen --forward-to`: what is passed on to a bot, how, and to whom never."""

import socket

import pytest

from tests.cli.listened import META, PATH, QSC, Listened, a_bot, mention, signed, thread
from tests.cli.terminal import Terminal

pytestmark = pytest.mark.socket


def test_new_requests_are_passed_on_as_they_came(run: Terminal) -> None:
    with a_bot() as bot:
        bot.status = 202
        listener = Listened(run, until=lambda: len(bot.got) >= 2)
        for _ in range(2):
            listener.deliver(QSC, mention())
        listener.deliver(META, thread("m_1", "m_2"))
        result = listener("-o", "ndjson", "--forward-to", f"{bot.url}?key=value")
    bodies = {body: headers for headers, body in bot.got}
    assert bodies.keys() == {mention(), thread("m_1", "m_2")}
    assert bodies[mention()]["x-signature"] == signed(QSC, mention())["x-signature"]
    events = [line for line in result.lines if line["type"] == "event"]
    answers = [event["forwarded"] for event in events if not event["duplicate"]]
    assert [(one["url"], one["status"]) for one in answers] == [(bot.url, 202)] * 3
    kept = run("webhook", "deliveries", "-o", "json").document["items"]
    assert [one["forwarded"]["status"] for one in kept] == [202] * 3


def test_bot_that_is_down_is_told_and_its_delivery_can_be_sent_later(run: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    listener = Listened(run)
    listener.deliver(QSC, mention())
    result = listener("--forward-to", nobody, tty=True)
    assert (listener.statuses, "not answered: nothing listens there" in result.stdout) == ([200], True)
    with a_bot() as bot:
        code = run("webhook", "replay", "--since", "1h", "--to", bot.url, "--yes").code
    assert (code, [body for _, body in bot.got]) == (0, [mention()])


@pytest.mark.parametrize(
    "url", ["http://bot.example.com/x", "ftp://127.0.0.1/", "127.0.0.1:9", "http://127.0.0.1/#x", ""]
)
def test_other_hosts_are_not_passed_to(run: Terminal, url: str) -> None:
    assert run("webhook", "listen", "--forward-to", url).code == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nothing_is_passed_on_to_the_listener_itself(run: Terminal, host: str) -> None:
    listener = Listened(run)
    result = listener("--forward-to", f"http://{host}:{listener.port}/social-connect", "--no-store", "-o", "ndjson")
    assert (result.code, result.error["code"]) == (2, "usage.url")


def test_calls_to_the_bot_are_told_with_debug(run: Terminal) -> None:
    with a_bot() as bot:
        listener = Listened(run, until=lambda: len(bot.got) == 1)
        listener.deliver(QSC, mention())
        result = listener("--forward-to", bot.url, "--debug", "-o", "ndjson")
    assert "POST 127.0.0.1/hook -> 200" in result.stderr


def test_request_with_an_odd_header_is_passed_on_as_it_came(run: Terminal) -> None:
    body = mention()
    head = signed(QSC, body) | {"Content-Type": "text/plain; x=\xe9"}
    with a_bot() as bot:
        listener = Listened(run, until=lambda: len(bot.got) == 2)
        listener.acts.append(lambda: listener.send(PATH[QSC], body, headers=head))
        listener.deliver(QSC, mention(2))
        result = listener("--forward-to", bot.url, "-o", "ndjson")
    assert [line["forwarded"]["status"] for line in result.lines if line["type"] == "event"] == [200, 200]
    assert bot.got[0][0]["content-type"] == "text/plain; x=\xe9"
