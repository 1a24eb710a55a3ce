"""Small files that only their owner may read, written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NoReturn

from qsc_bot.errors import QscBotError
from qsc_bot.models.files import locked, replace_whole

_OTHERS: Final = 0o077


def read_private(path: Path) -> bytes | None:
    """The content of a file, None where there is none; raises `config.state`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _refuse(path, "cannot be read", error)


def write_private(path: Path, content: bytes) -> None:
    """Replace a file by one of mode 0600, making its folder with 0700; raises `config.state`."""
    try:
        replace_whole(path, content)
    except OSError as error:
        _refuse(path, "cannot be written", error)


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Let one process at a time read and change a file; raises `config.state` where its folder cannot be used."""
    try:
        with locked(path.parent):
            yield
    except OSError as error:
        _refuse(path, "cannot be written", error)


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """Let one process at a time do what takes several files, or none; an empty folder `place` is the lock."""
    with ExitStack() as held:
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            held.enter_context(locked(place))
        except OSError as error:
            _refuse(place, "cannot be used", error)
        yield


def check_private(path: Path) -> None:
    """Refuse a file or a folder that others may read; on Windows the profile folder's own rules hold."""
    if os.name == "nt" or not path.exists():
        return
    if path.stat().st_mode & _OTHERS:
        mode = "700" if path.is_dir() else "600"
        raise QscBotError("config.state", f"{path} is open to others", hint=(f"chmod {mode} {path}",))


def _refuse(path: Path, fault: str, error: OSError) -> NoReturn:
    raise QscBotError("config.state", f"{path} {fault}: {error.strerror}") from error
