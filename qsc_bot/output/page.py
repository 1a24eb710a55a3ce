"""The two streams of one run, and the form in which things are put on them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.output import structured
from qsc_bot.output.fields import Row, Shape
from qsc_bot.output.formats import Format
from qsc_bot.output.forms import Form
from qsc_bot.output.identity import Identity
from qsc_bot.output.progress import Progress
from qsc_bot.output.remarks import Remarks
from qsc_bot.output.streams import BOLD, Outlet
from qsc_bot.output.table import Screen

FOR_PEOPLE: Final = (Format.TABLE, Format.PLAIN)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Where results are put, in the format that was chosen."""

    out: Outlet
    err: Outlet
    format: Format
    fields: tuple[str, ...]
    is_quiet: bool
    width: int
    progress: Progress
    show_names: Callable[[], bool]
    now: Callable[[], datetime]
    identity: Callable[[], Identity]

    @cached_property
    def remarks(self) -> Remarks:
        """What is said beside the result."""
        return Remarks(outlet=self.err, progress=self.progress, format=self.format, is_quiet=self.is_quiet)

    def shape(self, schema: str, *, parts: str | None = None) -> Shape:
        """The fields of a result that are wanted."""
        return Shape(schema=schema, fields=self.fields, show_names=self.show_names(), parts=parts)

    def form(self) -> Form:
        """How rows look on stdout."""
        return Form(format=self.format, fields=self.fields, screen=self.screen(self.out))

    def screen(self, outlet: Outlet) -> Screen:
        """What a table has to fit."""
        return Screen(
            width=self.width,
            now=self.now(),
            fit=outlet.fit,
            header=lambda text: outlet.paint(text, BOLD),
        )

    def identify(self) -> Identity:
        """Whose the result is; nobody's where no profile can be told."""
        try:
            return self.identity()
        except QscBotError:
            return Identity(profile=None, account_id=None, sandbox=False)

    def owner(self) -> structured.Owner:
        """The same, as every document names it."""
        identity = self.identify()
        return {"profile": identity.profile, "account_id": identity.account_id}

    def open(self) -> None:
        """Say before a result for people where it is not a real account's."""
        if self.format in FOR_PEOPLE and self.identify().sandbox:
            self.remarks.notice("sandbox: no real account")

    def put(self, text: str, *, reveals: Sequence[str] = ()) -> None:
        """Write on stdout."""
        self.progress.close()
        self.out.write(text, reveals=reveals)
        self.out.stream.flush()  # also when both streams end in one pipe, what is said of the data comes after it

    def document(self, document: Row, reveals: Sequence[str] = ()) -> None:
        """Write one document."""
        as_yaml, document = self.format is Format.YAML, self.remarks.warned(document)
        self.put(structured.to_yaml(document) if as_yaml else f"{structured.to_json(document)}\n", reveals=reveals)

    def stream(self, lines: Iterable[Row], reveals: Sequence[str] = ()) -> None:
        """Write records, one a line, as they come."""
        for line in lines:
            self.put(f"{structured.to_json(self.remarks.warned(line))}\n", reveals=reveals)
