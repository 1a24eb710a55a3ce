"""Where the secrets of a profile are kept: the system keychain, or the file that a person agreed to."""

import dataclasses
from collections.abc import Collection, Mapping
from contextlib import ExitStack

from msgspec.structs import replace

from qsc_bot.credentials.file_store import FileStore
from qsc_bot.credentials.item import Binding, Item, Place
from qsc_bot.credentials.keychain import SOURCE, Keychain
from qsc_bot.credentials.logins import Login, Logins
from qsc_bot.errors import QscBotError


class Vault:
    """Reads and keeps secrets; every failure is `auth.keychain` or `config.state`."""

    def __init__(self, *, keychain: Keychain, file: FileStore, logins: Logins) -> None:
        self._keychain = keychain
        self._file = file
        self._logins = logins

    def login(self, profile: str) -> Login | None:
        """What is known of a profile's login without asking the keychain."""
        return self._logins.of(profile)

    def source(self, place: Place) -> str:
        """How messages call a place."""
        return SOURCE if place == "keychain" else self._file.source

    def read(self, profile: str) -> Item | None:
        """The stored secrets; where the login is not known, the file is looked at before the keychain is asked.

        What they were made for stands with them; only where it does not, the login is believed.
        """
        login = self._logins.of(profile)
        item = self._file.read(profile) if login is None or login.place == "file" else None
        item = item or self._keychain.read(profile)
        if item is None or login is None:
            return item
        return dataclasses.replace(item, binding=item.binding or login.binding)

    def write(self, profile: str, values: Mapping[str, str], *, place: Place, binding: Binding | None = None) -> None:
        """Keep secrets in a place, and in it in place of those before."""
        self._store(place).write(profile, values, binding)

    def record(self, profile: str, login: Login) -> None:
        """Remember a login, and forget what an earlier one left in the file."""
        before = self._logins.of(profile)
        self._logins.remember(profile, replace(login, keychain_used=_used_keychain(before) or _used_keychain(login)))
        if login.place == "keychain":
            self._file.delete(profile)

    def restore(self, profile: str, item: Item | None, login: Login | None, *, written: Collection[Place]) -> None:
        """Put back what was there before `write`s to the places `written`, each store whatever the others do."""
        with ExitStack() as steps:  # from the last to the first
            for place in written:
                if item is None or item.place != place:
                    steps.callback(self._store(place).delete, profile)
            if item is not None and (item.place in written or item.place == "file"):
                steps.callback(self._store(item.place).write, profile, item.values, item.binding)
            if login is None:
                steps.callback(self._logins.forget, profile)
            else:
                steps.callback(self._logins.remember, profile, login)

    def delete(self, profile: str) -> tuple[bool, QscBotError | None]:
        """Forget the secrets of a profile everywhere: whether there were any, and why not all could be looked at.

        A keychain that cannot be asked raises only where a login is known to have used it; what is in the file is
        forgotten even then, and the login is remembered as one in the keychain until that could be asked.
        """
        login = self._logins.of(profile)
        existed, fault = False, None
        try:
            existed = self._keychain.delete(profile)
        except QscBotError as error:
            fault = error
        existed = self._file.delete(profile) or existed
        if fault is not None and login is not None and _used_keychain(login):
            self._logins.remember(profile, replace(login, place="keychain"))
            raise fault
        self._logins.forget(profile)
        return existed, fault

    def _store(self, place: Place) -> Keychain | FileStore:
        return self._keychain if place == "keychain" else self._file


def _used_keychain(login: Login | None) -> bool:
    return login is not None and (login.place == "keychain" or login.keychain_used)
