"""A rescue as tests play it: a plan as JSON, a rescue with a yes, and what happens while the question stands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.terminal import Prod, Result, Tty


class Answer(Tty):
    """A person who says yes, after something has happened."""

    def __init__(self, meanwhile: Callable[[], object], text: str = "y\n") -> None:
        super().__init__(text)
        self._meanwhile = meanwhile

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # typeshed mixes two bases
        """Let it happen, then answer."""
        self._meanwhile()
        return super().readline(-1 if size is None else size)


def planned(prod: Prod, *words: str) -> dict[str, Any]:
    """The steps of a plan made now, by conversation."""
    result = prod.run("conversation", "rescue", *words, "--dry-run", "-o", "json")
    assert (result.code, result.stderr) == (0, "")
    return {step["id"]: step for step in result.document["steps"]}


def proposed(prod: Prod, *words: str) -> dict[str, tuple[list[str], str | None]]:
    """Why and what, by conversation."""
    return {name: (step["reason"], step["action"]) for name, step in planned(prod, *words).items()}


def rescued(prod: Prod, *words: str) -> dict[str, Any]:
    """What a rescue with --yes came to, by conversation."""
    result = prod.run("conversation", "rescue", *words, "--yes", "-o", "json")
    assert (result.code, result.stderr) == (0, "")
    return {item["id"]: item for item in result.document["items"]}


def rescued_after(prod: Prod, meanwhile: Callable[[], object], *words: str) -> Result:
    """A rescue during whose question something happens."""
    stdin = Answer(meanwhile)
    return prod.run("conversation", "rescue", *words, "-o", "json", stdin=stdin)


def saved(prod: Prod, *words: str, name: str = "plan.json") -> Path:
    """A plan made now, in a file."""
    path = prod.run.home / name
    result = prod.run("conversation", "rescue", *words, "--out", str(path))
    assert result.code == 0, result.stderr
    return path


def edited(path: Path, **changes: Any) -> Path:
    """The same plan with other values."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path
