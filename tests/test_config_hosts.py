"""Which addresses the configuration may name, and in which file."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from qsc_bot.config import load
from qsc_bot.errors import QscBotError

PROD = "profiles: {prod: {account_id: '1417', %s}}"
MESSENGER = "messenger: {page_id: '1', bot_app_id: '2', agent_app_id: '3', %s}"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "QSC_BOT_CONFIG_DIR": str(tmp_path / "config")}


@pytest.fixture
def user_file(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "config.yaml"


@pytest.fixture
def project_file(tmp_path: Path) -> Path:
    return tmp_path / "qsc-bot.yaml"


def refusal(environ: Mapping[str, str], project_file: Path | None = None) -> QscBotError:
    with pytest.raises(QscBotError) as caught:
        load(environ, project_file=project_file)
    return caught.value


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        pytest.param("api_url: https://evil.test", "config.host", id="foreign"),
        pytest.param("api_url: https://api.engagor.com.evil.test", "config.host", id="vendor as a prefix"),
        pytest.param("api_url: https://graph.facebook.com", "config.host", id="the other vendor's"),
        pytest.param("api_url: 'http://api.engagor.com'", "config.invalid", id="plain http"),
        pytest.param("api_url: 'ftp://127.0.0.1'", "config.invalid", id="scheme"),
        pytest.param("api_url: 'https://me@api.engagor.com'", "config.invalid", id="user"),
        pytest.param("api_url: 'https://me:pw@api.engagor.com'", "config.invalid", id="password"),
        pytest.param("api_url: 'https://api.engagor.com?x=1'", "config.invalid", id="query"),
        pytest.param("api_url: 'https://api.engagor.com/?'", "config.invalid", id="empty query"),
        pytest.param("api_url: 'https://api.engagor.com/#x'", "config.invalid", id="fragment"),
        pytest.param("api_url: 'https://api.engagor.com:99999'", "config.invalid", id="port"),
        pytest.param('api_url: "https://api.engagor.com\\n.evil.test"', "config.invalid", id="line break"),
        pytest.param("api_url: ''", "config.invalid", id="empty"),
        pytest.param("api_url: 'http://127.1'", "config.invalid", id="short loopback"),
        pytest.param(MESSENGER % "graph_url: 'https://evil.test'", "config.host", id="graph"),
        pytest.param(MESSENGER % "graph_url: 'https://api.engagor.com'", "config.host", id="graph at the vendor"),
    ],
)
def test_foreign_address_is_refused(environ: dict[str, str], user_file: Path, keys: str, code: str) -> None:
    user_file.write_text(PROD % keys)
    error = refusal(environ)
    assert error.code == code
    assert ("graph_url" if "graph_url" in keys else "api_url") in error.message
    assert "pw@" not in error.message


@pytest.mark.parametrize(
    "address",
    [
        "https://api.engagor.com",
        "https://API-US.engagor.com/",
        "http://127.0.0.1:8081",
        "http://127.9.9.9",
        "http://[::1]:8081/x",
        "http://localhost:1",
        "https://proxy.example.com/qsc",
    ],
)
def test_vendor_loopback_and_allowed_hosts_are_taken(environ: dict[str, str], user_file: Path, address: str) -> None:
    user_file.write_text("allowed_hosts: [Proxy.example.com]\n" + PROD % f"api_url: '{address}'")
    assert load(environ, project_file=None).profiles["prod"].base_url == address.rstrip("/")


def test_plain_http_is_refused_even_for_an_allowed_host(environ: dict[str, str], user_file: Path) -> None:
    user_file.write_text("allowed_hosts: [a.test]\n" + PROD % "api_url: 'http://a.test'")
    assert refusal(environ).code == "config.invalid"


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("allowed_hosts: []", "config.invalid", "allowed_hosts"),
        ("show_names: true", "config.invalid", "show_names"),
        (PROD % "api_url: 'https://api.engagor.com'", "config.host", "profiles.prod.api_url"),
        (
            PROD % (MESSENGER % "graph_url: 'https://graph.facebook.com'"),
            "config.host",
            "messenger.graph_url",
        ),
        (PROD % "api_url: 'https://proxy.test'", "config.host", "profiles.prod.api_url"),
        (PROD % "api_url: 'http://127.0.0.1:8081'", "config.host", "profiles.prod.api_url"),
    ],
    ids=["allowed_hosts", "show_names", "vendor's own host", "graph host", "host that the user allowed", "loopback"],
)
def test_project_file_may_not_widen(
    environ: dict[str, str], user_file: Path, project_file: Path, text: str, code: str, part: str
) -> None:
    user_file.write_text("allowed_hosts: [proxy.test]")
    project_file.write_text(text)
    error = refusal(environ, project_file)
    assert error.code == code
    assert f"{project_file}: " in error.message
    assert part in error.message
