"""The user file as commands change it: checked as a whole before it is written, and written whole or not at all."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from qsc_bot.config import Config, check_user_file, read_content, user_file_path
from qsc_bot.errors import QscBotError
from qsc_bot.models.files import locked, replace_whole
from qsc_bot.models.profile import SANDBOX_NAME, check_name
from qsc_bot.models.yaml_text import parse_document, set_key

_NEW: Final = b"version: 1\n"
_PLAIN_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_RESERVED: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off"})
_SHOWN_COMMENTS: Final = 3
_SHOWN_LENGTH: Final = 60


@dataclass(frozen=True)
class UserFile:
    """The user file at `path` with the keys it is to have; `found` is what stood there when it was read."""

    path: Path
    keys: Mapping[str, Any]
    comments: tuple[str, ...] = ()
    found: bytes | None = None

    def profile(self, name: str) -> dict[str, Any] | None:
        """The keys of one profile as they stand in the file."""
        found = self._profiles.get(name)
        return None if found is None else dict(found)

    def with_profile(self, name: str, keys: Mapping[str, Any]) -> "UserFile":
        """The file with one profile set."""
        return self._with(profiles={**self._profiles, name: dict(keys)})

    def without_profile(self, name: str) -> "UserFile":
        """The file without one profile, which is then no default either."""
        file = self._with(profiles={other: keys for other, keys in self._profiles.items() if other != name})
        if self.keys.get("default_profile") == name:
            return replace(file, keys={key: value for key, value in file.keys.items() if key != "default_profile"})
        return file

    def with_default(self, name: str) -> "UserFile":
        """The file with a default profile."""
        rest = {key: value for key, value in self.keys.items() if key not in ("version", "default_profile")}
        return replace(self, keys={"version": 1, "default_profile": name, **rest})

    def check(self) -> Config:
        """What the file would say; raises what reading it would raise."""
        return check_user_file(self.content(), self.path)

    def check_rewritable(self, *, yes: bool) -> None:
        """Refuse to lose comments without --yes; raises `usage.confirmation` naming them."""
        if yes or not self.comments:
            return
        more = "" if len(self.comments) <= _SHOWN_COMMENTS else f" and {len(self.comments) - _SHOWN_COMMENTS} more"
        raise QscBotError(
            "usage.confirmation",
            f"{self.path} would lose its comments: {'; '.join(self.comments[:_SHOWN_COMMENTS])}{more}",
            hint=("add --yes, or change the file by hand",),
        )

    def content(self) -> bytes:
        """The file's text, which reads as its keys and nothing else."""
        text = yaml.dump(dict(self.keys), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
        return text.encode("utf-8")

    def write(self) -> None:
        """Check the file and put it in the place of the one before.

        Raises `config.*`, and `config.changed` where another process changed the file since it was read.
        """
        self.check()
        with _alone(self.path):
            if read_content(self.path) != self.found:
                raise QscBotError("config.changed", f"{self.path} was changed by another process meanwhile")
            replace_whole(self.path, self.content())

    @property
    def _profiles(self) -> Mapping[str, Any]:
        return self.keys.get("profiles") or {}

    def _with(self, **changed: object) -> "UserFile":
        return replace(self, keys={**self.keys, **changed})


def open_user_file(environ: Mapping[str, str]) -> UserFile:
    """The user file as it is, or a new one; raises `config.*` where it cannot be read."""
    path = user_file_path(environ)
    found = read_content(path)
    content = found or _NEW
    check_user_file(content, path)
    keys = parse_document(content, source=str(path))
    comments = tuple(_comments(content.decode("utf-8")))
    return UserFile(path, keys if isinstance(keys, dict) else {"version": 1}, comments, found)


def set_default(environ: Mapping[str, str], name: str) -> Path:
    """Make `name` the default profile in the user file, leaving every other line as it is.

    The caller makes sure that the profile exists.
    """
    if name != SANDBOX_NAME:
        check_name(name)
    path = user_file_path(environ)
    with _alone(path):
        content = read_content(path) or _NEW
        replace_whole(path, set_key(content, "default_profile", name, after="version", source=str(path)))
    return path


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time changes the user file; raises `config.invalid` where it cannot be written."""
    try:
        with locked(path.parent):
            yield
    except OSError as error:
        raise QscBotError("config.invalid", f"{path}: cannot be written: {error.strerror}") from error


class _Dumper(yaml.SafeDumper):
    """Writes texts in quotes unless every reader of YAML takes them for texts."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # the reader refuses aliases, so none is written
        return True


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    is_plain = _PLAIN_WORD.fullmatch(text) and text.lower() not in _RESERVED
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


_Dumper.add_representer(str, _write_text)


def _comments(text: str) -> Iterator[str]:
    """The comments of a YAML text, each with its line: what stands between the tokens and is no white space."""
    end = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        gap = text[end : token.start_mark.index]
        for found in re.finditer(r"#[^\r\n]*", gap):
            line = text.count("\n", 0, end + found.start()) + 1
            yield f"line {line}: {found[0][:_SHOWN_LENGTH]}"
        end = max(end, token.end_mark.index)
