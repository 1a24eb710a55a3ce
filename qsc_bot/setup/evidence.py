"""What deliveries that bear a recipe's marker prove of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.registry import Content, RecipeEntry, Seen
from qsc_bot.setup.states import moment_in, written

CLOCK_TOLERANCE: Final = timedelta(minutes=2)
"""Two machines' clocks may differ by so much before a delivery counts as older than a change."""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """Deliveries of one revision; the times are of those that had one."""

    count: int
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The entry with its evidence; `drift` says what is wrong with what fires, `warnings` what else is to be known."""

    entry: RecipeEntry
    live: str
    drift: str | None = None
    warnings: tuple[str, ...] = ()


def judge(
    entry: RecipeEntry,
    content: Content,
    revision: str,
    sightings: Mapping[str, Sighting],
    *,
    by: str,
    at: datetime,
) -> Verdict:
    """Weigh the deliveries of all revisions against the wanted one; raises `recipe.not_seen` for no proof."""
    if not sightings:
        raise QscBotError("recipe.not_seen", f"recipe {entry.name}: no delivery with this recipe's marker")
    others = {one: sighting for one, sighting in sightings.items() if one != revision}
    recent = [one for one, sighting in others.items() if not _is_history(entry, sighting)]
    newest = max(recent, key=lambda one: _newness(others[one]), default=None)
    wanted = sightings.get(revision)
    is_other_newer = wanted and newest and _is_later(others[newest].last, wanted.last)
    if newest and (wanted is None or is_other_newer):
        drift = f"recipe {entry.name}: revision {newest} fires, wanted is {revision}"
        return _seen(entry, newest, others[newest], by=by, at=at, drift=drift)
    if wanted is None:
        text = f"recipe {entry.name}: all deliveries are older than what is known of it, and of another revision"
        raise QscBotError("recipe.not_seen", text)
    if not content.enabled or (entry.pending and entry.pending.change == "delete"):
        return _of_silenced(entry, revision, wanted, by=by, at=at)
    _check_newer_than_change(entry, wanted)
    return _seen(entry, revision, wanted, by=by, at=at, warnings=_warnings(others, wanted))


def _of_silenced(entry: RecipeEntry, revision: str, wanted: Sighting, *, by: str, at: datetime) -> Verdict:
    """A recipe that shall not fire: deliveries from before it was switched off are no drift."""
    said = moment_in(entry.confirmed.at) if entry.confirmed and not entry.pending else None
    if said and wanted.last and wanted.last <= said + CLOCK_TOLERANCE:
        told = f"recipe {entry.name} is disabled; its newest delivery is from before that was confirmed"
        return Verdict(entry=entry, live=revision, warnings=(told,))
    if entry.pending and _is_history(entry, wanted):
        text = f"recipe {entry.name}: the newest delivery is older than the change that waits to be confirmed"
        raise QscBotError("recipe.not_seen", text)
    is_leaving = entry.pending is not None and entry.pending.change == "delete"
    wish = "is to be deleted" if is_leaving else "is disabled" if said else "is to be disabled"
    return _seen(entry, revision, wanted, by=by, at=at, drift=f"recipe {entry.name} {wish}, and fires")


def _is_history(entry: RecipeEntry, sighting: Sighting) -> bool:
    """Whether deliveries are from before what is known of the recipe, and so no drift from it."""
    if sighting.last is None:
        return False
    if entry.pending:
        return sighting.last < datetime.fromisoformat(entry.pending.at)
    said = moment_in(entry.confirmed.at) if entry.confirmed else None
    known = moment_in(entry.seen.last) if entry.seen and not entry.seen.drifted else None
    return bool((said and sighting.last <= said + CLOCK_TOLERANCE) or (known and sighting.last < known))


def _check_newer_than_change(entry: RecipeEntry, wanted: Sighting) -> None:
    asked = moment_in(entry.pending.at) if entry.pending else None
    if asked is None:
        return
    if wanted.last and wanted.last < asked - CLOCK_TOLERANCE:
        text = f"recipe {entry.name}: the newest delivery is older than the change that waits to be confirmed"
        raise QscBotError("recipe.not_seen", text)
    if wanted.last is None and entry.pending and entry.pending.change == "enable":
        text = f"recipe {entry.name}: the deliveries bear no time, so they do not prove that it was switched on"
        raise QscBotError("recipe.not_seen", text)


def _seen(
    entry: RecipeEntry,
    live: str,
    sighting: Sighting,
    *,
    by: str,
    at: datetime,
    drift: str | None = None,
    warnings: tuple[str, ...] = (),
) -> Verdict:
    seen = Seen(
        revision=live,
        drifted=drift is not None,
        count=sighting.count,
        first=written(sighting.first) if sighting.first else None,
        last=written(sighting.last) if sighting.last else None,
        by=by,
        at=written(at),
    )
    if drift:
        return Verdict(entry=replace(entry, seen=seen), live=live, drift=drift, warnings=warnings)
    entered = replace(entry, seen=seen, pending=None, revision=live)
    return Verdict(entry=entered, live=live, warnings=warnings)


def _warnings(others: Mapping[str, Sighting], wanted: Sighting) -> tuple[str, ...]:
    told = [
        f"an older revision fires too: {revision}, {other.count} times, last {_time(other.last)}"
        for revision, other in sorted(others.items())
        if other.last is None or wanted.first is None or other.last > wanted.first
    ]
    if wanted.last is None:
        told.append("no time was found beside the deliveries, so it is not known which revision fired last")
    return tuple(told)


def _newness(sighting: Sighting) -> tuple[float, int]:
    return (sighting.last.timestamp() if sighting.last else 0.0, sighting.count)


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one > other


def _time(moment: datetime | None) -> str:
    return written(moment) if moment else "at an unknown time"
