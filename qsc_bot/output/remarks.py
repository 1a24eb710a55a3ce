"""What is said beside the result: on stderr, or in the document where programs read one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from qsc_bot.output.fields import Row, encode
from qsc_bot.output.formats import Format
from qsc_bot.output.progress import Progress
from qsc_bot.output.streams import YELLOW, Outlet
from qsc_bot.output.text import sanitise

DOCUMENTS: Final = frozenset({Format.JSON, Format.NDJSON, Format.YAML})


@dataclass(kw_only=True)
class Remarks:
    """The voice of one run. `leave` is called before anything is said, where something is redrawn."""

    outlet: Outlet
    progress: Progress
    format: Format
    is_quiet: bool
    leave: Callable[[], None] = lambda: None
    _held: list[str] = field(default_factory=list)

    @property
    def is_for_programs(self) -> bool:
        """Whether stderr holds one error object and nothing else."""
        return self.format in (Format.JSON, Format.NDJSON)

    def notice(self, text: str) -> None:
        """Say something that can be missed."""
        if not self.is_quiet and not self.is_for_programs:
            self.say(text)

    def warning(self, text: str) -> None:
        """Say something that must not be missed."""
        self.say(text, label=f"{self.outlet.paint('warning:', YELLOW)} ")

    def attach(self, text: str) -> None:
        """The same, as one of the document's warnings where a document is wanted."""
        if self.format not in DOCUMENTS:
            self.warning(text)
        elif text not in self._held:
            self._held.append(text)

    def say(self, text: str, *, label: str = "") -> None:
        """Write one line."""
        self.progress.close()
        self.leave()
        self.outlet.line(f"{label}{sanitise(text)}")

    def add(self, warnings: Sequence[str], hints: Sequence[str]) -> None:
        """Say what a result is told with."""
        for text in warnings:
            self.warning(text)
        for text in hints:
            self.notice(text)

    def warned(self, document: Row) -> Row:
        """The document with what was attached so far, first among its warnings; one without them is as it was."""
        if not self._held or "warnings" not in document:
            return document
        told: list[Any] = [*encode(self._held), *document["warnings"]]
        return document | {"warnings": list(dict.fromkeys(told))}

    def give_up(self) -> None:
        """No document comes: to people, say what was attached."""
        if not self.is_for_programs:
            for text in self._held:
                self.warning(text)
            self._held.clear()
