"""What an account was found to be like, remembered to save calls; losing it costs calls and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from qsc_bot.models.files import replace_whole

TOPICS_TRUSTED_SECONDS: Final = 24 * 3600.0


class Facts:
    """A small JSON file of facts about one account on one host, in the cache folder."""

    def __init__(self, path: Path, *, key: str, unix_seconds: Callable[[], float]) -> None:
        self._path = path
        self._key = key
        self._now = unix_seconds
        self._known: dict[str, Any] | None = None

    def topics(self, service: str) -> list[str]:
        """The topic ids found for a service within the last day, else none."""
        match self._read().get(f"topics:{service}"):
            case {"at": int() | float() as at, "ids": [*ids]} if 0 <= self._now() - at < TOPICS_TRUSTED_SECONDS:
                return [str(topic) for topic in ids]
        return []

    def remember_topics(self, service: str, ids: list[str]) -> None:
        """Keep the topic ids of a service for a day."""
        self._write(f"topics:{service}", {"at": self._now(), "ids": ids})

    def is_proven(self, claim: str) -> bool:
        """Whether this was once seen to be so."""
        return self._read().get(f"proof:{claim}") is True

    def remember_proof(self, claim: str) -> None:
        """Keep that this was seen to be so."""
        if not self.is_proven(claim):
            self._write(f"proof:{claim}", True)

    def _read(self) -> dict[str, Any]:
        if self._known is None:
            found = self._load().get(self._key)
            self._known = found if isinstance(found, dict) else {}
        return self._known

    def _load(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, name: str, value: object) -> None:
        self._read()[name] = value
        document = self._load()
        document[self._key] = self._known
        try:
            replace_whole(self._path, json.dumps(document).encode())
        except OSError:
            return  # a read-only home: the fact is asked for again next time
