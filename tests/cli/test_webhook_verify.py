"""`webhook verify`: a bot that does what it must passes, and each thing that it does not fails for its own reason."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from qsc_bot.webhook.samples import ANOTHER
from tests.cli.played_bot import PlayedBot, Spoil, is_signed
from tests.cli.terminal import PROD, SECRETS, Prod, Terminal
from tests.cli.test_served import qsc_bot, serving
from tests.cli.verified import MESSENGER, META, OWN, QSC, always, play, reasons, results

BOT = "http://127.0.0.1:8081/example-bot"
ADDRESSES: dict[str, tuple[list[str], list[str]]] = {
    "social-connect": ([], QSC),
    "messenger": (MESSENGER, META),
}


@pytest.mark.parametrize(("words", "checks"), ADDRESSES.values(), ids=ADDRESSES)
def test_example_bot_passes_every_check(run: Terminal, words: list[str], checks: list[str]) -> None:
    path = "messenger" if words else "social-connect"
    result = run("webhook", "verify", "--url", f"{BOT}/{path}", *words, "-o", "json")
    assert (result.code, results(result)) == (0, dict.fromkeys(checks, "pass"))


@pytest.mark.socket
def test_example_bot_that_is_served_passes_every_check(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        for path, checks in (("social-connect", QSC), ("messenger", META)):
            url = f"{address}/example-bot/{path}"
            code, document, _ = qsc_bot(tmp_path, "webhook", "verify", "--url", url, "--via", path, "-p", "sandbox")
            found = [(item["check"], item["result"]) for item in document["items"]]
            assert (code, found) == (0, [(check, "pass") for check in checks])


def takes_everything(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    return response if request.method == "GET" else httpx.Response(200)


def greets_everybody(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    return httpx.Response(200, text=request.url.params["hub.challenge"]) if request.method == "GET" else response


def greets_in_other_words(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    return httpx.Response(200, text="welcome") if response.text else response


def fails_on_wrong_signatures(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    return httpx.Response(500) if request.method == "POST" and response.status_code == 403 else response


def refuses_what_is_known() -> Spoil:
    known: set[bytes] = set()

    def spoil(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.method == "POST" and is_signed(request):
            if request.content in known:
                return httpx.Response(409)
            known.add(request.content)
        return response

    return spoil


def takes_unsigned(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    is_signed_somehow = request.method == "GET" or "x-hub-signature-256" in request.headers
    return response if is_signed_somehow else httpx.Response(200)


def rewrites(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    body = request.content
    is_serialised = request.method == "GET" or json.dumps(json.loads(body), separators=(",", ":")).encode() == body
    return response if is_serialised else httpx.Response(403)


def broken(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    raise httpx.ReadTimeout("x", request=request) if request.method == "GET" else httpx.ConnectError("x")


ALL_FAIL = dict.fromkeys(META, "fail") | {"raw-body": "skipped"}
BAD: dict[str, tuple[Spoil, dict[str, str], dict[str, str]]] = {
    "takes every signature": (
        takes_everything,
        {"wrong-signature": "fail", "missing-signature": "fail"},
        {"wrong-signature": "anybody can send", "missing-signature": "refuse those without x-hub-signature-256"},
    ),
    "takes what is not signed": (takes_unsigned, {"missing-signature": "fail"}, {"missing-signature": "anybody can"}),
    "signs JSON written again": (rewrites, {"raw-body": "fail"}, {"raw-body": "not of JSON written again"}),
    "takes every token": (greets_everybody, {"wrong-token": "fail"}, {"wrong-token": "anybody can subscribe"}),
    "answers another challenge": (
        greets_in_other_words,
        {"handshake": "fail", "wrong-token": "skipped"},
        {"handshake": "hub.challenge as its whole body", "wrong-token": "proves nothing"},
    ),
    "breaks on a wrong signature": (
        fails_on_wrong_signatures,
        {"wrong-signature": "fail", "missing-signature": "fail"},
        {"wrong-signature": "answered 500 in"},
    ),
    "refuses what is known": (refuses_what_is_known(), {"duplicate": "fail"}, {"duplicate": "the second time it "}),
    "another secret": (
        always(403),
        dict.fromkeys(META, "skipped") | dict.fromkeys(["handshake", "signed", "duplicate"], "fail"),
        {"signed": "QSC_BOT_APP_SECRET", "handshake": "QSC_BOT_VERIFY_TOKEN", "wrong-signature": "proves nothing"},
    ),
    "another path": (
        always(404),
        dict.fromkeys(META, "skipped") | dict.fromkeys(["handshake", "signed", "duplicate"], "fail"),
        {"signed": "is the path right", "duplicate": "is the path right"},
    ),
    "elsewhere": (
        always(308),
        ALL_FAIL,
        dict.fromkeys([one for one in META if one != "raw-body"], "redirects are not followed"),
    ),
    "ill": (always(503), ALL_FAIL, dict.fromkeys([one for one in META if one != "raw-body"], "the bot failed")),
    "not there": (
        broken,
        ALL_FAIL,
        {"handshake": "no answer within 5 s", "signed": "nothing listens there: is the bot running"},
    ),
}


@pytest.mark.parametrize(("spoil", "changed", "told"), BAD.values(), ids=BAD)
def test_bad_bot_fails_for_its_own_reason(
    run: Terminal, spoil: Spoil, changed: dict[str, str], told: dict[str, str]
) -> None:
    play(run, spoil)
    result = run("webhook", "verify", "--url", OWN, *MESSENGER, "-o", "json")
    assert results(result) == dict.fromkeys(META, "pass") | changed
    assert all(text in reasons(result)[check] for check, text in told.items())
    assert (result.code, result.error["code"]) == (9, "webhook.unfit")
    assert all(check in result.error["hint"] for check, found in changed.items() if found == "fail")


def test_people_are_told_what_to_change(run: Terminal) -> None:
    play(run, takes_everything)
    result = run("webhook", "verify", "--url", OWN, tty=True)
    assert "2 of 5 checks failed" in result.stderr
    assert "compare x-signature before reading the body, and answer 403" in result.stderr
    assert [line.split()[:2] for line in result.stdout.splitlines()[1:]] == [
        ["signed", "pass"],
        ["wrong-signature", "fail"],
        ["missing-signature", "fail"],
        ["raw-body", "pass"],
        ["duplicate", "pass"],
    ]


def test_samples_are_nobodys_and_the_duplicate_is_old_and_the_same_twice(run: Terminal) -> None:
    bot = play(run, lambda _request, response: response)
    assert run("webhook", "verify", "--url", OWN).code == 0
    signed, *others, first, second = bot.bodies
    assert first == second
    assert len({signed, *others, first}) == 5
    for body in bot.bodies:
        mention = json.loads(body)
        assert mention["author"]["id"] == "0"
        assert "test" in mention["message"]["content"]
    assert json.loads(signed)["date"]["added"] - json.loads(first)["date"]["added"] == 24 * 3600


def test_bot_that_does_not_answer_is_sent_no_duplicate(run: Terminal) -> None:
    bot = play(run, broken)
    run("webhook", "verify", "--url", OWN, "-o", "json")
    assert [json.loads(body)["id"][-1] for body in bot.bodies] == ["1", "2", "6", "3"]


@pytest.mark.parametrize("words", [["-o", "id"], ["--fields", "nope"]], ids=" ".join)
def test_result_that_cannot_be_shown_is_refused_before_anything_is_sent(run: Terminal, words: list[str]) -> None:
    bot = play(run, always(200))
    for command in (["verify", "--url"], ["trigger", "mention", "--to"]):
        assert run("webhook", *command, OWN, *words).code == 2
    assert bot.heard == []


def test_webhook_of_the_profile_is_tried_with_its_secret_filled_in(prod: Prod) -> None:
    for backend in ("api", "guided"):
        if backend == "guided":
            prod.run.configure("".join(line for line in PROD.splitlines(keepends=True) if "recipes:" not in line))
        url = "http://127.0.0.1:8081/example-bot/social-connect/{secret}"
        assert prod.run("webhook", "register", backend, "--url", url).code == 0
        before = len(prod.wire.requests)
        result = prod.run("webhook", "verify", backend, "-o", "json", "--debug", "-v")
        called = [request.url.path for request in prod.wire.requests[before:] if "example-bot" in str(request.url)]
        right, wrong = SECRETS["QSC_BOT_URL_SECRET"], ANOTHER
        assert [path.rpartition("/")[2] for path in called] == [right, right, wrong, right]
        assert results(result) == dict.fromkeys(QSC, "skipped") | {"signed": "fail", "duplicate": "fail"}


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        ([], "usage.invalid", 2),
        (["bot", "--url", OWN], "usage.invalid", 2),
        (["nobody"], "webhook.not_found", 6),
        (["No Name"], "usage.invalid", 2),
        (["--url", "ftp://127.0.0.1/"], "usage.url", 2),
        (["--url", "http://127.0.0.1:99999/"], "usage.url", 2),
        (["--url", "http://127.0.0.1/{secert}"], "usage.url", 2),
        (["--url", "https://bot.example.com/"], "usage.confirmation", 2),
        (["--url", "https://bot.example.com/", "--allow-host", "bot.example.org"], "usage.confirmation", 2),
        (["--url", "http://127.0.0.1.example.com/"], "usage.confirmation", 2),
    ],
)
def test_what_cannot_be_tried_is_refused(run: Terminal, words: list[str], code: str, exit_code: int) -> None:
    result = run("webhook", "verify", *words, "-o", "json")
    assert (result.code, result.error["code"]) == (exit_code, code)


@pytest.mark.parametrize("words", [["--allow-host", "Bot.example.com"], ["--yes"]], ids=" ".join)
def test_another_host_is_called_where_that_was_allowed(run: Terminal, words: list[str]) -> None:
    bot = play(run, lambda _request, response: response)
    result = run("webhook", "verify", "--url", "https://bot.example.com/hook", *words, "-o", "json")
    assert (result.code, {request.url.host for request in bot.heard}) == (0, {"bot.example.com"})


def test_another_host_is_asked_about_on_a_terminal(run: Terminal) -> None:
    bot = play(run, lambda _request, response: response)
    words = ["webhook", "verify", "--url", "https://bot.example.com/hook"]
    declined = run(*words, tty=True, stdin="n\n")
    assert (declined.code, bot.heard) == (12, [])
    assert "send test events to bot.example.com, which is not this machine" in declined.stderr
    assert run(*words, tty=True, stdin="y\n").code == 0


def test_bot_that_repeats_what_it_got_shows_no_secret(prod: Prod) -> None:
    def echo(request: httpx.Request, _: httpx.Response) -> httpx.Response:
        return httpx.Response(500, text=f"{request.url} {dict(request.headers)}")

    prod.run.mount = PlayedBot(spoil=echo).mount
    for output in ("json", "table"):
        words: list[Any] = ["--url", f"{OWN}/{{secret}}", *MESSENGER, "-o", output, "--debug"]
        assert prod.run("webhook", "verify", *words).code == 9
