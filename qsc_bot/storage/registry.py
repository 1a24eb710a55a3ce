"""The registry file: strictly read, written whole or not at all, and never over another process's entry."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import yaml

from qsc_bot.errors import QscBotError
from qsc_bot.models.document import LIMIT_BYTES, NEWER_HINT, check_shape
from qsc_bot.models.files import locked, replace_whole
from qsc_bot.models.registry import VERSION, Account, Registry
from qsc_bot.models.yaml_text import parse_document

PROJECT_NAME: Final = "qsc-bot.lock.yaml"
STATE_NAME: Final = "registry.yaml"
HEADER: Final = "# Kept by qsc-bot: recipes that a person enters in Social Connect. No secrets; made to be committed.\n"
_MODE: Final = 0o600
_SHARED_MODE: Final = 0o644
_ATTEMPTS: Final = 5
_MOMENTS: Final = frozenset({"at", "first", "last"})
_NEVER_FOLDED: Final = 1_000_000

Edit = Callable[[Account], Account]


class AccountStore(Protocol):
    """Where one account's webhooks and recipes are kept."""

    def read(self) -> Account:
        """What is kept now."""
        ...

    def change(self, edit: Edit) -> None:
        """Put what `edit` makes of it in its place."""
        ...


class RegistryFile:
    """One account's part of a registry file; a `shared` one is made to be committed, so others may read it."""

    def __init__(self, path: Path, *, account_id: str, shared: bool) -> None:
        self._path = path
        self._account_id = account_id
        self._mode = _SHARED_MODE if shared else _MODE

    def read(self) -> Account:
        """What is kept now; raises `config.invalid` naming the path of what cannot be read, `config.state`."""
        return self._parse(self._content()).accounts.get(self._account_id, Account())

    def change(self, edit: Edit) -> None:
        """Put what `edit` makes of it in its place, all else kept; raises `config.invalid`, `config.state`."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self._path.parent):
                for _ in range(_ATTEMPTS):
                    if self._try_change(edit):
                        return
        except OSError as error:
            raise self._unusable(error) from error
        raise QscBotError("config.state", f"{self._path}: another process keeps changing it; nothing was recorded")

    def _try_change(self, edit: Edit) -> bool:
        before = self._content()
        registry = self._parse(before)
        present = registry.accounts.get(self._account_id, Account())
        wanted = edit(present)
        if wanted == present:
            return True
        accounts = {**registry.accounts, self._account_id: wanted}
        text = _head(before, self._path) + _dump(msgspec.structs.replace(registry, accounts=accounts))
        self._parse(text.encode())
        if self._content() != before:
            return False
        mode = self._path.stat().st_mode & 0o777 if self._path.exists() else self._mode
        replace_whole(self._path, text.encode(), mode=mode)
        return True

    def _content(self) -> bytes | None:
        try:
            with self._path.open("rb") as file:
                return file.read(LIMIT_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def _parse(self, content: bytes | None) -> Registry:
        source = str(self._path)
        keys = parse_document(content, source=source) if content is not None else None
        if isinstance(keys, dict) and type(keys.get("version")) is int and keys["version"] > VERSION:
            text = f"version: {keys['version']} is from a newer version of qsc-bot; this one reads {VERSION}"
            raise QscBotError("config.invalid", f"{source}: {text}", hint=NEWER_HINT)
        registry = msgspec.convert(check_shape(keys, Registry, source=source), Registry)
        for account_id, account in registry.accounts.items():
            _check_names(account, f"{source}: accounts.{account_id}")
            _check_moments(msgspec.to_builtins(account), f"{source}: accounts.{account_id}")
        return registry

    def _unusable(self, error: OSError) -> QscBotError:
        return QscBotError(
            "config.state",
            f"{self._path}: the registry cannot be used: {error.strerror or error}; nothing was recorded",
        )


def _check_names(account: Account, where: str) -> None:
    webhooks = [one.name for one in account.webhooks]
    recipes = [one.name for one in account.recipes]
    everywhere = webhooks + [one.name for one in account.messenger]
    for noun, names in (("webhooks", everywhere), ("recipes", recipes)):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise QscBotError("config.invalid", f"{where}.{noun}: the name {twice} stands twice")
    for at, recipe in enumerate(account.recipes):
        if recipe.webhook not in webhooks:
            path = f"{where}.recipes[{at}].webhook"
            raise QscBotError("config.invalid", f"{path}: there is no webhook {recipe.webhook} in this file")


def _check_moments(value: Any, where: str) -> None:
    """Times have the right shape by now; this refuses those that no calendar or clock has."""
    if isinstance(value, list):
        for at, part in enumerate(value):
            _check_moments(part, f"{where}[{at}]")
    if not isinstance(value, dict):
        return
    for key, part in value.items():
        if key in _MOMENTS and part is not None:
            try:
                datetime.fromisoformat(part)
            except ValueError:
                raise QscBotError("config.invalid", f"{where}.{key}: there is no such time as {part}") from None
        else:
            _check_moments(part, f"{where}.{key}")


def _head(content: bytes | None, path: Path) -> str:
    """The comment lines at the beginning, which are kept; a comment elsewhere would be lost, so it is refused."""
    if content is None:
        return HEADER
    text = content.decode()
    lines = text.splitlines(keepends=True)
    body = next((at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), len(lines))
    head = "".join(lines[:body])
    inner = _comment_line(text, after=len(head))
    if inner is not None:
        raise QscBotError(
            "config.invalid",
            f"{path}: line {inner} holds a comment, which would be lost; nothing was recorded",
            hint=("move it to the top of the file",),
        )
    return head


def _comment_line(text: str, *, after: int) -> int | None:
    """The line of the first comment: a # between two tokens, where no value can stand."""
    end = after
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        at = text.find("#", end, max(token.start_mark.index, end))
        if at >= 0:
            return text.count("\n", 0, at) + 1
        end = max(token.end_mark.index, end)
    at = text.find("#", end)
    return text.count("\n", 0, at) + 1 if at >= 0 else None


class _Text(str):
    """A text that is written in quotes, so that none is read back as a number, a date or a word such as yes."""


class _Dumper(yaml.SafeDumper):
    """Writes plain values, and texts in quotes."""


_Dumper.add_representer(_Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def _dump(registry: Registry) -> str:
    document = _quoted(msgspec.to_builtins(registry))
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=_NEVER_FOLDED)
    return text


def _quoted(value: Any) -> Any:
    """The same without what is null, which is left out."""
    match value:
        case str():
            return _Text(value)
        case list():
            return [_quoted(part) for part in value]
        case dict():
            parts = ((key if key.isalpha() or "_" in key else _Text(key), part) for key, part in value.items())
            return {key: _quoted(part) for key, part in parts if part is not None}
    return value
