"""What stored deliveries tell of a recipe: which revisions fire, and whether its filter is the wanted one."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from qsc_bot.models.registry import REVISION_PATTERN
from qsc_bot.setup.evidence import Sighting
from qsc_bot.storage.delivery_rows import Fired

_REVISION: Final = re.compile(REVISION_PATTERN)


def sightings_of(fired: Sequence[Fired]) -> dict[str, Sighting]:
    """The deliveries, the oldest first, revision by revision; what cannot be a revision is left out."""
    found: dict[str, list[Fired]] = {}
    for one in fired:
        if _REVISION.match(one.revision):
            found.setdefault(one.revision, []).append(one)
    return {
        revision: Sighting(
            count=len(these),
            first=these[0].received_at,
            last=these[-1].received_at,
            verified=sum(one.verified for one in these),
        )
        for revision, these in found.items()
    }


def merged(stored: Mapping[str, Sighting], logged: Mapping[str, Sighting]) -> dict[str, Sighting]:
    """Both together; one delivery may stand in both, so the larger number counts, not the sum."""
    return {one: _both(stored.get(one), logged.get(one)) for one in {**stored, **logged}}


def of_revision(fired: Sequence[Fired], revision: str, *, since: datetime | None) -> list[Fired]:
    """The deliveries of one revision since a moment."""
    return [one for one in fired if one.revision == revision and (since is None or one.received_at >= since)]


def _both(one: Sighting | None, other: Sighting | None) -> Sighting:
    both = [sighting for sighting in (one, other) if sighting]
    times = [at for sighting in both for at in (sighting.first, sighting.last) if at]
    return Sighting(
        count=max(sighting.count for sighting in both),
        first=min(times, default=None),
        last=max(times, default=None),
        ahead=max(sighting.ahead for sighting in both),
        verified=max(sighting.verified for sighting in both),
    )
