"""Keychains of every temper, in the shape of the library `keyring`."""

import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

import keyring.errors


class Memory:
    """A keychain that works; `delay` is called before every answer."""

    def __init__(self, chosen: Any = None, delay: Callable[[], object] = lambda: None) -> None:
        self.items: dict[tuple[str, str], str] = {}
        self.asked = 0
        self._chosen = chosen or self
        self._delay = delay

    def get_keyring(self) -> Any:
        """The back-end: this one, unless a test wants another."""
        self.asked += 1
        return self._chosen

    def get_password(self, service: str, user: str) -> str | None:
        """An item."""
        self._delay()
        return self.items.get((service, user))

    def set_password(self, service: str, user: str, text: str) -> None:
        """Keep an item."""
        self._delay()
        self.items[service, user] = text

    def delete_password(self, service: str, user: str) -> None:
        """Forget an item."""
        self._delay()
        if self.items.pop((service, user), None) is None:
            raise keyring.errors.PasswordDeleteError("not found")


class Forgetful(Memory):
    """Takes everything and gives back something else."""

    def get_password(self, service: str, user: str) -> str | None:
        """Never what was kept."""
        return '{"version": 1, "profile": "prod", "secrets": {}}' if (service, user) in self.items else None


class Failing(Memory):
    """Raises on every question; the words of the failure hold the secret, as those of some back-ends do."""

    def __init__(self, fault: type[Exception]) -> None:
        super().__init__()
        self._fault = fault

    def get_password(self, service: str, user: str) -> str | None:
        """Never."""
        raise self._fault("sentinel-token-9f1c")

    def set_password(self, service: str, user: str, text: str) -> None:
        """Never."""
        raise self._fault(text)

    def delete_password(self, service: str, user: str) -> None:
        """Never."""
        raise self._fault(user)


class HangingWrite(Memory):
    """Gives items, and does not come back from keeping one until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()
        self.reached = threading.Event()

    def hangs(self) -> bool:
        """Whether a write hangs, once one had the time to."""
        return self.reached.wait(0.1)

    def set_password(self, service: str, user: str, text: str) -> None:
        """Keep an item, late."""
        self.reached.set()
        assert self.released.wait(30)
        super().set_password(service, user, text)


class Bolting(Memory):
    """Gives no item up, and says so unless it is `silent`; one that `spoils` keeps something else than it was given."""

    def __init__(self, *, spoils: bool = False, silent: bool = False) -> None:
        super().__init__()
        self._spoils = spoils
        self._silent = silent

    def set_password(self, service: str, user: str, text: str) -> None:
        """Keep an item."""
        super().set_password(service, user, text[:-1] if self._spoils else text)

    def delete_password(self, service: str, user: str) -> None:
        """Never."""
        if not self._silent:
            raise ConnectionResetError


def hanging() -> tuple[Memory, threading.Event]:
    """A keychain that does not answer until the event is set."""
    released = threading.Event()
    return Memory(delay=released.wait), released


class PlainFiles:
    """Stands for a back-end of the package keyrings.alt."""


PlainFiles.__module__ = "keyrings.alt.file"


class Chain:
    """Several back-ends behind one another, as keyring's chainer has them."""

    def __init__(self, *backends: object) -> None:
        self.backends = list(backends)


def unloadable() -> Any:
    """The library is missing, or one that it needs."""
    raise ImportError("No module named 'keyring'")


LOCKED = Failing(keyring.errors.KeyringLocked)
REFUSING = Failing(keyring.errors.PasswordSetError)
ABSENT = Failing(keyring.errors.NoKeyringError)
BROKEN = Failing(ConnectionResetError)
NULL = Memory(chosen=import_module("keyring.backends.null").Keyring())
FAIL = Memory(chosen=import_module("keyring.backends.fail").Keyring())
PLAIN = Memory(chosen=PlainFiles())
CHAINED_PLAIN = Memory(chosen=Chain(Memory(), PlainFiles()))
