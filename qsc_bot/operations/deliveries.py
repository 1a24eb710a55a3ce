"""What arrived at webhooks, as it was kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qsc_bot.models.delivery import Delivery, Kind
from qsc_bot.models.wording import counted
from qsc_bot.results import Column, Ending, Listing
from qsc_bot.storage.deliveries import Deliveries

COLUMNS: Final = (
    Column("received_at", "CAME", "ago", 0),
    Column("kind", "KIND", rank=0),
    Column("conversation", "CONVERSATION", rank=0),
    Column("id", "DELIVERY", rank=0),
    Column("verified", "VERIFIED", rank=1),
    Column("forwarded.status", "ANSWERED", rank=2),
    Column("recipe", "RECIPE", rank=3),
    Column("revision", "REVISION", rank=4),
)
PLAIN: Final = (
    "id",
    "received_at",
    "kind",
    "conversation",
    "verified",
    "recipe",
    "revision",
    "forwarded.status",
    "forwarded.milliseconds",
)


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Which deliveries are meant: those that fit all that is given."""

    since: datetime | None
    conversation: str | None = None
    kinds: frozenset[Kind] = frozenset()
    recipe: str | None = None
    verified: bool | None = None
    unanswered: bool = False

    def find(self, store: Deliveries, *, newest_first: bool) -> Iterator[Delivery]:
        """They, in the order in which they arrived or the other way round."""
        return store.find(
            since=self.since,
            conversation=self.conversation,
            kinds=self.kinds,
            recipe=self.recipe,
            verified=self.verified,
            unanswered=self.unanswered,
            newest_first=newest_first,
        )


def list_deliveries(store: Deliveries, sought: Sought, *, limit: int | None) -> Listing[Delivery]:
    """Deliveries, the newest first; at the end, how many requests were refused and why."""
    found = list(sought.find(store, newest_first=True))
    shown = found[:limit]
    left = len(found) - len(shown)

    def ending() -> Ending:
        hints = [f"{len(shown)} of {len(found)} shown; add --all"] if left else []
        return Ending(complete=not left, warnings=list(_refused(store)), hints=hints)

    return Listing(schema="delivery-list", items=shown, columns=COLUMNS, plain=PLAIN, ending=ending)


def _refused(store: Deliveries) -> Iterator[str]:
    """How many requests were refused, the most frequent reason first."""
    numbers = store.refused()
    if numbers:
        reasons = sorted(numbers.items(), key=lambda one: (-one[1], one[0]))
        told = ", ".join(f"{number} {reason}" for reason, number in reasons)
        yield f"{counted(sum(numbers.values()), 'request', 'were')} refused, and not kept: {told}"
