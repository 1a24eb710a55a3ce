"""Which processes are still there: each holds a lock that the system takes from it when it dies, however it dies."""

import secrets
import sqlite3
from contextlib import suppress
from pathlib import Path


class Presence:
    """This process, as others can tell that it is there; `token` names it and is never used again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.token = secrets.token_hex(8)
        self._path = folder / self.token
        self._path.touch(mode=0o600)
        self._lock = _connect(self._path)
        self._lock.execute("BEGIN EXCLUSIVE")

    def leave(self) -> None:
        """Be there no more."""
        self._lock.close()
        self._path.unlink(missing_ok=True)


def is_present(folder: Path, token: str) -> bool:
    """Whether the process of this token is still there; what a dead one left is removed."""
    path = folder / token
    if not path.exists():
        return False
    lock = _connect(path)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return True
    finally:
        lock.close()
    with suppress(OSError):
        path.unlink()
    return False


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
