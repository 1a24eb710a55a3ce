"""Where the secrets of a profile are kept: the system keychain, or the file that a person agreed to."""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

from msgspec.structs import replace

from qsc_bot.credentials.file_store import FileStore
from qsc_bot.credentials.item import Binding, Item, Place
from qsc_bot.credentials.keychain import SOURCE, Keychain, KeychainInDoubt
from qsc_bot.credentials.logins import Login, Logins
from qsc_bot.errors import QscBotError

PLACES: Final[tuple[Place, ...]] = ("keychain", "file")


class Vault:
    """Reads and keeps secrets; every failure is `auth.keychain` or `config.state`."""

    def __init__(self, *, keychain: Keychain, file: FileStore, logins: Logins) -> None:
        self._keychain = keychain
        self._file = file
        self._logins = logins

    def login(self, profile: str) -> Login | None:
        """What is known of a profile's login without asking the keychain."""
        return self._logins.of(profile)

    def alone(self) -> AbstractContextManager[None]:
        """One login at a time, so that none puts back what another one replaced; raises `config.state`."""
        return self._logins.alone()

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
        """Keep secrets in a place, and in it in place of those before.

        That the keychain may hold something is remembered before it is given anything, until it is certain that it does
        not: the process can end before the system is done. Raises `KeychainInDoubt` where it is not certain.
        """
        if place == "file":
            self._file.write(profile, values, binding)
            return
        before = self._logins.of(profile)
        if not _used_keychain(before):
            self._logins.remember(profile, _marked(before))
        try:
            self._keychain.write(profile, values, binding)
        except KeychainInDoubt:
            raise
        except QscBotError:
            self._relog(profile, before)
            raise

    def record(self, profile: str, login: Login) -> None:
        """Remember a login, and forget what an earlier one left in the file."""
        before = self._logins.of(profile)
        self._logins.remember(profile, replace(login, keychain_used=_used_keychain(before) or _used_keychain(login)))
        if login.place == "keychain":
            self._file.delete(profile)

    def restore(
        self, profile: str, item: Item | None, login: Login | None, *, written: Collection[Place], doubtful: bool
    ) -> list[str]:
        """Put back what was there before `write`s to the places `written`; where that failed, as messages call it.

        A keychain that is `doubtful` is not asked again.
        """
        left = {"keychain"} if doubtful else set[str]()
        for place in PLACES:
            is_touched = place in written or (place == "file" and item is not None and item.place == place)
            if is_touched and place not in left and not _is_done(partial(self._put_back, profile, item, place)):
                left.add(place)
        known = _marked(login) if "keychain" in left else login
        is_known = _is_done(partial(self._relog, profile, known))
        return [
            *(self.source(place) for place in PLACES if place in left),
            *([] if is_known else [self._logins.source]),
        ]

    def delete(self, profile: str) -> tuple[bool, QscBotError | None]:
        """Forget the secrets of a profile everywhere: whether there were any, and why not all could be looked at.

        A place that cannot be used raises where it may hold something: the file always, the keychain where a login is
        known to have used it. The other one is emptied even then, and what may be left is remembered.
        """
        login = self._logins.of(profile)
        emptied, faults = self._empty(profile)
        left = [place for place in faults if place == "file" or _used_keychain(login)]
        if left:
            place = "file" if "file" in left else "keychain"
            known = replace(login, place=place, keychain_used="keychain" in left) if login else None
            _is_done(partial(self._relog, profile, known))
            told = [f"{faults[place].message}; it may still hold secrets of {profile}" for place in left]
            raise self._half_done(profile, told, [faults[place] for place in left], emptied)
        try:
            self._logins.forget(profile)
        except QscBotError as error:
            raise self._half_done(profile, [error.message], [error], emptied) from error
        return bool(emptied), faults.get("keychain")

    def _empty(self, profile: str) -> tuple[list[Place], dict[Place, QscBotError]]:
        """Which places held secrets of the profile and hold them no more, and which could not be asked."""
        emptied: list[Place] = []
        faults: dict[Place, QscBotError] = {}
        for place in PLACES:
            try:
                if self._store(place).delete(profile):
                    emptied.append(place)
            except QscBotError as error:
                faults[place] = error
        return emptied, faults

    def _half_done(
        self, profile: str, told: Sequence[str], faults: Sequence[QscBotError], emptied: Sequence[Place]
    ) -> QscBotError:
        told = [*told, *(f"{self.source(place)} holds no secrets of {profile} any more" for place in emptied)]
        hint = [line for fault in faults for line in fault.hint]
        again = f"qsc-bot auth logout -p {profile} again, once that is mended"
        return QscBotError(faults[0].code, "; ".join(told), hint=(*hint, again))

    def _put_back(self, profile: str, item: Item | None, place: Place) -> None:
        if item is not None and item.place == place:
            self._store(place).write(profile, item.values, item.binding)
        else:
            self._store(place).delete(profile)

    def _relog(self, profile: str, login: Login | None) -> None:
        if login is None:
            self._logins.forget(profile)
        else:
            self._logins.remember(profile, login)

    def _store(self, place: Place) -> Keychain | FileStore:
        return self._keychain if place == "keychain" else self._file


def _used_keychain(login: Login | None) -> bool:
    return login is not None and (login.place == "keychain" or login.keychain_used)


def _marked(login: Login | None) -> Login:
    """A login beside which the keychain may hold something; without names where nothing else is known."""
    return replace(login, keychain_used=True) if login else Login(place="file", names=[], keychain_used=True)


def _is_done(step: Callable[[], object]) -> bool:
    try:
        step()
    except (QscBotError, OSError):
        return False
    return True
