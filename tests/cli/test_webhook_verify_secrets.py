"""`webhook verify`: which secrets a bot is tried with, and bots that know their senders by another than a signature."""

import httpx
import pytest

from tests.cli.terminal import Terminal
from tests.cli.verified import HELLO, MESSENGER, META, OWN, QSC, SIGNATURES, always, play, reasons, results

REAL = """\
version: 1
default_profile: prod
profiles:
  prod:
    account_id: "1000"
    topic_ids: ["2001"]
"""


def secrets(**given: str) -> dict[str, str]:
    return {f"QSC_BOT_{name.upper()}": value for name, value in given.items()}


@pytest.mark.parametrize(
    ("words", "env", "skipped", "told"),
    [
        (MESSENGER, secrets(verify_token="sandbox-verify-token"), QSC, "QSC_BOT_APP_SECRET is not set"),
        (MESSENGER, secrets(app_secret="sandbox-app-secret"), HELLO, "QSC_BOT_VERIFY_TOKEN is not set"),
    ],
    ids=["app secret", "verify token"],
)
def test_check_without_its_secret_is_skipped(
    run: Terminal, words: list[str], env: dict[str, str], skipped: list[str], told: str
) -> None:
    run.configure(REAL)
    play(run, lambda _request, response: response)
    result = run("webhook", "verify", "--url", OWN, *words, "-o", "json", env=env)
    assert (result.code, results(result)) == (0, dict.fromkeys(META, "pass") | dict.fromkeys(skipped, "skipped"))
    assert all(reasons(result)[check] == told for check in skipped)


def test_unsigned_account_is_tried_with_the_secret_of_the_address(run: Terminal) -> None:
    run.configure(REAL)
    play(run, lambda request, _: httpx.Response(200 if b"/in/word%2Fof" in request.url.raw_path else 403))
    url = "http://127.0.0.1:9/in/{secret}"
    result = run("webhook", "verify", "--url", url, "-o", "json", env=secrets(url_secret="word/of"))
    assert (result.code, results(result)) == (
        0,
        dict.fromkeys(SIGNATURES, "skipped") | dict.fromkeys(["secret", "wrong-secret", "duplicate"], "pass"),
    )
    wrong = run("webhook", "verify", "--url", url, "-o", "json", env=secrets(url_secret="another"))
    assert (wrong.code, results(wrong)["duplicate"]) == (9, "fail")
    assert "QSC_BOT_URL_SECRET" in reasons(wrong)["duplicate"]


def test_unsigned_bot_that_lets_everybody_in_fails(run: Terminal) -> None:
    run.configure(REAL)
    bot = play(run, always(200))
    url = "http://127.0.0.1:9/in/{secret}"
    result = run("webhook", "verify", "--url", url, "-o", "json", env=secrets(url_secret="word"))
    assert (result.code, results(result)["wrong-secret"]) == (9, "fail")
    assert "compare the secret before reading the body" in reasons(result)["wrong-secret"]
    paths = [request.url.path for request in bot.heard]
    assert (paths.count("/in/word"), len(paths), "Authorization" in bot.heard[0].headers) == (3, 4, False)


def test_unsigned_account_is_tried_with_the_authorization_header(run: Terminal) -> None:
    run.configure(REAL)
    value = "Basic cXNjOnNlY3JldA=="
    bot = play(run, lambda request, _: httpx.Response(200 if request.headers["authorization"] == value else 401))
    words = ["webhook", "verify", "--url", OWN, "--authorization-stdin", "--debug", "-o", "json"]
    result = run(*words, stdin=f"{value}\n")
    assert (result.code, results(result)["secret"], results(result)["wrong-secret"]) == (0, "pass", "pass")
    assert [request.headers["authorization"] == value for request in bot.heard] == [True, False, True, True]
    assert value not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("words", "stdin"),
    [(["--url", f"{OWN}/{{secret}}"], ""), (["--url", OWN, "--authorization-stdin"], "Basic eDp3b3Jk\n")],
    ids=["address", "header"],
)
@pytest.mark.parametrize(
    ("takes_known", "takes_all"), [(False, False), (True, False), (True, True)], ids=["signed", "known", "all"]
)
def test_what_is_not_signed_must_at_least_bear_the_secret(
    run: Terminal, words: list[str], stdin: str, *, takes_known: bool, takes_all: bool
) -> None:
    def spoil(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        is_known = request.url.path.endswith("/word") or request.headers.get("authorization") == stdin.strip()
        takes = "x-signature" not in request.headers and ((takes_known and is_known) or takes_all)
        return httpx.Response(200) if takes else response

    run.configure(REAL)
    play(run, spoil)
    env = secrets(url_secret="word", client_secret="sandbox-client-secret")
    result = run("webhook", "verify", *words, "-o", "json", stdin=stdin, env=env)
    wanted = {"missing-signature": "fail"} if takes_all else {}
    assert results(result) == dict.fromkeys(QSC, "pass") | wanted


def test_secret_that_the_sandbox_does_not_use_is_told(run: Terminal) -> None:
    play(run, always(200))
    env = secrets(client_secret="mine", token="sandbox")
    document = run("webhook", "verify", "--url", OWN, "-o", "json", env=env).document
    assert document["warnings"] == ["QSC_BOT_CLIENT_SECRET is not used: the sandbox has a client secret of its own"]


def test_meta_sends_no_authorization_header(run: Terminal) -> None:
    bot = play(run, always(200))
    result = run("webhook", "verify", "--url", OWN, *MESSENGER, "--authorization-stdin", "-o", "json", stdin="x\n")
    assert (result.code, result.error["code"], bot.heard) == (2, "usage.invalid", [])


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], ["QSC_BOT_CLIENT_SECRET"]),
        (MESSENGER, ["QSC_BOT_APP_SECRET", "QSC_BOT_VERIFY_TOKEN"]),
        (["--url", f"{OWN}/{{secret}}"], ["QSC_BOT_URL_SECRET"]),
    ],
    ids=["social-connect", "messenger", "address"],
)
def test_no_secret_at_all_names_the_variables(run: Terminal, words: list[str], named: list[str]) -> None:
    run.configure(REAL)
    bot = play(run, lambda _request, response: response)
    result = run("webhook", "verify", "--url", OWN, *words, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.secret")
    assert all(name in result.error["message"] for name in named)
    assert bot.heard == []
