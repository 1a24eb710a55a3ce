"""The newest messages of an account, read anew for several conversations at once."""

import threading
from datetime import datetime, timedelta
from typing import Final

from qsc_bot.models.wire import moment
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.refresh import Refresh

WINDOW: Final = timedelta(days=7)
"""How far back is looked where nothing is known."""


class Newest:
    """Brings the messages in the index up to date; who asks while they are being read waits for the next reading.

    So every conversation is judged by a reading that began after it was asked for, and those in flight share it.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._begun = 0
        self._read = 0

    def bring_up_to_date(self, connection: Connection) -> None:
        """One call where little is new; raises what the API raises."""
        before = self._begun
        with self._turn:
            if self._read > before:
                return
            self._begun += 1
            read_messages(connection)
            self._read = self._begun


def read_messages(connection: Connection, *, since: datetime | None = None) -> None:
    """Read what is new among the messages; all since a moment where that is not known yet."""
    start = since or moment(connection.index.coverage().swept_from)
    refresh = Refresh(connection, full=False, tell=lambda _: None, foresee=lambda _: True)
    for _ in refresh.messages(lambda now: start or now - WINDOW):
        pass
