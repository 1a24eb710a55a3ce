"""The one clock: local time, corrected by what the remote says the time is."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from qsc_bot.models.duration import spoken

TOLERANCE_SECONDS: Final = 2.0
"""A `Date` header has whole seconds and some travel time: a smaller difference is no difference."""
WRONG_SECONDS: Final = 120.0
"""A difference that a person should know of."""


class Clock:
    """Local time plus the offset of the remote's last `Date` header."""

    def __init__(self, unix_seconds: Callable[[], float]) -> None:
        self._local = unix_seconds
        self.offset_seconds = 0.0

    def unix(self) -> float:
        """Now, in Unix seconds."""
        return self._local() + self.offset_seconds

    def local_unix(self) -> float:
        """Now by this machine's clock, right or wrong; the same for every process on it."""
        return self._local()

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.fromtimestamp(self.unix(), UTC)

    @property
    def warning(self) -> str | None:
        """What is to be said where this machine's clock is wrong, judging by the remote's."""
        if abs(self.offset_seconds) < WRONG_SECONDS:
            return None
        side = "behind" if self.offset_seconds > 0 else "ahead of"
        by = spoken(abs(self.offset_seconds))
        return f"this machine's clock is {by} {side} the remote's, which is the one that counts here"

    def observe(self, date_header: str | None) -> None:
        """Learn the remote's time from its `Date` header; one that cannot be read is passed over."""
        if not date_header:
            return
        from email.utils import parsedate_to_datetime  # only who asks a remote pays for it

        try:
            remote = parsedate_to_datetime(date_header)
        except (TypeError, ValueError, OverflowError):
            return
        remote = remote if remote.tzinfo else remote.replace(tzinfo=UTC)
        offset = remote.timestamp() - self._local()
        self.offset_seconds = offset if abs(offset) > TOLERANCE_SECONDS else 0.0
