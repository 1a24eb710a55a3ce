"""Which profile is chosen, how the default is set, and where the files lie."""

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from qsc_bot.config import Config, choose, folders, load
from qsc_bot.errors import QscBotError
from qsc_bot.user_file import set_default


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "QSC_BOT_CONFIG_DIR": str(tmp_path / "config")}


@pytest.fixture
def user_file(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "config.yaml"


def choice_refusal(config: Config, environ: Mapping[str, str], flag: str | None = None) -> QscBotError:
    with pytest.raises(QscBotError) as caught:
        choose(config, flag=flag, environ=environ)
    return caught.value


EMPTY = ""
NAMELESS = "profiles: {prod: {account_id: '1'}}"
NAMED = f"default_profile: prod\n{NAMELESS}"
SANDBOX_NAMED = f"default_profile: sandbox\n{NAMELESS}"


@pytest.mark.parametrize(
    ("text", "flag", "variables", "name"),
    [
        pytest.param(None, None, {}, "sandbox", id="fresh machine"),
        pytest.param(None, None, {"QSC_BOT_TOKEN": "sandbox"}, "sandbox", id="the sandbox's token"),
        pytest.param(None, None, {"QSC_BOT_TOKEN": "'sandbox'\n"}, "sandbox", id="the sandbox's token in quotes"),
        pytest.param(None, None, {"QSC_BOT_TOKEN": "", "CI": ""}, "sandbox", id="empty is unset"),
        pytest.param(None, "sandbox", {"QSC_BOT_TOKEN": "real", "CI": "1"}, "sandbox", id="sandbox by flag"),
        pytest.param(NAMELESS, None, {"QSC_BOT_PROFILE": "sandbox", "CI": "1"}, "sandbox", id="by variable"),
        pytest.param(NAMED, None, {}, "prod", id="default"),
        pytest.param(NAMED, None, {"QSC_BOT_TOKEN": "real", "CI": "1"}, "prod", id="default with a token in CI"),
        pytest.param(NAMED, None, {"QSC_BOT_PROFILE": "sandbox"}, "sandbox", id="variable over default"),
        pytest.param(NAMED, "prod", {"QSC_BOT_PROFILE": "sandbox"}, "prod", id="flag over variable"),
        pytest.param(SANDBOX_NAMED, None, {}, "sandbox", id="sandbox as default"),
    ],
)
def test_profile_is_chosen(
    environ: dict[str, str],
    user_file: Path,
    text: str | None,
    flag: str | None,
    variables: dict[str, str],
    name: str,
) -> None:
    if text is not None:
        user_file.write_text(text)
    config = load(environ, project_file=None)
    assert choose(config, flag=flag, environ=environ | variables).name == name


@pytest.mark.parametrize(
    ("text", "variables", "reason"),
    [
        pytest.param(None, {"QSC_BOT_TOKEN": "real"}, "token", id="real token"),
        pytest.param(None, {"QSC_BOT_PAGE_TOKEN": "real"}, "token", id="real Page token"),
        pytest.param(None, {"CI": "true"}, "CI", id="CI"),
        pytest.param(NAMELESS, {}, "default_profile", id="configuration without default"),
        pytest.param(EMPTY, {}, "default_profile", id="empty configuration"),
    ],
)
def test_sandbox_is_never_chosen_by_accident(
    environ: dict[str, str], user_file: Path, text: str | None, variables: dict[str, str], reason: str
) -> None:
    if text is not None:
        user_file.write_text(text)
    error = choice_refusal(load(environ, project_file=None), environ | variables)
    assert (error.code, error.exit_code) == ("config.profile_missing", 3)
    assert reason in error.message


@pytest.mark.parametrize(
    ("flag", "variables"),
    [("prdo", {}), (None, {"QSC_BOT_PROFILE": "prdo"})],
    ids=["flag", "variable"],
)
def test_unknown_profile_gets_near_names(
    environ: dict[str, str], user_file: Path, flag: str | None, variables: dict[str, str]
) -> None:
    user_file.write_text(NAMED)
    error = choice_refusal(load(environ, project_file=None), environ | variables, flag)
    assert error.code == "config.profile_unknown"
    assert "did you mean prod?" in error.hint


def test_empty_flag_is_no_silent_default(environ: dict[str, str], user_file: Path) -> None:
    user_file.write_text(NAMED)
    assert choice_refusal(load(environ, project_file=None), environ, "").code == "config.profile_unknown"


def test_default_that_does_not_exist_is_unknown(environ: dict[str, str], user_file: Path) -> None:
    user_file.write_text("default_profile: gone")
    assert choice_refusal(load(environ, project_file=None), environ).code == "config.profile_unknown"


@pytest.mark.parametrize("flag", ["prod", "sandbox"])
def test_timeout_variable_wins(environ: dict[str, str], user_file: Path, flag: str) -> None:
    user_file.write_text(NAMED)
    config = load(environ, project_file=None)
    assert choose(config, flag=flag, environ={"QSC_BOT_TIMEOUT": "2m"}).timeout_seconds == 120
    error = choice_refusal(config, {"QSC_BOT_TIMEOUT": "2"}, flag)
    assert (error.code, "QSC_BOT_TIMEOUT" in error.message) == ("config.invalid", True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, 'version: 1\ndefault_profile: "prod"\n', id="no file"),
        pytest.param("", 'version: 1\ndefault_profile: "prod"\n', id="empty file"),
        pytest.param("# hello", '# hello\ndefault_profile: "prod"\n', id="comment only"),
        pytest.param(
            "# a\nversion: 1  # b\n\nprofiles: {}\n",
            '# a\nversion: 1  # b\ndefault_profile: "prod"\n\nprofiles: {}\n',
            id="behind version",
        ),
        pytest.param("version: 1", 'version: 1\ndefault_profile: "prod"\n', id="no line break at the end"),
        pytest.param(
            "# a\nshow_names: true\n",
            '# a\ndefault_profile: "prod"\nshow_names: true\n',
            id="without version",
        ),
        pytest.param(
            "default_profile: old   # mine\nprofiles:\n  prod: {account_id: '1'} # default_profile: x\n",
            "default_profile: \"prod\"   # mine\nprofiles:\n  prod: {account_id: '1'} # default_profile: x\n",
            id="replaced beside comments",
        ),
        pytest.param("default_profile:\nversion: 1\n", 'default_profile: "prod"\nversion: 1\n', id="empty value"),
        pytest.param('"default_profile": "old"', '"default_profile": "prod"', id="quoted"),
        pytest.param("version: 1\r\n# a\r\n", 'version: 1\r\ndefault_profile: "prod"\r\n# a\r\n', id="CRLF"),
        pytest.param("\ufeffshow_names: no\n", '\ufeffdefault_profile: "prod"\nshow_names: no\n', id="BOM"),
        pytest.param("{default_profile: old}", '{default_profile: "prod"}', id="braces"),
    ],
)
def test_new_default_keeps_every_other_line(
    environ: dict[str, str], before: str | None, after: str, tmp_path: Path
) -> None:
    path = tmp_path / "config" / "config.yaml"
    if before is not None:
        path.parent.mkdir()
        path.write_bytes(before.encode())
    assert set_default(environ, "prod") == path
    assert path.read_bytes().decode() == after
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["config.yaml"]
    assert load(environ, project_file=None).default_profile == "prod"


