"""Secrets in a file, for machines without a keychain and only where a person agreed to it."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from qsc_bot.credentials.item import Binding, Item
from qsc_bot.credentials.private_file import check_private, locked_file, read_private, write_private
from qsc_bot.errors import QscBotError


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 1
    profiles: dict[str, dict[str, str]] = {}
    bindings: dict[str, Binding] = {}


class FileStore:
    """One file of mode 0600 in a folder of mode 0700, not encrypted; `config.state` where that cannot be had."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def source(self) -> str:
        """How messages call it."""
        return f"the file {self.path}"

    def read(self, profile: str) -> Item | None:
        """What is kept for a profile; None where there is nothing."""
        document = self._document()
        secrets = document.profiles.get(profile)
        return None if secrets is None else Item(secrets, "file", document.bindings.get(profile))

    def write(self, profile: str, secrets: Mapping[str, str], binding: Binding | None = None) -> None:
        """Keep the secrets of a profile, and what they were made for, in place of those kept before."""
        with locked_file(self.path):
            others = _without(self._document(), profile)
            bindings = {**others.bindings, profile: binding} if binding else others.bindings
            self._replace(replace(others, profiles={**others.profiles, profile: dict(secrets)}, bindings=bindings))

    def delete(self, profile: str) -> bool:
        """Forget the secrets of a profile; whether there were any. The last one takes the file with it."""
        with locked_file(self.path):
            document = self._document()
            if profile not in document.profiles:
                return False
            self._replace(_without(document, profile))
            return True

    def _document(self) -> _Document:
        check_private(self.path)
        content = read_private(self.path)
        if content is None:
            return _Document()
        try:
            return msgspec.json.decode(content, type=_Document)
        except msgspec.DecodeError:
            hint = (f"delete {self.path}, then log in again",)
            text = f"{self.path} cannot be read as what it was written as"
            raise QscBotError("config.state", text, hint=hint) from None

    def _replace(self, document: _Document) -> None:
        check_private(self.path.parent)
        if not document.profiles:
            self.path.unlink(missing_ok=True)
            return
        write_private(self.path, msgspec.json.encode(document))


def _without(document: _Document, profile: str) -> _Document:
    return replace(
        document,
        profiles={name: secrets for name, secrets in document.profiles.items() if name != profile},
        bindings={name: binding for name, binding in document.bindings.items() if name != profile},
    )
