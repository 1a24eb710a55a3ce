"""Ctrl-C and SIGTERM while something is written: the first finishes what is in flight, the second stops at once."""

import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any, Final

from qsc_bot.errors import QscBotError

SIGNALS: Final[Mapping[int, tuple[str, str]]] = {
    signal.SIGINT: ("run.interrupted", "stopped by Ctrl-C"),
    signal.SIGTERM: ("run.terminated", "stopped by SIGTERM"),
}


class Interrupts:
    """Holds both signals back while it is entered, so that writes end where they can be told of.

    `finishing` says what is still done after the first of them.
    """

    def __init__(self, tell: Callable[[str], None], *, finishing: str = "the conversations in flight") -> None:
        self._tell = tell
        self._finishing = finishing
        self._asked: QscBotError | None = None
        self._times = 0
        self._before: dict[int, Any] = {}

    def asked(self) -> QscBotError | None:
        """What asked to stop before the next conversation, if anything did."""
        return self._asked

    def check(self) -> None:
        """Raise KeyboardInterrupt where it was asked a second time: what is in flight is not to be waited for."""
        if self._times > 1:
            raise KeyboardInterrupt

    def __enter__(self) -> None:
        """Take the signals over, where they can be taken over."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._hold_back) for number in SIGNALS}

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before = {}

    def _hold_back(self, number: int, _frame: FrameType | None) -> None:
        self._times += 1
        if self._asked is None:
            self._asked = QscBotError(*SIGNALS[number])
            with suppress(
                OSError, RuntimeError
            ):  # it may come in the middle of another line, or with nobody to read it
                self._tell(f"finishing {self._finishing}; Ctrl-C again stops at once")
        elif self._times > 2:
            raise KeyboardInterrupt  # whoever should have looked at `check` by now hangs
