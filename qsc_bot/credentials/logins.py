"""What is known of each login without its secrets: where they are kept, which there are, and since when."""

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import msgspec

from qsc_bot.credentials.item import Binding, Place
from qsc_bot.credentials.private_file import alone, locked_file, read_private, write_private


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """One profile's login; `names` are the kinds of secrets that are kept, never the secrets.

    `keychain_used` says that another login than this one may have left an item in the keychain; where that is all that
    is known, there are no names. The account and the base URLs are
    those that it was made for; older logins do not know them.
    """

    place: Place
    names: list[str]
    saved_at: datetime | None = None
    token_saved_at: datetime | None = None
    keychain_used: bool = False
    account_id: str | None = None
    api: str | None = None
    graph: str | None = None

    @property
    def binding(self) -> Binding | None:
        """What it was made for, None where that is not known."""
        if self.account_id is None or self.api is None or self.graph is None:
            return None
        return Binding(account_id=self.account_id, api=self.api, graph=self.graph)


class Logins:
    """A small file of the state folder, so that what is stored can be told without asking the keychain."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, profile: str) -> Login | None:
        """The login of a profile, None where none is known."""
        return self._read().get(profile)

    @property
    def source(self) -> str:
        """How messages call it."""
        return f"the file {self._path}"

    def alone(self) -> AbstractContextManager[None]:
        """One login at a time, from what was stored before it to its last file; raises `config.state`."""
        return alone(self._path.parent / "login.lock")

    def remember(self, profile: str, login: Login) -> None:
        """Keep a login in place of the one before."""
        with locked_file(self._path):
            self._write({**self._read(), profile: login})

    def forget(self, profile: str) -> None:
        """Drop a login, if there is one."""
        with locked_file(self._path):
            kept = self._read()
            if profile in kept:
                self._write({name: login for name, login in kept.items() if name != profile})

    def _read(self) -> dict[str, Login]:
        content = read_private(self._path)
        try:
            return msgspec.json.decode(content, type=dict[str, Login]) if content else {}
        except msgspec.DecodeError:
            return {}  # nothing in it that the stores do not know as well, but the age of the token

    def _write(self, logins: dict[str, Login]) -> None:
        if not logins:
            self._path.unlink(missing_ok=True)
            return
        write_private(self._path, msgspec.json.encode(logins))
