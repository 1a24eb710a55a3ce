"""The configuration: what is refused and in which words, and what wins over what."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from qsc_bot.config import choose, load
from qsc_bot.errors import QscBotError
from qsc_bot.models.profile import ConfigFile

EXAMPLE = Path(__file__).parent.parent / "config.example.yaml"
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
    ("text", "parts"),
    [
        pytest.param("profils: {}", ["profils", "nearest known key is profiles"], id="top-level typo"),
        pytest.param(PROD % "tmeout: 5s", ["profiles.prod.tmeout", "key is timeout"], id="profile typo"),
        pytest.param(PROD % "mesenger: {page_id: '1'}", ["profiles.prod.mesenger", "is messenger"], id="section typo"),
        pytest.param(
            PROD % (MESSENGER % "pageid: '1'"),
            ["profiles.prod.messenger.pageid", "is page_id"],
            id="nested typo",
        ),
        pytest.param(PROD % "name: x", ["profiles.prod.name is not a known key"], id="name is no key"),
        pytest.param(PROD % "show_names: true", ["profiles.prod.show_names"], id="show_names of a profile"),
        pytest.param(PROD % "qqqq: 1", ["known here: account_id"], id="nothing near"),
        pytest.param(PROD % "api_token: abc", ["secrets never stand in a file"], id="secret in the file"),
        pytest.param(
            "profiles: {prod: {account_id: 1417}}",
            ["profiles.prod.account_id", "found a number", "write it in quotes"],
            id="unquoted id",
        ),
        pytest.param(
            "profiles: {prod: {account_id: 01417}}",
            ["found a number", "in quotes"],
            id="unquoted id with a zero",
        ),
        pytest.param(PROD % "topic_ids: [4]", ["profiles.prod.topic_ids[0]", "in quotes"], id="unquoted topic"),
        pytest.param(PROD % "topic_ids: '4'", ["expected a list, found text"], id="text for a list"),
        pytest.param(PROD % "timeout: 10", ["profiles.prod.timeout", "such as 90s"], id="duration without unit"),
        pytest.param(PROD % "timeout: 0s", ["profiles.prod.timeout", "longer than zero"], id="no time at all"),
        pytest.param(PROD % "stuck: {bot_silent: soon}", ["prod.stuck.bot_silent"], id="no duration"),
        pytest.param(PROD % "control_max_age: '1h\n'", ["control_max_age"], id="duration with a space"),
        pytest.param(PROD % "region: de", ["expected eu or us, found 'de'"], id="unknown region"),
        pytest.param(PROD % "protected: bulky", ["true or false or bulk", "'bulky'"], id="unknown protection"),
        pytest.param(PROD % "protected: 1", ["profiles.prod.protected", "found a number"], id="number protection"),
        pytest.param(PROD % "protected:", ["profiles.prod.protected", "found nothing"], id="empty protection"),
        pytest.param(PROD % "budget_reserve: -1", ["budget_reserve", "0 or more"], id="negative reserve"),
        pytest.param(PROD % "budget_reserve: true", ["budget_reserve"], id="boolean reserve"),
        pytest.param(PROD % "budget_reserve: 1.5", ["budget_reserve", "found a number"], id="broken reserve"),
        pytest.param(PROD % "escalation_tag: 'a,b'", ["profiles.prod.escalation_tag"], id="comma in a tag"),
        pytest.param(PROD % "channels: {twitter: phone}", ["prod.channels.twitter"], id="unknown method"),
        pytest.param(PROD % "channels: {X Y: tag}", ["prod.channels.X Y"], id="unspeakable service"),
        pytest.param(PROD % "recipes: {backend: api}", ["recipes.path is missing"], id="api without path"),
        pytest.param(PROD % "recipes: {path: '/{x}'}", ["recipes.path", "{account_id}"], id="unknown placeholder"),
        pytest.param(PROD % (MESSENGER % "graph_version: '25'"), ["graph_version", "v25.0"], id="version form"),
        pytest.param(PROD % "messenger: {}", ["profiles.prod.messenger.page_id is missing"], id="empty section"),
        pytest.param("profiles: {prod: }", ["profiles.prod.account_id is missing"], id="empty profile"),
        pytest.param("profiles: {'a b': }", ["profiles.a b"], id="profile name"),
        pytest.param("profiles: {sandbox: {account_id: '1'}}", ["profiles.sandbox"], id="reserved name"),
        pytest.param("show_names: 'yes'", ["show_names: expected true or false, found text"], id="text for a switch"),
        pytest.param("allowed_hosts: ['https://x.test']", ["allowed_hosts[0]"], id="address for a host"),
        pytest.param("setup: {webhooks: [{name: a}]}", ["setup.webhooks[0].url is missing"], id="webhook"),
        pytest.param("setup: {recipes: [{name: A B}]}", ["setup.recipes[0].name"], id="recipe name"),
        pytest.param("version: 2\nnews: 1", ["from a newer version"], id="newer version"),
        pytest.param("version: 0", ["version: expected 1"], id="version that never was"),
        pytest.param("version: '1'", ["version: expected 1"], id="version as text"),
        pytest.param("- a", ["expected a mapping, found a list"], id="list at the top"),
        pytest.param("hello", ["expected a mapping, found text"], id="text at the top"),
    ],
)
def test_faulty_file_is_refused_by_path(environ: dict[str, str], user_file: Path, text: str, parts: list[str]) -> None:
    user_file.write_text(text)
    error = refusal(environ)
    assert error.code == "config.invalid"
    assert str(user_file) in error.message
    for part in parts:
        assert part in error.message


def test_project_file_wins_key_by_key(environ: dict[str, str], user_file: Path, project_file: Path) -> None:
    user_file.write_text(
        "default_profile: prod\nprofiles: {prod: {account_id: '1', topic_ids: ['5', '6'], timeout: 3s,"
        " stuck: {bot_silent: 1m, agent_silent: 2m}, channels: {web: tag}}, other: {account_id: '9'}}"
    )
    project_file.write_text(
        "default_profile: test\nprofiles: {prod: {topic_ids: ['7'], stuck: {bot_silent: 9m},"
        " channels: {viber: tag}}, test: {account_id: '2'}}"
    )
    config = load(environ, project_file=project_file)
    prod = config.profiles["prod"]
    assert (prod.account_id, prod.topic_ids, prod.timeout) == ("1", ["7"], "3s")
    assert (prod.stuck.bot_silent, prod.stuck.agent_silent) == ("9m", "2m")
    assert prod.channels == {"web": "tag", "viber": "tag"}
    assert config.default_profile == "test"
    assert list(config.profiles) == ["prod", "other", "test"]
    assert (config.path, config.project_path) == (user_file, project_file)


def test_project_file_is_read_only_when_named(environ: dict[str, str], project_file: Path) -> None:
    project_file.write_text("default_profile: sandbox")
    assert load(environ, project_file=None).project_path is None
    assert load(environ | {"QSC_BOT_CONFIG": ""}, project_file=None).project_path is None
    named = environ | {"QSC_BOT_CONFIG": str(project_file)}
    assert load(named, project_file=None).default_profile == "sandbox"


def test_flag_names_the_project_file_before_the_environment(environ: dict[str, str], project_file: Path) -> None:
    project_file.write_text("default_profile: sandbox")
    config = load(environ | {"QSC_BOT_CONFIG": "/nowhere/x.yaml"}, project_file=project_file)
    assert config.project_path == project_file


def test_named_project_file_must_exist(environ: dict[str, str], project_file: Path) -> None:
    error = refusal(environ, project_file)
    assert (error.code, str(project_file) in error.message) == ("config.invalid", True)


def test_missing_key_is_told_with_the_file_that_has_the_profile(
    environ: dict[str, str], user_file: Path, project_file: Path
) -> None:
    user_file.write_text("profiles: {prod: {region: us}}")
    project_file.write_text("profiles: {test: {account_id: '1'}}")
    assert refusal(environ, project_file).message == f"{user_file}: profiles.prod.account_id is missing"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "profiles:\n", "\ufeffversion: 1\n", "{}"])
def test_empty_file_is_an_empty_configuration(environ: dict[str, str], user_file: Path, text: str) -> None:
    user_file.write_text(text, encoding="utf-8")
    config = load(environ, project_file=None)
    assert (config.path, config.profiles, config.default_profile) == (user_file, {}, None)


def test_no_file_is_an_empty_configuration(environ: dict[str, str]) -> None:
    config = load(environ, project_file=None)
    assert (config.path, config.profiles, config.show_names) == (None, {}, False)


def test_unreadable_file_is_told(environ: dict[str, str], user_file: Path) -> None:
    user_file.mkdir()
    assert "cannot be read" in refusal(environ).message


def test_show_names_reaches_the_profile(environ: dict[str, str], user_file: Path) -> None:
    user_file.write_text(f"show_names: true\n{PROD % ''}")
    assert load(environ, project_file=None).profiles["prod"].show_names is True


def test_example_loads(environ: dict[str, str], user_file: Path) -> None:
    user_file.write_bytes(EXAMPLE.read_bytes())
    config = load(environ, project_file=None)
    prod = choose(config, flag=None, environ=environ)
    assert (prod.name, prod.account_id, prod.protected) == ("prod", "1417", True)
    assert [hook.name for hook in config.setup.webhooks] == ["bot-inbound", "bot-messenger"]


def structs(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.StructType]:
    match kind:
        case msgspec.inspect.StructType(fields=fields):
            yield kind
            for field in fields:
                yield from structs(field.type)
        case msgspec.inspect.ListType(item_type=inner) | msgspec.inspect.DictType(value_type=inner):
            yield from structs(inner)
        case msgspec.inspect.UnionType(types=members):
            for member in members:
                yield from structs(member)


def test_example_has_every_key_of_every_section() -> None:
    lines = [line.strip().removeprefix("- ") for line in EXAMPLE.read_text().splitlines()]
    sections = list(structs(msgspec.inspect.type_info(ConfigFile)))
    assert len(sections) == 8
    for section in sections:
        for field in section.fields:
            assert any(line.startswith(f"{field.name}:") for line in lines), (section.cls, field.name)
