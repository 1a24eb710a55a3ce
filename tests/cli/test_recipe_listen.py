"""`recipe verify --listen`: what a receiver of its own takes."""

import json
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from qsc_bot.models.delivery import Via
from qsc_bot.webhook.signature import sign
from tests.cli.recipe_arrivals import VERIFY, deliver, guided_prod, show
from tests.cli.recipe_log import CREATE, HOUR
from tests.cli.terminal import SECRETS, Prod, Result, Terminal
from tests.conftest import MakeProd


@pytest.fixture
def guided(make_prod: MakeProd) -> Prod:
    """A real account with one recipe that waits to be entered."""
    return guided_prod(make_prod)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def post(port: int, path: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def mention(key: str) -> bytes:
    said = {"id": key, "message": {"type": "privatemessage"}, "source": {"service": "twitter"}}
    return json.dumps(said | {"author": {"id": "1001"}, "topic": {"id": 2001}, "date": {"added": 1}}).encode()


def listening(run: Terminal, send: Callable[[int, int], None], *words: str) -> Result:
    """Verify with a receiver; `send` is called with its port each time that the tool waits."""
    port, turns = free_port(), [0]

    def play(seconds: float) -> None:
        run.now += seconds
        turns[0] += 1
        send(port, turns[0])

    run.play = play
    try:
        return run(*VERIFY, "--listen", "--port", str(port), "--no-compare", "--timeout", "10s", *words)
    finally:
        run.play = None


@pytest.mark.socket
@pytest.mark.parametrize("path", ["/in", "/social-connect"])
def test_receiver_ends_with_the_first_signed_delivery(guided: Prod, path: str) -> None:
    revision, answers = show(guided.run)["revision"], []

    def send(port: int, turn: int) -> None:
        body = mention(str(turn))
        marker = f"?qsc_recipe=to-bot&qsc_rev={revision}" if turn == 3 else ""
        headers = {"x-signature": sign(Via.SOCIAL_CONNECT, body, SECRETS["QSC_BOT_CLIENT_SECRET"])} if turn > 1 else {}
        answers.append(post(port, f"{path}{marker}", body, headers))

    result = listening(guided.run, send)
    assert (result.code, answers) == (0, [403, 200, 200])
    assert show(guided.run)["state"] == "verified"
    assert "refused: missing (403)" in result.stderr
    assert "a delivery came, signed, without this recipe's marker\n" in result.stderr
    assert f"a delivery came, signed, revision {revision}\n" in result.stderr
    assert "deliveries go to bot.example.com: something there must pass them on" in result.stderr


@pytest.mark.socket
def test_receiver_without_a_secret_proves_that_it_was_seen(guided: Prod) -> None:
    revision = show(guided.run)["revision"]
    guided.run.secrets = {**SECRETS, "QSC_BOT_CLIENT_SECRET": ""}

    def send(port: int, turn: int) -> None:
        assert post(port, f"/in?qsc_recipe=to-bot&qsc_rev={revision}", mention(str(turn)), {}) == 200

    result = listening(guided.run, send)
    assert "warning: QSC_BOT_CLIENT_SECRET is not set" in result.stderr
    assert show(guided.run)["state"] == "seen"


@pytest.mark.socket
def test_receiver_that_hears_another_revision_says_so_at_once(guided: Prod) -> None:
    def send(port: int, turn: int) -> None:
        body = mention(str(turn))
        headers = {"x-signature": sign(Via.SOCIAL_CONNECT, body, SECRETS["QSC_BOT_CLIENT_SECRET"])}
        post(port, "/in?qsc_recipe=to-bot&qsc_rev=0123456789ab", body, headers)

    before = guided.run.now
    result = listening(guided.run, send, "-o", "json")
    assert (result.code, result.error["code"]) == (7, "recipe.drifted")
    assert guided.run.now == before + 0.5


@pytest.mark.socket
def test_receiver_gives_up_when_its_time_is_over(guided: Prod) -> None:
    before = guided.run.now
    result = listening(guided.run, lambda _port, _turn: None, "-o", "json")
    assert (result.code, result.error["code"], guided.run.now) == (7, "recipe.not_seen", before + 10)


@pytest.mark.socket
def test_receiver_is_not_started_where_stored_deliveries_prove_enough(guided: Prod) -> None:
    deliver(guided.run, hours=-0.001)
    guided.run("recipe", "confirm", "to-bot")
    deliver(guided.run, key="2001_9", hours=0.1)
    guided.run.now += HOUR
    result = listening(guided.run, lambda _port, _turn: pytest.fail("it waits"))
    assert (result.code, "listening" in result.stderr) == (0, False)


def test_port_that_is_taken_is_told_with_the_flag(guided: Prod, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = guided.run(*VERIFY, "--listen", "--port", port, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.invalid")
    assert "--port" in result.error["hint"]


@pytest.mark.socket
def test_path_of_the_recipe_that_is_the_usual_one_is_named_once(guided: Prod) -> None:
    guided.run("webhook", "register", "bot", "--url", "https://bot.example.com/social-connect", "--update")
    guided.run(*CREATE, "--update")
    told = listening(guided.run, lambda _port, _turn: None).stderr
    assert "/social-connect for a delivery of recipe to-bot" in told
    assert "/social-connect and" not in told


@pytest.mark.parametrize("words", [["--timeout", "30s"], ["--port", "9000"]], ids=str)
def test_words_for_listening_are_refused_without_it(guided: Prod, words: list[str]) -> None:
    deliver(guided.run)
    result = guided.run(*VERIFY, *words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")
    assert "--listen" in result.error["message"]
    assert guided.run(*VERIFY, "--timeout", "10m", "--no-compare", "-o", "json").code == 0
