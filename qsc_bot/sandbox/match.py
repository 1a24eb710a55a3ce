"""What a path turned out to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Match:
    """Whose path it is, its pattern when it is known, and its values."""

    remote: str
    method: str
    pattern: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    wrong_method: bool = False

    @property
    def name(self) -> str | None:
        """The endpoint as requests are counted."""
        return f"{self.method} {self.pattern}" if self.pattern else None
