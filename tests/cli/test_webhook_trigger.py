"""`webhook trigger`: one event of nobody's or of one's own, signed as its sender would, and what comes back."""

import json
import ssl
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from qsc_bot.cli.trying import Triggered
from qsc_bot.webhook.samples import TRIGGERED
from tests.cli.played_bot import PlayedBot, is_signed
from tests.cli.terminal import SECRETS, Prod, Terminal

BOT = "http://127.0.0.1:8081/example-bot"
OWN = "http://127.0.0.1:9/hook"


@pytest.fixture
def bot(run: Terminal) -> PlayedBot:
    """A bot that does what it must."""
    played = PlayedBot()
    run.mount = played.mount
    return played


def sent(bot: PlayedBot) -> Any:
    (body,) = bot.bodies
    return json.loads(body)


def test_kinds_are_those_that_there_are_samples_of() -> None:
    assert get_args(Triggered) == tuple(kind.value for kind in TRIGGERED)


@pytest.mark.parametrize("kind", TRIGGERED)
def test_every_kind_arrives_signed_and_is_taken(run: Terminal, bot: PlayedBot, kind: str) -> None:
    result = run("webhook", "trigger", kind, "--to", OWN, "-o", "json")
    assert result.code == 0
    assert (result.document["kind"], result.document["status"], result.document["signed"]) == (kind, 200, True)
    assert is_signed(bot.heard[0])
    assert bot.heard[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("kind", TRIGGERED)
def test_example_bot_takes_every_kind_and_says_nothing_to_nobody(run: Terminal, kind: str) -> None:
    path = "social-connect" if kind == "mention" else "messenger"
    assert run("webhook", "trigger", kind, "--to", f"{BOT}/{path}").code == 0
    looked = {
        "mention": ["GET /{account_id}/inbox/contact/{service}/{service_id}"],
        "messenger-message": ["GET /graph/{page}/thread_owner"],
    }
    assert list(run.sandbox.status()["requests"]) == looked.get(kind, [])


def test_authorization_header_goes_along_unseen(run: Terminal, bot: PlayedBot) -> None:
    words = ["mention", "--to", OWN, "--unsigned", "--authorization-stdin", "--debug", "-o", "json"]
    result = run("webhook", "trigger", *words, stdin="Basic cXNjOnNlY3JldA==\n")
    assert bot.heard[0].headers["authorization"] == "Basic cXNjOnNlY3JldA=="
    assert "cXNjOnNlY3JldA" not in result.stdout + result.stderr


@pytest.mark.parametrize("words", [["mention", "--file", "-"], ["messenger-message"]], ids=" ".join)
def test_authorization_that_cannot_be_read_or_sent_is_refused(run: Terminal, bot: PlayedBot, words: list[str]) -> None:
    result = run("webhook", "trigger", *words, "--to", OWN, "--authorization-stdin", "-o", "json", stdin="x\n")
    assert (result.code, result.error["code"], bot.heard) == (2, "usage.invalid", [])


def test_event_is_of_the_page_and_the_apps_of_the_profile(run: Terminal, bot: PlayedBot) -> None:
    run("webhook", "trigger", "pass-thread-control", "--to", OWN)
    (event,) = sent(bot)["entry"][0]["messaging"]
    assert event["recipient"]["id"] == "1029384756"
    assert event["pass_thread_control"]["new_owner_app_id"] == "111"


def test_values_are_set_and_signed(run: Terminal, bot: PlayedBot) -> None:
    changes = ["--set", "message.content=a=b, hé", "--set", "author.id=1001", "--set", "author.managed=true"]
    assert run("webhook", "trigger", "mention", "--to", OWN, *changes).code == 0
    mention = sent(bot)
    assert mention["message"]["content"] == "a=b, hé"
    assert (mention["author"]["id"], mention["author"]["managed"]) == (1001, True)


def test_file_goes_as_it_is_and_is_written_anew_where_something_is_set(
    run: Terminal, bot: PlayedBot, tmp_path: Path
) -> None:
    own = b'{ "id" : 7,\r\n "text": "\xc3\xa9" }\n'
    (tmp_path / "own.json").write_bytes(own)
    words = ["webhook", "trigger", "mention", "--to", OWN, "-f", str(tmp_path / "own.json")]
    assert run(*words).code == 0
    assert run(*words, "--set", "id=8").code == 0
    assert bot.bodies == [own, b'{"id":8,"text":"\\u00e9"}']
    assert run("webhook", "trigger", "mention", "--to", OWN, "-f", "-", stdin="{}").code == 0
    assert bot.bodies[-1] == b"{}"


@pytest.mark.parametrize("word", ["NaN", "-Infinity", "1e999", "[" * 100_000], ids=["NaN", "infinite", "large", "deep"])
def test_what_is_no_json_is_set_as_text(run: Terminal, bot: PlayedBot, word: str) -> None:
    assert run("webhook", "trigger", "mention", "--to", OWN, "--set", f"message.content={word}").code == 0
    assert sent(bot)["message"]["content"] == word


def test_number_that_json_does_not_have_is_not_sent(run: Terminal, bot: PlayedBot) -> None:
    words = ["webhook", "trigger", "mention", "--to", OWN, "--file", "-", "--set", "id=8", "-o", "json"]
    result = run(*words, stdin='{"id":1,"x":1e999}')
    assert (result.code, result.error["code"], bot.heard) == (2, "webhook.body", [])


def test_query_of_the_address_is_not_told_with_debug(run: Terminal, bot: PlayedBot) -> None:
    result = run("webhook", "trigger", "mention", "--to", f"{OWN}?tok=nobody-knows-of-it", "--debug")
    assert bot.heard[0].url.query == b"tok=nobody-knows-of-it"
    assert ("POST 127.0.0.1/hook -> 200" in result.stderr, "nobody-knows" in result.stderr) == (True, False)


def test_bot_without_a_good_certificate_is_a_fault_of_the_set_up(run: Terminal, bot: PlayedBot) -> None:
    def refuse(request: httpx.Request, _: httpx.Response) -> httpx.Response:
        raise httpx.ConnectError("x", request=request) from ssl.SSLCertVerificationError(1, "self-signed")

    bot.spoil = refuse
    result = run("webhook", "trigger", "mention", "--to", OWN, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "network.tls")


def test_unsigned_event_bears_no_signature(run: Terminal, bot: PlayedBot) -> None:
    result = run("webhook", "trigger", "mention", "--to", OWN, "--unsigned", "-o", "json")
    assert (result.code, result.document["status"], result.document["signed"]) == (7, 403, False)
    assert "x-signature" not in bot.heard[0].headers


@pytest.mark.parametrize(
    ("status", "code"), [(200, 0), (204, 0), (301, 7), (400, 7), (401, 7), (404, 7), (500, 8), (503, 8)]
)
def test_answer_decides_the_exit_code(run: Terminal, bot: PlayedBot, status: int, code: int) -> None:
    bot.spoil = lambda _request, _response: httpx.Response(status, text="\x1b[31mno\x1b[0m")
    result = run("webhook", "trigger", "mention", "--to", OWN)
    assert result.code == code
    assert "\x1b" not in result.stdout
    assert "[31mno" in result.stdout
    assert (f"answered {status}, not 2xx" in run("webhook", "trigger", "mention", "--to", OWN).stderr) is (code != 0)


def test_no_answer_is_temporary(run: Terminal, bot: PlayedBot) -> None:
    def late(request: httpx.Request, _: httpx.Response) -> httpx.Response:
        raise httpx.ReadTimeout("x", request=request)

    bot.spoil = late
    result = run("webhook", "trigger", "mention", "--to", OWN, "-o", "json")
    assert (result.code, result.error["code"], result.error["retryable"]) == (8, "webhook.no_answer", True)
    assert "no answer within 5 s" in result.error["message"]


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["mention", "--to", OWN, "--set", "message.nothing=1"], "usage.invalid", 2),
        (["mention", "--to", OWN, "--set", "status"], "usage.invalid", 2),
        (["messenger-message", "--to", OWN, "--set", "entry.-1.time=5"], "usage.invalid", 2),
        (["mention", "--to", OWN, "--set", "tags.0=x"], "usage.invalid", 2),
        (["mention", "--to", OWN, "--set", "=x"], "usage.invalid", 2),
        (["mention", "--to", OWN, "-f", "no-such-file"], "webhook.body", 2),
        (["mention", "--to", OWN, "-f", "-", "--set", "id=1"], "webhook.body", 2),
        (["app-roles", "--to", OWN], "usage.invalid", 2),
        (["mention", "--to", "127.0.0.1:9"], "usage.url", 2),
        (["mention", "--to", f"{OWN}/{{secret}}"], "config.secret", 3),
        (["mention", "--to", "https://bot.example.com/"], "usage.confirmation", 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_what_cannot_be_sent_is_refused(
    run: Terminal, bot: PlayedBot, words: list[str], code: str, exit_code: int
) -> None:
    result = run("webhook", "trigger", *words, "-o", "json")
    assert (result.code, result.error["code"]) == (exit_code, code)
    assert bot.heard == []


def test_another_host_needs_to_be_allowed(run: Terminal, bot: PlayedBot) -> None:
    words = ["webhook", "trigger", "mention", "--to", "https://bot.example.com/hook"]
    assert "--allow-host bot.example.com" in run(*words, "-o", "json").error["hint"]
    assert run(*words, "--allow-host", "bot.example.com").code == 0
    assert run(*words, tty=True, stdin="n\n").code == 12


def test_body_that_is_too_large_is_refused(run: Terminal, bot: PlayedBot, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"x" * (1024 * 1024 + 1))
    result = run("webhook", "trigger", "mention", "--to", OWN, "-f", str(file), "-o", "json")
    assert (result.code, result.error["code"]) == (2, "webhook.body")


def test_missing_secret_names_its_variable_and_the_way_without(prod: Prod) -> None:
    prod.run.secrets = {name: value for name, value in SECRETS.items() if name != "QSC_BOT_APP_SECRET"}
    result = prod.run("webhook", "trigger", "messenger-message", "--to", OWN, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.secret")
    assert "QSC_BOT_APP_SECRET" in result.error["message"]
    assert "--unsigned" in result.error["hint"]


def test_secret_of_the_address_is_sent_and_never_shown(prod: Prod) -> None:
    bot = PlayedBot(spoil=lambda request, _: httpx.Response(200, text=f"{request.url} {dict(request.headers)}"))
    prod.run.mount = bot.mount
    for output in ("json", "table", "plain"):
        words = ["mention", "--to", f"{OWN}/{{secret}}?key={{secret}}", "-o", output, "--debug"]
        result = prod.run("webhook", "trigger", *words)
        assert result.code == 0
        assert "{secret}" in result.stdout
    assert str(bot.heard[0].url).count(SECRETS["QSC_BOT_URL_SECRET"]) == 2
