"""What a listener has to tell: gathered from many threads, counted, and taken by the one who tells it."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from qsc_bot.models.delivery import DeliveryEvent, Heard, Refusal

ROOM: Final = 10_000
"""So many things wait to be told at most; what comes on top is counted only."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What came since the last time; `untold` more things found no room. `refused` counts by reason."""

    things: Sequence[Heard]
    untold: int
    refused: Mapping[str, int]


class Telling:
    """Things to tell, in the order in which they came."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._things: list[Heard] = []
        self._untold = 0
        self._refused = Counter[str]()
        self.deliveries = 0
        self.duplicates = 0
        self.refusals = 0

    @property
    def total(self) -> int:
        """How many deliveries and refusals there were so far."""
        return self.deliveries + self.duplicates + self.refusals

    def put(self, *things: Heard) -> None:
        """Have these told; it never waits."""
        with self._turn:
            for thing in things:
                self._count(thing)
            room = ROOM - len(self._things)
            self._things += things[:room]
            self._untold += len(things[room:])

    def take(self) -> Taken:
        """What there is to tell by now."""
        with self._turn:
            taken = Taken(things=self._things, untold=self._untold, refused=self._refused)
            self._things, self._untold, self._refused = [], 0, Counter()
        return taken

    def _count(self, thing: Heard) -> None:
        match thing:
            case DeliveryEvent(duplicate=True):
                self.duplicates += 1
            case DeliveryEvent():
                self.deliveries += 1
            case Refusal():
                self.refusals += 1
                self._refused[thing.reason] += 1
