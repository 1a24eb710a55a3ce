"""What deliveries that bear a recipe's marker prove of it."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.registry import Content, Proven, RecipeEntry, Seen
from qsc_bot.models.wording import counted
from qsc_bot.setup.states import is_leaving, moment_in, written

CLOCK_TOLERANCE: Final = timedelta(minutes=2)
"""Two machines' clocks may differ by so much before a delivery counts as older than a change."""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """Deliveries of one revision; the times are of those that had one, but for the `ahead` dated in the future.

    `verified` of them were signed; a log does not tell of any.
    """

    count: int
    first: datetime | None = None
    last: datetime | None = None
    ahead: int = 0
    verified: int = 0


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
    retired: Mapping[str, datetime],
    by: str,
    at: datetime,
) -> Verdict:
    """Weigh the deliveries of all revisions against the wanted one; raises `recipe.not_seen` for no proof.

    `retired` are the revisions that were wanted before, each with the time from which on it counts again.
    """
    if not sightings:
        raise QscBotError("recipe.not_seen", f"recipe {entry.name}: no delivery with this recipe's marker")
    is_silent = not content.enabled or is_leaving(entry)
    telling = {one: found for one, found in sightings.items() if found.last or not (is_silent or one in retired)}
    others = {one: sighting for one, sighting in telling.items() if one != revision}
    recent = [one for one, sighting in others.items() if not _is_history(entry, sighting)]
    newest = max(recent, key=lambda one: _newness(others[one]), default=None)
    wanted = telling.get(revision)
    is_other_newer = wanted and newest and _is_later(others[newest].last, wanted.last)
    if newest and (wanted is None or is_other_newer):
        drift = f"recipe {entry.name}: revision {newest} fires, wanted is {revision}"
        return _seen(entry, newest, others[newest], by=by, at=at, drift=drift, warnings=_ahead(sightings))
    if wanted is None:
        raise QscBotError("recipe.not_seen", _why_not(entry, content, revision, sightings))
    if is_silent:
        return _of_silenced(entry, revision, wanted, by=by, at=at, warnings=_ahead(sightings))
    _check_newer_than_change(entry, wanted, retired.get(revision))
    warnings = (*_ahead(sightings), *_warnings(others, wanted))
    return _seen(entry, revision, wanted, content=content, by=by, at=at, warnings=warnings)


def drifted(verdict: Verdict, why: str) -> Verdict:
    """The same evidence, found to be drift."""
    seen = verdict.entry.seen
    assert seen is not None
    return dataclasses.replace(verdict, entry=replace(verdict.entry, seen=replace(seen, drifted=True)), drift=why)


def counts_from(entry: RecipeEntry) -> datetime | None:
    """From when on a delivery tells of the recipe as it was last said or asked to be; None for always."""
    asked = moment_in(entry.pending.at) if entry.pending else None
    said = moment_in(entry.confirmed.at) if entry.confirmed else None
    return max((one for one in (asked, said) if one), default=None)


def _why_not(entry: RecipeEntry, content: Content, revision: str, sightings: Mapping[str, Sighting]) -> str:
    """Why deliveries tell nothing, the wanted revision's first."""
    undated = [one for one, found in sightings.items() if found.last is None]
    one = revision if revision in undated else min(undated, default=None)
    if one is None:
        return f"recipe {entry.name}: all deliveries are older than what is known of it, and of another revision"
    fault = "are dated in the future (the log's clock or zone differs)" if sightings[one].ahead else "bear no time"
    if content.enabled and not is_leaving(entry):
        return (
            f"recipe {entry.name}: the deliveries of revision {one} {fault}, and it was wanted before: "
            "they may be from then"
        )
    return f"recipe {entry.name} {_wish(entry)}, and its deliveries {fault}: they may be from before"


def _wish(entry: RecipeEntry) -> str:
    if is_leaving(entry):
        return "is to be deleted"
    return "is to be disabled" if entry.pending or not entry.confirmed else "is disabled"


