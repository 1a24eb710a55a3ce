"""What becomes of the index's file when it fails while it is in use: it is a cache, and losing it costs calls only."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from qsc_bot.errors import FileSetAside, QscBotError
from qsc_bot.models.files import locked
from qsc_bot.storage.database import ASIDE, is_unreadable, set_aside

_OURS: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_CONSTRAINT})


class CacheFile:
    """The file, or memory where there is none. A damaged one is set aside; `fate` tells that, in words."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._number = _number_of(path) if path else None
        self.fate: str | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Turn what the file is at fault for into `index.unusable`; faults of our own stay what they are."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if self._path is None or getattr(error, "sqlite_errorcode", 0) in _OURS:
                raise
            raise self._failure(self._path, error) from error

    def _failure(self, path: Path, error: sqlite3.Error) -> QscBotError:
        told = "what is known of conversations cannot be used"
        if not is_unreadable(error) or not self._is_moved(path):
            return QscBotError("index.unusable", f"{told}: {path}: {error}")
        self.fate = self.fate or f"{path} cannot be read: {error}; it was set aside as {path.name}.{ASIDE}"
        return FileSetAside("index.unusable", f"{told}: {self.fate}, and the next run begins a new one")

    def _is_moved(self, path: Path) -> bool:
        """Set it aside, but not the new one that this or another process may have begun since."""
        try:
            with locked(path.parent):
                if _number_of(path) == self._number:
                    set_aside(path)
        except OSError:
            return False
        return True


def _number_of(path: Path) -> int | None:
    """The number of the file in its file system, by which it is told from another of its name."""
    try:
        return path.stat().st_ino
    except OSError:
        return None
