"""Secrets: from the environment alone, never shown, and none of them for the sandbox."""

from collections.abc import Callable

import pytest

from qsc_bot.credentials.secrets import BUILT_IN, Secret, Secrets
from qsc_bot.errors import QscBotError
from qsc_bot.models.profile import Profile, sandbox_profile

PROD = Profile(name="prod", account_id="1417")
SANDBOX_VALUES = {
    "QSC_BOT_TOKEN": "sandbox",
    "QSC_BOT_PAGE_TOKEN": "sandbox",
    "QSC_BOT_CLIENT_SECRET": "sandbox-client-secret",
    "QSC_BOT_APP_SECRET": "sandbox-app-secret",
    "QSC_BOT_VERIFY_TOKEN": "sandbox-verify-token",
}
Finder = Callable[[Secrets, Profile], Secret | None]
FINDERS: dict[str, Finder] = {
    "QSC_BOT_TOKEN": Secrets.token,
    "QSC_BOT_PAGE_TOKEN": Secrets.page_token,
    "QSC_BOT_CLIENT_SECRET": Secrets.client_secret,
    "QSC_BOT_APP_SECRET": Secrets.app_secret,
    "QSC_BOT_VERIFY_TOKEN": Secrets.verify_token,
    "QSC_BOT_URL_SECRET": Secrets.url_secret,
}
each_secret = pytest.mark.parametrize("variable", FINDERS)


@each_secret
def test_each_secret_comes_from_its_variable(variable: str) -> None:
    environ = {name: f"value-of-{name}" for name in FINDERS}
    assert FINDERS[variable](Secrets(environ), PROD) == Secret(f"value-of-{variable}", variable)


@each_secret
@pytest.mark.parametrize("environ_value", [None, "", " ", "\n"])
def test_empty_variable_is_an_unset_one(variable: str, environ_value: str | None) -> None:
    environ = {} if environ_value is None else {variable: environ_value}
    assert FINDERS[variable](Secrets(environ), PROD) is None


@pytest.mark.parametrize("variable", SANDBOX_VALUES)
def test_sandbox_has_its_own_whatever_the_environment_holds(variable: str) -> None:
    secret = FINDERS[variable](Secrets({variable: "real"}), sandbox_profile())
    assert secret == Secret(SANDBOX_VALUES[variable], BUILT_IN)


def test_url_secret_of_the_sandbox_comes_from_the_environment() -> None:
    assert Secrets({}).url_secret(sandbox_profile()) is None
    secrets = Secrets({"QSC_BOT_URL_SECRET": "x"})
    assert secrets.url_secret(sandbox_profile()) == Secret("x", "QSC_BOT_URL_SECRET")


def test_line_break_at_the_end_is_no_part_of_a_secret() -> None:
    secret = Secrets({"QSC_BOT_TOKEN": "abc\n"}).token(PROD)
    assert secret is not None
    assert secret.value == "abc"


@pytest.mark.parametrize("value", ["a\nb", "a b", "tokén", "a\x7fb"])
@pytest.mark.parametrize("variable", ["QSC_BOT_TOKEN", "QSC_BOT_PAGE_TOKEN"])
def test_token_that_no_header_can_carry_is_refused_without_showing_it(variable: str, value: str) -> None:
    with pytest.raises(QscBotError) as caught:
        FINDERS[variable](Secrets({variable: value}), PROD)
    assert caught.value.code == "config.secret"
    assert variable in caught.value.message
    assert value not in caught.value.message


def test_secret_is_never_shown() -> None:
    secret = Secret("hush-hush", "QSC_BOT_TOKEN")
    for text in (repr(secret), str(secret), f"{secret}", f"{[secret]}"):
        assert "hush" not in text
        assert "QSC_BOT_TOKEN" in text


@each_secret
@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("abc", []),
        ("abc\n", []),
        ("\n abc\n\n", ["white space around it"]),
        ('"abc"\n', ["quotes around it"]),
        ("'abc'", ["quotes around it"]),
        ("Bearer abc", ["the word Bearer before it"]),
        ("'Authorization: Bearer abc'", ["quotes around it", "the word Bearer before it"]),
    ],
    ids=repr,
)
def test_what_stands_around_a_secret_in_the_environment_is_taken_off_and_told_once(
    variable: str, written: str, told: list[str]
) -> None:
    heard: list[str] = []
    secrets = Secrets({variable: written}, tell=heard.append)
    for _ in range(2):
        assert FINDERS[variable](secrets, PROD) == Secret("abc", variable)
    assert heard == [f"{variable}: {what} taken off" for what in told]


@each_secret
@pytest.mark.parametrize("written", ['""', "''", ' "" '])
def test_variable_that_holds_quotes_alone_is_an_unset_one(variable: str, written: str) -> None:
    secrets = Secrets({variable: written})
    assert FINDERS[variable](secrets, PROD) is None
    assert secrets.sources(PROD)[variable.removeprefix("QSC_BOT_").lower()] is None


def test_what_stands_around_the_sandboxs_own_secrets_is_nobodys() -> None:
    heard: list[str] = []
    Secrets({"QSC_BOT_TOKEN": "'abc'"}, tell=heard.append).token(sandbox_profile())
    assert heard == []
