"""Files that several processes change: one at a time, and each written whole or not at all."""

import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Final

from qsc_bot.errors import QscBotError

LONGEST_WAIT_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.02


@contextmanager
def locked(folder: Path, *, limit_seconds: float | None = None) -> Iterator[None]:
    """One process at a time changes the files of a folder; where the system has no such lock, nothing is locked.

    The folder itself is the lock, so that no file is left beside what is kept in it. Another process is waited for up
    to `LONGEST_WAIT_SECONDS`; then it is `config.state`.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        deadline = time.monotonic() + (LONGEST_WAIT_SECONDS if limit_seconds is None else limit_seconds)
        take = partial(fcntl.flock, handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        while not _is_taken(take):
            if time.monotonic() >= deadline:
                raise _held(folder)
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(handle)


def _is_taken(take: Callable[[], None]) -> bool:
    try:
        take()
    except BlockingIOError:
        return False
    return True


def _held(folder: Path) -> QscBotError:
    return QscBotError(
        "config.state",
        f"another process is changing the files of {folder}; nothing was recorded",
        hint=("run again; if it stays, end the qsc-bot process that hangs",),
    )


def replace_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put a file in the place of another, on the disk before it stands there; its folder is made with mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = path.resolve()  # a linked file stays a link
    handle, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def write_named(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file that a user named, of this mode less the umask, and a folder for it where there is none.

    A file is written whole or not at all, and keeps its mode as far as this one allows it. What is no file, a pipe or a
    device, is written through; so is a file in a folder that takes no other one.
    """
    before = path.stat() if path.exists() else None
    target = path.resolve()  # a linked file stays a link
    if before is not None and not (stat.S_ISREG(before.st_mode) and os.access(target.parent, os.W_OK)):
        path.write_bytes(content)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}-{token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            temporary.chmod(stat.S_IMODE(before.st_mode) & mode)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
