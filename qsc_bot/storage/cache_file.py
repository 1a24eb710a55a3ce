"""What becomes of the index's file when it fails while it is in use: it is a cache, and losing it costs calls only."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.files import locked
from qsc_bot.storage.database import ASIDE, is_unreadable, set_aside

_OURS: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_CONSTRAINT})


class CacheFile:
    """The file, or memory where there is none. A damaged one is set aside once, for the next run to begin anew."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._is_gone = False

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
        told = f"what is known of conversations cannot be used: {path}: {error}"
        if not is_unreadable(error):
            return QscBotError("index.unusable", told)
        if aside := self._moved(path):
            told += f"; it was set aside as {aside}, and the next run begins a new one"
        return QscBotError("index.unusable", told)

    def _moved(self, path: Path) -> str | None:
        """Set it aside, but not the new one that another process may have begun since."""
        if self._is_gone:
            return f"{path.name}.{ASIDE}"
        try:
            with locked(path.parent):
                aside = set_aside(path)
        except OSError:
            return None
        self._is_gone = True
        return aside.name
