"""A remote with a limit, told by headers or not, that others use too; its windows begin with their first call."""

from dataclasses import dataclass, field

from qsc_bot.storage.window import Told

PERIOD = 3600


@dataclass
class Server:
    """Counts as Social Connect does: a call too many is refused and not counted."""

    limit: int
    tells_reset: bool
    began: float = -1e9
    used: int = 0
    ours: int = 0
    refused: int = 0
    ours_by_window: list[int] = field(default_factory=list)

    def roll(self, now: float) -> None:
        """Begin a new window where the last one is over."""
        if not self.began <= now < self.began + PERIOD:
            self.began, self.used, self.ours = now, 0, 0
            self.ours_by_window.append(0)

    def use(self, calls: int, now: float) -> None:
        """Somebody else calls."""
        self.roll(now)
        self.used = min(self.used + calls, self.limit)

    def answer(self, now: float) -> Told:
        """One of our calls arrives."""
        self.roll(now)
        self.ours_by_window[-1] += 1
        allowed = self.used < self.limit
        self.used += allowed
        self.refused += not allowed
        return Told(
            limit=self.limit,
            remaining=self.limit - self.used,
            period_s=PERIOD,
            reset_at=int(self.began + PERIOD) if self.tells_reset else None,
            is_success=allowed,
        )