def _of_silenced(
    entry: RecipeEntry, revision: str, wanted: Sighting, *, by: str, at: datetime, warnings: tuple[str, ...]
) -> Verdict:
    """A recipe that shall not fire: deliveries from before it was switched off are no drift."""
    said = moment_in(entry.confirmed.at) if entry.confirmed and not entry.pending else None
    if said and wanted.last and wanted.last <= said + CLOCK_TOLERANCE:
        told = f"recipe {entry.name} is disabled; its newest delivery is from before that was confirmed"
        return Verdict(entry=entry, live=revision, warnings=(*warnings, told))
    if entry.pending and _is_history(entry, wanted):
        text = f"recipe {entry.name}: the newest delivery is older than the change that waits to be confirmed"
        raise QscBotError("recipe.not_seen", text)
    drift = f"recipe {entry.name} {_wish(entry)}, and fires"
    return _seen(entry, revision, wanted, by=by, at=at, drift=drift, warnings=warnings)


def _is_history(entry: RecipeEntry, sighting: Sighting) -> bool:
    """Whether deliveries are from before what is known of the recipe, and so no drift from it."""
    if sighting.last is None:
        return False
    if entry.pending:
        return sighting.last < datetime.fromisoformat(entry.pending.at)
    said = moment_in(entry.confirmed.at) if entry.confirmed else None
    known = _known_to_fire(entry)
    return bool((said and sighting.last <= said + CLOCK_TOLERANCE) or (known and sighting.last < known))


def _known_to_fire(entry: RecipeEntry) -> datetime | None:
    """When the wanted revision was last delivered; a time later than it was looked for is none."""
    seen = entry.seen
    last = moment_in(seen.last) if seen and not seen.drifted else None
    return last if seen and last and last <= datetime.fromisoformat(seen.at) + CLOCK_TOLERANCE else None


def _check_newer_than_change(entry: RecipeEntry, wanted: Sighting, wanted_again: datetime | None) -> None:
    asked = moment_in(entry.pending.at) if entry.pending else None
    if asked and wanted.last and wanted.last < asked - CLOCK_TOLERANCE:
        text = f"recipe {entry.name}: the newest delivery is older than the change that waits to be confirmed"
        raise QscBotError("recipe.not_seen", text)
    if wanted_again and wanted.last and wanted.last < wanted_again - CLOCK_TOLERANCE:
        text = f"recipe {entry.name}: the newest delivery is older than {written(wanted_again)}, when it was asked for"
        raise QscBotError("recipe.not_seen", f"{text} again")
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
    content: Content | None = None,
    drift: str | None = None,
    warnings: tuple[str, ...] = (),
) -> Verdict:
    known = entry.seen is not None and entry.seen.revision == live and entry.seen.verified
    seen = Seen(
        revision=live,
        drifted=drift is not None,
        verified=sighting.verified > 0 or known,
        count=sighting.count,
        first=written(sighting.first) if sighting.first else None,
        last=written(sighting.last) if sighting.last else None,
        by=by,
        at=written(at),
    )
    if drift or content is None:
        return Verdict(entry=replace(entry, seen=seen), live=live, drift=drift, warnings=warnings)
    is_said = entry.confirmed is not None and entry.confirmed.content == content
    proven = None if is_said else Proven(revision=live, at=written(at), content=content)
    entered = replace(entry, seen=seen, pending=None, revision=live, proven=proven)
    return Verdict(entry=entered, live=live, warnings=warnings)


def _ahead(sightings: Mapping[str, Sighting]) -> tuple[str, ...]:
    count = sum(sighting.ahead for sighting in sightings.values())
    if count == 0:
        return ()
    dated = "1 delivery is" if count == 1 else f"{count} deliveries are"
    return (f"{dated} dated in the future and counted without a time: the log's clock or zone differs",)


def _warnings(others: Mapping[str, Sighting], wanted: Sighting) -> tuple[str, ...]:
    told = [
        f"an older revision {_fires(other)}: {revision}, {counted(other.count, 'time')}, last {_time(other.last)}"
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


def _fires(other: Sighting) -> str:
    return "fires too" if other.last else "may fire too"


def _time(moment: datetime | None) -> str:
    return written(moment) if moment else "at an unknown time"
