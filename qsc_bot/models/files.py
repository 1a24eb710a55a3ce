"""Files that several processes change: one at a time, and each written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time changes the files of a folder; where the system has no such lock, nothing is locked.

    The folder itself is the lock, so that no file is left beside what is kept in it.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


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
