"""Secrets in a file, for machines without a keychain and only where a person agreed to it."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from qsc_bot.credentials.private_file import check_private, locked_file, read_private, write_private
from qsc_bot.errors import QscBotError


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 1
    profiles: dict[str, dict[str, str]] = {}


class FileStore:
    """One file of mode 0600 in a folder of mode 0700, not encrypted; `config.state` where that cannot be had."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def source(self) -> str:
        """How messages call it."""
        return f"the file {self.path}"

    def read(self, profile: str) -> dict[str, str] | None:
        """The secrets kept for a profile by name; None where there are none."""
        return self._document().profiles.get(profile)

    def write(self, profile: str, secrets: Mapping[str, str]) -> None:
        """Keep the secrets of a profile in place of those kept before."""
        with locked_file(self.path):
            self._replace({**self._document().profiles, profile: dict(secrets)})

    def delete(self, profile: str) -> bool:
        """Forget the secrets of a profile; whether there were any. The last one takes the file with it."""
        with locked_file(self.path):
            kept = dict(self._document().profiles)
            if kept.pop(profile, None) is None:
                return False
            self._replace(kept)
            return True

    def _document(self) -> _Document:
        check_private(self.path)
        content = read_private(self.path)
        if content is None:
            return _Document()
        try:
            return msgspec.json.decode(content, type=_Document)
        except msgspec.DecodeError:
            raise QscBotError("config.state", f"{self.path} cannot be read as what it was written as") from None

    def _replace(self, profiles: Mapping[str, Mapping[str, str]]) -> None:
        check_private(self.path.parent)
        if not profiles:
            self.path.unlink(missing_ok=True)
            return
        write_private(self.path, msgspec.json.encode({"version": 1, "profiles": profiles}))