def test_new_folder_is_private(environ: dict[str, str], tmp_path: Path) -> None:
    set_default(environ, "sandbox")
    assert stat.S_IMODE((tmp_path / "config").stat().st_mode) == 0o700


def test_linked_file_stays_a_link(environ: dict[str, str], user_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.yaml"
    target.write_text("version: 1\n")
    user_file.symlink_to(target)
    set_default(environ, "prod")
    assert user_file.is_symlink()
    assert "prod" in target.read_text()


@pytest.mark.parametrize("name", ["1417", "true", "null", "1e5"])
def test_name_that_looks_like_another_value_stays_text(environ: dict[str, str], name: str) -> None:
    set_default(environ, name)
    assert load(environ, project_file=None).default_profile == name


@pytest.mark.parametrize(
    "text",
    [
        "{version: 1}",
        "{}",
        "~",
        "- a",
        "a: [",
        "default_profile: |\n  old\nversion: 1\n",
        "a: &x 1",
    ],
)
def test_file_that_cannot_be_changed_safely_is_left_alone(environ: dict[str, str], user_file: Path, text: str) -> None:
    user_file.write_text(text)
    with pytest.raises(QscBotError) as caught:
        set_default(environ, "prod")
    assert caught.value.code == "config.invalid"
    assert user_file.read_text() == text


@pytest.mark.parametrize("name", ["", "a b", "a: b", "a\n", "-x"])
def test_unspeakable_default_is_refused(environ: dict[str, str], name: str, tmp_path: Path) -> None:
    with pytest.raises(QscBotError) as caught:
        set_default(environ, name)
    assert caught.value.code == "config.invalid"
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize(
    ("environ", "windows", "expected"),
    [
        (
            {"HOME": "/h"},
            False,
            ("/h/.config/qsc-bot", "/h/.local/state/qsc-bot", "/h/.cache/qsc-bot"),
        ),
        (
            {"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/k"},
            False,
            ("/c/qsc-bot", "/s/qsc-bot", "/k/qsc-bot"),
        ),
        (
            {"HOME": "/h", "XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "", "XDG_CACHE_HOME": "./k"},
            False,
            ("/h/.config/qsc-bot", "/h/.local/state/qsc-bot", "/h/.cache/qsc-bot"),
        ),
        (
            {"QSC_BOT_CONFIG_DIR": "/1", "QSC_BOT_STATE_DIR": "/2", "QSC_BOT_CACHE_DIR": "/3"},
            False,
            ("/1", "/2", "/3"),
        ),
        (
            {"APPDATA": "/a", "LOCALAPPDATA": "/l", "HOME": "/h", "XDG_STATE_HOME": "/s"},
            True,
            ("/a/qsc-bot", "/l/qsc-bot/state", "/l/qsc-bot/cache"),
        ),
    ],
    ids=["home", "xdg", "relative and empty xdg", "own variables", "windows"],
)
def test_folders(environ: dict[str, str], windows: bool, expected: tuple[str, str, str]) -> None:
    found = folders(environ, windows=windows)
    assert (str(found.config), str(found.state), str(found.cache)) == expected


def test_machine_without_home_is_told_what_to_set() -> None:
    with pytest.raises(QscBotError, match=r"HOME is not set.*QSC_BOT_STATE_DIR") as caught:
        folders({"QSC_BOT_CONFIG_DIR": "/c"}, windows=False)
    assert caught.value.hint == ("set HOME or QSC_BOT_STATE_DIR",)
