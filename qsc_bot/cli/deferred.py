"""Commands that are listed by their name and help, and made only when one of them is run."""

from functools import cached_property
from typing import Any

from typer.core import TyperCommand


class Deferred(TyperCommand):
    """Stands in a list for the command that its callback makes once it is run, completed or asked for its help."""

    @cached_property
    def made(self) -> Any:
        """The command itself, or a group."""
        assert self.callback is not None
        return self.callback()

    def make_context(self, *words: Any, **settings: Any) -> Any:
        """The context of the command itself; all that Typer does next, it does with that."""
        return self.made.make_context(*words, **settings)
