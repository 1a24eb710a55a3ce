"""Where text goes: one stream, what it can show, and whether it takes colour."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from qsc_bot.output.text import ELLIPSIS
from qsc_bot.transport.spellings import hide

BOLD: Final = "1"
RED: Final = "1;31"
YELLOW: Final = "1;33"
_SHORTEST_SECRET: Final = 8  # shorter ones, the sandbox's own token among them, are words that texts hold anyway


@dataclass(frozen=True, kw_only=True)
class Outlet:
    """A text stream that never fails on a character it cannot show."""

    stream: TextIO
    color: bool
    secrets: Callable[[], Collection[str]] = tuple

    def fit(self, text: str) -> str:
        """The text with replacements for what the stream's encoding lacks."""
        encoding = self.stream.encoding or "utf-8"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            return text.replace(ELLIPSIS, "...").encode(encoding, "replace").decode(encoding)
        return text

    def write(self, text: str, *, reveals: Sequence[str] = ()) -> None:
        """Write a text as well as the stream can show it; a secret that nobody asked to see stays hidden."""
        long = [secret for secret in self.secrets() if len(secret) >= _SHORTEST_SECRET]
        hidden = [secret for secret in long if not any(secret in shown for shown in reveals)]
        self.stream.write(self.fit(hide(text, hidden)))

    def line(self, text: str) -> None:
        """Write one line."""
        self.write(f"{text}\n")

    def paint(self, text: str, style: str) -> str:
        """The text in a style, where colour is wanted; the words alone must carry the meaning."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.color else text


def can_rewrite(environ: Mapping[str, str]) -> bool:
    """Whether lines may be written anew on a terminal: not where someone listens to it, nor where it cannot."""
    return environ.get("ACCESSIBLE") != "1" and environ.get("TERM") != "dumb"


def allows_color(*, wanted: bool, is_terminal: bool, environ: Mapping[str, str]) -> bool:
    """Whether a stream takes colour: a terminal that nobody asked to do without."""
    return wanted and is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
