"""The system's keychain: one item a profile, never waited for longer than three seconds."""

import json
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

import msgspec

from qsc_bot.credentials.item import Binding, Item
from qsc_bot.errors import QscBotError

T = TypeVar("T")

SERVICE: Final = "qsc-bot"
SOURCE: Final = "the system keychain"
_VERSION: Final = 1
_QUIET_SECONDS: Final = 1.0
_LIMIT_SECONDS: Final = 3.0
_WINDOWS_LIMIT_BYTES: Final = 2560  # of UTF-16, what one item of the Windows vault may hold
_USELESS_BACKENDS: Final = ("keyring.backends.null", "keyring.backends.fail")
_PLAIN_FILES: Final = "keyrings.alt"


class Backend(Protocol):
    """What the library `keyring` offers."""

    def get_keyring(self) -> Any:
        """The back-end that the library chose."""

    def get_password(self, service: str, user: str) -> str | None:
        """The text of an item."""

    def set_password(self, service: str, user: str, text: str) -> None:
        """Keep a text as an item."""

    def delete_password(self, service: str, user: str) -> None:
        """Forget an item."""


def load_backend() -> Backend:
    """The library, imported only now."""
    import keyring

    return keyring


class KeychainInDoubt(QscBotError):
    """The keychain was given secrets, and it is not known whether it holds them."""


class Keychain:
    """The secrets of each profile as one item; whatever goes wrong is `auth.keychain`, and says why."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        tell: Callable[[str], None],
        load: Callable[[], Backend] = load_backend,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
        platform: str = sys.platform,
    ) -> None:
        self._environ = environ
        self._tell = tell
        self._load = load
        self._wait = wait
        self._platform = platform
        self._turn = threading.Lock()  # one question at a time, so that a late one is undone before the next

    def read(self, profile: str) -> Item | None:
        """What is kept for a profile; None where there is no item."""
        text = self._ask(lambda backend: backend.get_password(SERVICE, profile))
        return None if text is None else _unpack(text, profile)

    def write(self, profile: str, secrets: Mapping[str, str], binding: Binding | None = None) -> None:
        """Keep the secrets of a profile, and what they were made for, in place of those kept before; read them back.

        Where that fails or is given up, the item of before is put back, however late the system is done with it. Raises
        `KeychainInDoubt` where that is not done yet, or failed.
        """
        text = _pack(profile, secrets, binding)
        if self._platform == "win32" and len(text.encode("utf-16-le")) > _WINDOWS_LIMIT_BYTES:
            raise _unusable("the secrets are longer than one of its items may be")

        settled = threading.Lock()

        def keep(backend: Backend) -> bool:
            before = backend.get_password(SERVICE, profile)
            if settled.locked():
                return False
            is_kept = False
            try:
                backend.set_password(SERVICE, profile, text)
                is_kept = backend.get_password(SERVICE, profile) == text and settled.acquire(blocking=False)
            finally:
                if not is_kept:
                    _put_back(backend, profile, before)
            return is_kept

        if not self._ask(keep, settled, given_up=_in_doubt):
            raise _unusable("it does not give back what it was given")

    def delete(self, profile: str) -> bool:
        """Forget the item of a profile; whether there was one."""

        def forget(backend: Backend) -> bool:
            if backend.get_password(SERVICE, profile) is None:
                return False
            backend.delete_password(SERVICE, profile)
            return True

        return self._ask(forget)

    def _ask(
        self,
        action: Callable[[Backend], T],
        settled: "threading.Lock | None" = None,
        given_up: Callable[[str], QscBotError] | None = None,
    ) -> T:
        """What the action found; `settled` is taken by the action that is done or by who gives it up, by one alone."""
        if self._platform.startswith("linux") and not self._environ.get("DBUS_SESSION_BUS_ADDRESS"):
            raise _unusable("there is no D-Bus session")
        results: list[T] = []
        faults: list[BaseException] = []
        ended = threading.Event()

        def run() -> None:
            try:
                with self._turn:
                    results.append(action(_usable(self._load())))
            except BaseException as fault:  # noqa: BLE001  # handed to the thread that waits, whatever it is
                faults.append(fault)
            finally:
                ended.set()

        threading.Thread(target=run, name="keychain", daemon=True).start()
        if not self._await(ended, settled or threading.Lock()):
            raise (given_up or _unusable)(f"it hangs: no answer in {_LIMIT_SECONDS:.0f} seconds")
        if faults:
            raise _translated(faults[0]) from None  # a back-end's own words may hold the secret
        return results[0]

    def _await(self, ended: threading.Event, settled: threading.Lock) -> bool:
        is_over = is_given_up = False
        try:
            is_over = self._wait_aloud(ended)
        finally:
            if not is_over:
                is_given_up = settled.acquire(blocking=False)
        if is_given_up:
            return False
        return ended.wait()

    def _wait_aloud(self, ended: threading.Event) -> bool:
        if self._wait(ended, _QUIET_SECONDS):
            return True
        self._tell("waiting for the system keychain")
        return self._wait(ended, _LIMIT_SECONDS - _QUIET_SECONDS)


def _put_back(backend: Backend, profile: str, before: str | None) -> None:
    try:
        if backend.get_password(SERVICE, profile) == before:
            return
        if before is None:
            backend.delete_password(SERVICE, profile)
        else:
            backend.set_password(SERVICE, profile, before)
        is_back = backend.get_password(SERVICE, profile) == before
    except Exception:  # noqa: BLE001  # whatever it is, what the item holds is not known then
        is_back = False
    if not is_back:
        raise _in_doubt("it failed, and what it held before could not be put back") from None


def _unusable(reason: str) -> QscBotError:
    return QscBotError("auth.keychain", f"the system keychain cannot be used: {reason}")


def _in_doubt(reason: str) -> QscBotError:
    return KeychainInDoubt("auth.keychain", f"the system keychain cannot be used: {reason}")


def _usable(backend: Backend) -> Backend:
    """Refuse a back-end that keeps nothing, or that keeps secrets in plain files nobody announced."""
    chosen = backend.get_keyring()
    for one in getattr(chosen, "backends", None) or (chosen,):
        module = type(one).__module__
        if module.startswith(_USELESS_BACKENDS):
            raise _unusable("none is installed or running")
        if module.startswith(_PLAIN_FILES):
            raise _unusable("the installed one keeps secrets in plain files")
    return backend


def _translated(fault: BaseException) -> QscBotError:
    kinds = {kind.__name__ for kind in type(fault).__mro__}  # by name: the library is not imported here
    if isinstance(fault, QscBotError):
        return fault
    if "KeyringLocked" in kinds:
        return _unusable("it is locked")
    if "NoKeyringError" in kinds:
        return _unusable("none is installed or running")
    if isinstance(fault, ImportError):
        return _unusable("its library cannot be loaded")
    return _unusable(f"it refused ({type(fault).__name__})")


class _Text(msgspec.Struct, frozen=True, kw_only=True):
    """The text of an item, which names its profile, so that another item's is not taken for it."""

    profile: str
    secrets: dict[str, str]
    binding: Binding | None = None


def _pack(profile: str, secrets: Mapping[str, str], binding: Binding | None) -> str:
    bound = {"binding": msgspec.to_builtins(binding)} if binding else {}
    return json.dumps({"version": _VERSION, "profile": profile, "secrets": dict(secrets), **bound})


def _unpack(text: str, profile: str) -> Item:
    try:
        item = msgspec.json.decode(text, type=_Text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        item = None
    if item is None or item.profile != profile:
        raise _unusable(f"it answered with another item's text for {profile}") from None
    return Item(item.secrets, "keychain", item.binding)
