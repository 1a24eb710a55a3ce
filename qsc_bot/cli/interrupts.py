"""Ctrl-C while something is written: the first finishes what is in flight, the second stops at once."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupts:
    """Holds the first Ctrl-C back while it is entered; `was_asked` tells that there was one."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._asked = False
        self._before: Any = None

    def was_asked(self) -> bool:
        """Whether to stop before the next conversation."""
        return self._asked

    def __enter__(self) -> None:
        """Take Ctrl-C over, where signals can be taken over."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._hold_back)

    def __exit__(self, *_: object) -> None:
        """Give Ctrl-C back."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _hold_back(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        self._tell("finishing the conversation in flight; Ctrl-C again stops at once")
