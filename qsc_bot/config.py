"""The configuration: where it lies, what it says, and which profile a command acts for."""

import difflib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.address import host_of, is_loopback
from qsc_bot.models.document import LIMIT_BYTES, NEWER_HINT, check_shape
from qsc_bot.models.duration import DURATION_WORDS, POSITIVE_DURATION_PATTERN
from qsc_bot.models.profile import (
    SANDBOX_NAME,
    ConfigFile,
    Profile,
    ProfileKeys,
    Setup,
    sandbox_profile,
)
from qsc_bot.models.read_before import keys_of
from qsc_bot.models.wrapping import unwrapped

FILE_NAME: Final = "config.yaml"
READ_BEFORE_NAME: Final = "read-before.json"
_VERSION: Final = 1
_PLACES: Final = {  # variable of our own, XDG variable, place under HOME, Windows variable, folder there
    "config": ("QSC_BOT_CONFIG_DIR", "XDG_CONFIG_HOME", ".config", "APPDATA", ""),
    "state": ("QSC_BOT_STATE_DIR", "XDG_STATE_HOME", ".local/state", "LOCALAPPDATA", "state"),
    "cache": ("QSC_BOT_CACHE_DIR", "XDG_CACHE_HOME", ".cache", "LOCALAPPDATA", "cache"),
}
_USER_FILE_ONLY: Final = ("allowed_hosts", "show_names")
_API_HOSTS: Final = frozenset({"api.engagor.com", "api-us.engagor.com"})
_GRAPH_HOSTS: Final = frozenset({"graph.facebook.com"})


@dataclass(frozen=True)
class Config:
    """What the user file and the named project file say together."""

    path: Path | None
    project_path: Path | None
    profiles: Mapping[str, Profile]
    default_profile: str | None
    allowed_hosts: tuple[str, ...]
    show_names: bool
    setup: Setup


@dataclass(frozen=True)
class Folders:
    """Where configuration, state and cache lie on this machine."""

    config: Path
    state: Path
    cache: Path


@dataclass(frozen=True)
class _Source:
    path: Path
    keys: Mapping[str, Any]


def folders(environ: Mapping[str, str], *, windows: bool = os.name == "nt") -> Folders:
    """The three folders, which need not exist yet."""
    return Folders(**{kind: _place(environ, kind, windows=windows) for kind in _PLACES})


def load(environ: Mapping[str, str], *, project_file: Path | None) -> Config:
    """Read the user file and, where one is named, the project file over it, key by key."""
    memory = folders(environ).cache / READ_BEFORE_NAME
    user = _read_file(user_file_path(environ), memory)
    named = project_file or environ.get("QSC_BOT_CONFIG")
    project = _read_file(Path(named), memory) if named else None
    if named and not project:
        _refuse(f"{named}: there is no such file")
    return _combine(user, project)


def check_user_file(content: bytes, path: Path) -> Config:
    """What a user file of this content would say; raises as `load` does."""
    return _combine(_Source(path, _checked(content, path)), None)


def user_file_path(environ: Mapping[str, str]) -> Path:
    """Where the user file lies, which need not exist yet."""
    return _place(environ, "config") / FILE_NAME


def choose(config: Config, *, flag: str | None, environ: Mapping[str, str]) -> Profile:
    """The profile that a command acts for; the sandbox only where nothing hints at a real account."""
    name = flag if flag is not None else environ.get("QSC_BOT_PROFILE") or config.default_profile
    if name is None:
        _check_sandbox_meant(config, environ)
    if name in (None, SANDBOX_NAME):
        profile = sandbox_profile()
    elif name in config.profiles:
        profile = config.profiles[name]
    else:
        refuse_unknown(name, [*config.profiles, SANDBOX_NAME])
    return _with_timeout(profile, environ)


def _refuse(message: str) -> NoReturn:
    raise QscBotError("config.invalid", message)


def _combine(user: _Source | None, project: _Source | None) -> Config:
    if user:
        _check_addresses(user, {host.lower() for host in user.keys.get("allowed_hosts", [])})
    if project:
        _check_project(project)
    merged = _merge(user.keys if user else {}, project.keys if project else {})
    show_names = merged.get("show_names", False)
    return Config(
        path=user.path if user else None,
        project_path=project.path if project else None,
        profiles={
            name: _build_profile(name, keys, show_names, _origin("profiles", name, user, project))
            for name, keys in merged.get("profiles", {}).items()
        },
        default_profile=merged.get("default_profile"),
        allowed_hosts=tuple(merged.get("allowed_hosts", [])),
        show_names=show_names,
        setup=_build_setup(merged.get("setup", {}), user, project),
    )


def _place(environ: Mapping[str, str], kind: str, *, windows: bool = os.name == "nt") -> Path:
    own, xdg, under_home, windows_base, windows_leaf = _PLACES[kind]
    if environ.get(own):
        return Path(environ[own])
    if windows:
        return _base(environ, windows_base, asked=own) / "qsc-bot" / windows_leaf
    base = Path(environ.get(xdg, ""))
    if not base.is_absolute():  # the XDG specification has relative ones ignored
        base = _base(environ, "HOME", asked=own) / under_home
    return base / "qsc-bot"


