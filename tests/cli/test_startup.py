"""What a fresh process loads: nothing heavy before it is needed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qsc_bot import __version__
from qsc_bot.cli.root import GROUPS, load
from tests.cli.terminal import Terminal

HEAVY = ("httpx", "keyring", "yaml", "asyncio", "werkzeug", "waitress", "rich", "sqlite3", "pydantic")
PROBE = """
import json, sys
from qsc_bot.__main__ import main
sys.argv = ["qsc-bot", *json.loads(sys.argv[1])]
try:
    main()
except SystemExit as end:
    code = end.code
else:
    code = 0
sys.stderr.write(json.dumps({"code": code or 0, "loaded": sorted(sys.modules)}))
"""


def start(home: Path, *words: str, **env: str) -> tuple[str, int, set[str]]:
    """Run in a fresh interpreter: what it printed, its exit code and what it loaded."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE, json.dumps(words)],
        env={**os.environ, "HOME": str(home), **env},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    report = json.loads(done.stderr.splitlines()[-1])
    return done.stdout, report["code"], set(report["loaded"])


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["--help"],
        ["conversation", "--help"],
        ["conversation", "list", "--help"],
        ["handover"],
        ["auth", "--help"],
        ["auth", "login", "--help"],
        ["api", "--help"],
        ["webhook", "register", "--help"],
        ["webhook", "verify", "--help"],
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded_for_help(tmp_path: Path, words: list[str]) -> None:
    stdout, code, loaded = start(tmp_path, *words)
    assert (code, bool(stdout)) == (0, True)
    assert loaded.isdisjoint(HEAVY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        *GROUPS,
        "conversation list",
        "conversation watch",
        "handover to-bot",
        "recipe create",
        "sandbox fault add",
        "webhook listen",
    ],
)
def test_help_loads_nothing_that_only_running_needs(tmp_path: Path, words: str) -> None:
    _, code, loaded = start(tmp_path, *words.split(), "--help")
    assert code == 0
    assert loaded.isdisjoint({*HEAVY, "msgspec", "qsc_bot.results", "qsc_bot.operations", "qsc_bot.config"})


def test_version_loads_no_command_line(tmp_path: Path) -> None:
    stdout, _, loaded = start(tmp_path, "--version")
    assert stdout == f"{__version__}\n"
    assert loaded.isdisjoint({"typer", "msgspec", "importlib.metadata"})


@pytest.mark.parametrize(
    "words", [["sandbox", "status", "-o", "json"], ["profile", "list"], ["operation", "list"]], ids=" ".join
)
def test_command_that_calls_nobody_loads_no_http_client(tmp_path: Path, words: list[str]) -> None:
    _, code, loaded = start(tmp_path, *words)
    assert code == 0
    assert loaded.isdisjoint({"httpx", "keyring"})


@pytest.mark.parametrize(("stored", "is_loaded"), [({}, True), ({"QSC_BOT_TOKEN": "x"}, False)], ids=["none", "token"])
def test_token_in_the_environment_loads_no_keychain(tmp_path: Path, stored: dict[str, str], is_loaded: bool) -> None:
    folder = tmp_path / ".config/qsc-bot"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(
        "default_profile: prod\nprofiles: {prod: {account_id: '5', api_url: 'http://127.0.0.1:9'}}\n"
    )
    env = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere", **stored}
    _, code, loaded = start(tmp_path, "auth", "status", "-o", "json", **env)
    assert (code, "keyring" in loaded) == (8 if stored else 4, is_loaded)


@pytest.mark.parametrize(
    ("words", "made"),
    [
        (["conversation"], set()),
        (["conversation", "--help"], set()),
        (["conversation", "--help", "show"], set()),
        (["conversation", "shwo"], set()),
        (["conversation", "show", "--help"], {"show"}),
        (["-o", "json", "conversation", "-q", "show", "twitter:1001"], {"show"}),
    ],
    ids=" ".join,
)
def test_only_the_command_that_runs_is_made(run: Terminal, words: list[str], made: set[str]) -> None:
    load.cache_clear()
    run(*words)
    listed = load("conversation").commands
    assert len(listed) > 3
    assert {name for name, one in listed.items() if "made" in vars(one)} == made


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("qsc-bot hand", {"handover"}),
        ("qsc-bot handover ", {"status", "to-bot", "to-agent", "extend"}),
        ("qsc-bot sandbox fault ", {"add", "list", "clear"}),
        ("qsc-bot handover extend --b", {"--by"}),
        ("qsc-bot handover to-bot --if-control ", {"bot", "agent", "other", "idle", "unknown"}),
    ],
    ids=["group", "command", "nested", "option", "word"],
)
def test_commands_options_and_their_words_are_completed(tmp_path: Path, typed: str, offered: set[str]) -> None:
    place = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    stdout, code, loaded = start(tmp_path, _QSC_BOT_COMPLETE="complete_bash", **place)
    assert (code, set(stdout.split())) == (0, offered)
    assert loaded.isdisjoint(HEAVY)
