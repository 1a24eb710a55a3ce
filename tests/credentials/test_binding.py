"""Stored secrets are used for the account and the hosts that their login was made for, and for nothing else."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from qsc_bot.credentials.file_store import FileStore
from qsc_bot.credentials.item import Binding, Place, binding_of
from qsc_bot.credentials.keychain import SERVICE, Keychain
from qsc_bot.credentials.logins import Login, Logins
from qsc_bot.credentials.secrets import Secrets
from qsc_bot.credentials.vault import Vault
from qsc_bot.errors import QscBotError
from qsc_bot.models.profile import Messenger, Profile
from tests.credentials.backends import Memory

NOW = datetime(2026, 11, 22, 9, 2, 30, tzinfo=UTC)
PAGE = Messenger(page_id="1", bot_app_id="2", agent_app_id="3")
PROD = Profile(name="prod", account_id="1417")
STORED = {"token": "abc", "page_token": "page", "app_secret": "app", "url_secret": "url"}
LOCAL = Profile(name="prod", account_id="1417", messenger=replace(PAGE, graph_url="http://127.0.0.1:8081/graph"))


def make(folder: Path, memory: Memory, *, place: Place = "keychain", made_for: Binding | None = None) -> Vault:
    """A vault in which a login left its secrets."""
    keychain = Keychain({}, tell=lambda _text: None, load=lambda: memory, platform="darwin")
    logins = Logins(folder / "logins.json")
    vault = Vault(keychain=keychain, file=FileStore(folder / "secrets.json"), logins=logins)
    vault.write("prod", STORED, place=place, binding=made_for)
    login = Login(place=place, names=sorted(STORED), saved_at=NOW, **(asdict(made_for) if made_for else {}))
    vault.record("prod", login)
    return vault


def found(secrets: Secrets, profile: Profile) -> Mapping[str, str | None]:
    """What each kind of secret would be."""
    finders = {name: getattr(secrets, name)(profile) for name in STORED}
    return {name: secret.value if secret else None for name, secret in finders.items()}


@pytest.mark.parametrize("place", ["keychain", "file"])
def test_secrets_are_found_for_what_they_were_made_for(tmp_path: Path, place: Place) -> None:
    vault = make(tmp_path, Memory(), place=place, made_for=binding_of(PROD))
    item = vault.read("prod")
    assert item is not None
    assert item.binding == binding_of(PROD)
    assert found(Secrets({}, vault), PROD) == STORED


@pytest.mark.parametrize("place", ["keychain", "file"])
@pytest.mark.parametrize("logins", ["kept", "lost", "spoilt", "without what it is for"])
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"account_id": "2000"}, "account 1417 at api.engagor.com; the profile now says account 2000 at"),
        ({"region": "us"}, "the profile now says account 1417 at api-us.engagor.com"),
        ({"api_url": "http://127.0.0.1:9"}, "the profile now says account 1417 at http://127.0.0.1:9"),
        ({"api_url": "https://api.engagor.com/other"}, "account 1417 at api.engagor.com/other"),
        ({"api_url": "https://api.engagor.com:8443"}, "account 1417 at api.engagor.com:8443"),
    ],
    ids=["account", "region", "address", "path", "port"],
)
def test_no_secret_is_found_for_another_account_or_host(
    tmp_path: Path, place: Place, logins: str, changed: dict[str, Any], told: str
) -> None:
    vault = make(tmp_path, Memory(), place=place, made_for=binding_of(PROD))
    if logins == "lost":
        (tmp_path / "logins.json").unlink()
    elif logins == "spoilt":
        (tmp_path / "logins.json").write_text("{")
    elif logins == "without what it is for":
        vault.record("prod", Login(place=place, names=sorted(STORED), saved_at=NOW))
    profile = Profile(name="prod", **{"account_id": "1417", **changed})
    secrets = Secrets({}, vault)
    assert found(secrets, profile) == dict.fromkeys(STORED)
    assert told in (secrets.trouble(profile) or "")
    assert "abc" not in (secrets.trouble(profile) or "")
    assert found(Secrets({}, vault), PROD) == STORED


@pytest.mark.parametrize("place", ["keychain", "file"])
def test_page_token_alone_is_bound_to_the_graph_host(tmp_path: Path, place: Place) -> None:
    secrets = Secrets({}, make(tmp_path, Memory(), place=place, made_for=binding_of(PROD)))
    assert found(secrets, LOCAL) == {**STORED, "page_token": None}
    assert secrets.trouble(LOCAL) is None
    told = (
        "the Page token stored for prod belongs to graph.facebook.com; the profile now says http://127.0.0.1:8081/graph"
    )
    assert secrets.trouble(LOCAL, "page_token") == told


def test_messenger_section_on_the_usual_host_changes_nothing(tmp_path: Path) -> None:
    vault = make(tmp_path, Memory(), made_for=binding_of(PROD))
    profile = Profile(name="prod", account_id="1417", messenger=PAGE)
    assert found(Secrets({}, vault), profile) == STORED


@pytest.mark.parametrize(
    "address",
    ["https://api.engagor.com/", "https://API.engagor.com", "https://api.engagor.com:443", "HTTPS://api.engagor.com"],
)
def test_same_address_spelt_otherwise_is_the_same(tmp_path: Path, address: str) -> None:
    vault = make(tmp_path, Memory(), made_for=binding_of(PROD))
    assert found(Secrets({}, vault), Profile(name="prod", account_id="1417", api_url=address)) == STORED


@pytest.mark.parametrize("place", ["keychain", "file"])
def test_login_that_does_not_say_what_it_is_for_is_accepted(tmp_path: Path, place: Place) -> None:
    vault = make(tmp_path, Memory(), place=place)
    assert found(Secrets({}, vault), Profile(name="prod", account_id="2000")) == STORED


def test_what_is_kept_with_the_secrets_counts_more_than_the_login(tmp_path: Path) -> None:
    vault = make(tmp_path, Memory(), made_for=binding_of(PROD))
    other = Profile(name="prod", account_id="2000")
    vault.record("prod", Login(place="keychain", names=["token"], saved_at=NOW, **asdict(binding_of(other))))
    assert Secrets({}, vault).token(other) is None


def test_login_says_what_secrets_are_for_that_do_not(tmp_path: Path) -> None:
    vault = make(tmp_path, Memory())
    vault.record("prod", Login(place="keychain", names=["token"], saved_at=NOW, **asdict(binding_of(PROD))))
    assert Secrets({}, vault).token(Profile(name="prod", account_id="2000")) is None


@pytest.mark.parametrize(
    "binding", ["prod", ["x"], {}, {"account_id": "1417"}, {"account_id": 1417, "api": "x", "graph": "y"}], ids=repr
)
def test_item_whose_owner_cannot_be_read_is_no_secret(tmp_path: Path, binding: object) -> None:
    memory = Memory()
    vault = make(tmp_path, memory, made_for=binding_of(PROD))
    text = {"version": 1, "profile": "prod", "secrets": {"token": "abc"}, "binding": binding}
    memory.items[SERVICE, "prod"] = json.dumps(text)
    secrets = Secrets({}, vault)
    assert secrets.token(PROD) is None
    assert "another item's text" in (secrets.trouble(PROD) or "")
    (tmp_path / "secrets.json").write_text(json.dumps({"profiles": {"prod": STORED}, "bindings": {"prod": binding}}))
    (tmp_path / "secrets.json").chmod(0o600)
    with pytest.raises(QscBotError, match="cannot be read"):
        FileStore(tmp_path / "secrets.json").read("prod")


def test_secret_that_belongs_elsewhere_is_told_once_and_not_where_it_comes_from(tmp_path: Path) -> None:
    vault, told = make(tmp_path, Memory(), made_for=binding_of(PROD)), list[str]()
    other = Profile(name="prod", account_id="2000")
    secrets = Secrets({"QSC_BOT_APP_SECRET": "env"}, vault, tell=told.append)
    assert [secrets.url_secret(other), secrets.url_secret(other), secrets.token(other)] == [None] * 3
    assert [text.partition(" belongs")[0] for text in told] == ["the URL secret stored for prod"]
    assert (secrets.shadowed(other), secrets.sources(other)["token"]) == ([], None)
    assert secrets.sources(other)["app_secret"] == "QSC_BOT_APP_SECRET"


def test_secrets_that_belong_elsewhere_are_still_hidden_in_what_is_shown(tmp_path: Path) -> None:
    secrets = Secrets({}, make(tmp_path, Memory(), made_for=binding_of(PROD)))
    other = Profile(name="prod", account_id="2000")
    secrets.token(other)
    assert set(secrets.values(other)) == set(STORED.values())


def test_other_profiles_in_the_file_keep_what_they_are_for(tmp_path: Path) -> None:
    file, binding = FileStore(tmp_path / "secrets.json"), binding_of(PROD)
    file.write("prod", {"token": "a"}, binding)
    file.write("test", {"token": "b"})
    file.write("prod", {"token": "c"})
    one, two = file.read("prod"), file.read("test")
    assert one is not None
    assert two is not None
    assert (one.binding, two.binding) == (None, None)
    file.write("prod", {"token": "d"}, binding)
    file.delete("test")
    again = file.read("prod")
    assert again is not None
    assert again.binding == binding
