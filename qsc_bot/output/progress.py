"""What is being waited for, on stderr: one line that is rewritten, or a line now and then."""

from collections.abc import Callable, Mapping
from typing import Final

from qsc_bot.output.streams import Outlet, can_rewrite
from qsc_bot.output.text import sanitise, shorten

_STATIC_INTERVAL_SECONDS: Final = 10.0
_ERASE_LINE: Final = "\r\x1b[2K"


class Progress:
    """Called with each new state of the work; says nothing where nobody reads along."""

    def __init__(
        self,
        outlet: Outlet,
        *,
        is_terminal: bool,
        width: int,
        quiet: bool,
        environ: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        self._outlet = outlet
        self._width = width
        self._clock = clock
        self._rewrites = is_terminal and can_rewrite(environ) and not quiet
        self._says_lines = (is_terminal or bool(environ.get("CI"))) and not quiet and not self._rewrites
        self._said_at: float | None = None
        self._is_shown = False

    @property
    def is_heard(self) -> bool:
        """Whether somebody reads along."""
        return self._rewrites or self._says_lines

    def __call__(self, text: str) -> None:
        """Tell the newest state."""
        if self._rewrites:
            self._rewrite(sanitise(text))
        elif self._says_lines:
            self._say(sanitise(text))

    def close(self) -> None:
        """Take the line away, so that something else can be written."""
        if self._is_shown:
            self._outlet.write(_ERASE_LINE)
            self._outlet.stream.flush()
            self._is_shown = False

    def _rewrite(self, text: str) -> None:
        fitted = shorten(self._outlet.fit(text), self._width - 1)
        self._outlet.write(f"{_ERASE_LINE}{fitted}")
        self._outlet.stream.flush()
        self._is_shown = True

    def _say(self, text: str) -> None:
        now = self._clock()
        if self._said_at is None or now - self._said_at >= _STATIC_INTERVAL_SECONDS:
            self._outlet.line(text)
            self._outlet.stream.flush()
            self._said_at = now