def _base(environ: Mapping[str, str], variable: str, *, asked: str) -> Path:
    if not environ.get(variable):
        text = f"{variable} is not set, so there is no place for files; set {asked}"
        raise QscBotError("config.invalid", text, hint=(f"set {variable} or {asked}",))
    return Path(environ[variable])


def read_content(path: Path) -> bytes | None:
    """The bytes of a configuration file, None where there is none; raises `config.invalid`."""
    try:
        with path.open("rb") as file:
            return file.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise QscBotError("config.invalid", f"{path}: cannot be read: {error.strerror}") from error


def _read_file(path: Path, memory: Path) -> _Source | None:
    content = read_content(path)
    if content is None:
        return None
    return _Source(path, keys_of(content, path, memory=memory, check=partial(_checked, content, path)))


def _checked(content: bytes, path: Path) -> dict[str, Any]:
    from qsc_bot.models.yaml_text import parse_document  # loaded only for a file that changed

    keys = parse_document(content, source=str(path))
    if isinstance(keys, dict) and type(keys.get("version")) is int and keys["version"] > _VERSION:
        text = f"version: {keys['version']} is from a newer version of qsc-bot; this one reads {_VERSION}"
        raise QscBotError("config.invalid", f"{path}: {text}", hint=NEWER_HINT)
    checked = check_shape(keys, ConfigFile, source=str(path), complete=False)
    if SANDBOX_NAME in checked.get("profiles", {}):
        _refuse(f"{path}: profiles.{SANDBOX_NAME}: this name is kept for the built-in sandbox; take another")
    return checked


def _check_project(project: _Source) -> None:
    for key in _USER_FILE_ONLY:
        if key in project.keys:
            _refuse(f"{project.path}: {key} may stand in the user file only")
    for where, _address, _ in _addresses(project):
        raise QscBotError(
            "config.host",
            f"{project.path}: {where}: a project file may not say where the token goes",
            hint=("move this key to the user file",),
        )


def _check_addresses(user: _Source, allowed: Collection[str]) -> None:
    for where, address, vendor_hosts in _addresses(user):
        host = _host(address, f"{user.path}: {where}")
        if not (is_loopback(host) or host in vendor_hosts or host in allowed):
            raise QscBotError("config.host", f"{user.path}: {where}: the host {host} is not allowed")


def _addresses(source: _Source) -> Iterator[tuple[str, str, frozenset[str]]]:
    for name, keys in source.keys.get("profiles", {}).items():
        if keys.get("api_url") is not None:
            yield f"profiles.{name}.api_url", keys["api_url"], _API_HOSTS
        graph_url = (keys.get("messenger") or {}).get("graph_url")
        if graph_url is not None:
            yield f"profiles.{name}.messenger.graph_url", graph_url, _GRAPH_HOSTS


def _host(address: str, where: str) -> str:
    try:
        return host_of(address)
    except ValueError as error:
        raise QscBotError("config.invalid", f"{where}: {error}") from error


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _origin(section: str, key: str, user: _Source | None, project: _Source | None) -> str:
    chosen = project if project and key in project.keys.get(section, {}) else user
    return str(chosen.path) if chosen else ""


def _build_profile(name: str, keys: Mapping[str, Any], show_names: bool, source: str) -> Profile:
    complete = check_shape(keys, ProfileKeys, source=source, path=f"profiles.{name}")
    profile = msgspec.convert({**complete, "name": name, "show_names": show_names}, Profile)
    if profile.recipes.backend == "api" and profile.recipes.path is None:
        _refuse(f"{source}: profiles.{name}.recipes.path is missing; the backend api needs it")
    return profile


def _build_setup(keys: Mapping[str, Any], user: _Source | None, project: _Source | None) -> Setup:
    for key in keys:
        check_shape({key: keys[key]}, Setup, source=_origin("setup", key, user, project), path="setup")
    return msgspec.convert(keys, Setup)


def _check_sandbox_meant(config: Config, environ: Mapping[str, str]) -> None:
    file = config.project_path or config.path
    tokens = {unwrapped(environ.get(key, ""))[0] for key in ("QSC_BOT_TOKEN", "QSC_BOT_PAGE_TOKEN")}
    if tokens - {"", "sandbox"}:
        reason = "a token for a real account is set"
    elif environ.get("CI"):
        reason = "CI is set"
    elif file:
        reason = f"{file} names no default_profile"
    else:
        return
    raise QscBotError("config.profile_missing", f"no profile was chosen, and {reason}, so none is assumed")


def refuse_unknown(name: str, known: list[str]) -> NoReturn:
    """Refuse a profile that is not there, naming the nearest; raises `config.profile_unknown`."""
    near = difflib.get_close_matches(name, known)
    hint = (f"did you mean {' or '.join(near)}?",) if near else ()
    raise QscBotError(
        "config.profile_unknown",
        f"there is no profile {name!r}; known: {', '.join(known)}",
        hint=(*hint, "qsc-bot profile list"),
    )


def _with_timeout(profile: Profile, environ: Mapping[str, str]) -> Profile:
    timeout = environ.get("QSC_BOT_TIMEOUT")
    if not timeout:
        return profile
    if not re.fullmatch(POSITIVE_DURATION_PATTERN, timeout):
        _refuse(f"QSC_BOT_TIMEOUT: expected {DURATION_WORDS}, longer than zero")
    return msgspec.structs.replace(profile, timeout=timeout)
