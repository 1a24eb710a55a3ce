"""The way out through a proxy: the environment names it, and its password is not told."""

import os
from pathlib import Path

import pytest

from qsc_bot.cli.wire import network
from qsc_bot.errors import QscBotError
from tests.cli.terminal import PROD, Terminal

PASSWORD = "hunt3r2pass"
UNUSABLE = {
    "no scheme": f"user:{PASSWORD}@proxy.example:8080",
    "other scheme": f"ftp://user:{PASSWORD}@proxy.example",
    "SOCKS without its package": f"socks5://user:{PASSWORD}@proxy.example:1080",
    "slash in the password": f"http://user:{PASSWORD}/x@proxy.example:8080",
    "no port": f"http://user:{PASSWORD}@proxy.example:{PASSWORD}",
}


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies but those that a test sets."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize("address", UNUSABLE.values(), ids=UNUSABLE)
def test_proxy_that_cannot_be_used_is_told_without_its_address(proxy: pytest.MonkeyPatch, address: str) -> None:
    proxy.setenv("HTTPS_PROXY", address)
    with pytest.raises(QscBotError) as caught:
        network("https://api.engagor.com")
    told = f"{caught.value.message} {caught.value.hint}"
    assert (caught.value.code, "HTTPS_PROXY" in told) == ("config.invalid", True)
    assert PASSWORD not in told
    assert caught.value.__cause__ is None


def test_proxy_of_every_scheme_is_named_by_its_own_variable(proxy: pytest.MonkeyPatch) -> None:
    proxy.setenv("ALL_PROXY", UNUSABLE["other scheme"])
    with pytest.raises(QscBotError, match="ALL_PROXY"):
        network("https://api.engagor.com")


def test_unusable_proxy_of_a_command_is_no_fault(run: Terminal, proxy: pytest.MonkeyPatch) -> None:
    proxy.setenv("HTTPS_PROXY", UNUSABLE["slash in the password"])
    run.configure(PROD)
    result = run("limits", "--ask", "--debug", env={"QSC_BOT_TOKEN": "another-token-1"})
    assert (result.code, "[config.invalid]" in result.stderr) == (3, True)
    assert PASSWORD not in result.stderr


@pytest.mark.parametrize("address", ["http://user:pass@proxy.example:8080", "http://proxy.example"])
def test_usable_proxy_is_taken(proxy: pytest.MonkeyPatch, address: str) -> None:
    proxy.setenv("HTTPS_PROXY", address)
    network("https://api.engagor.com").close()


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "other text"])
def test_certificates_that_cannot_be_read_are_no_fault(
    run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "company.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    run.configure(PROD)
    result = run("limits", "--ask", "-o", "json", env={"QSC_BOT_TOKEN": "another-token-1"})
    assert (result.code, result.error["code"]) == (3, "network.tls")
    assert "SSL_CERT_FILE" in result.error["message"]
