"""Which revisions of a recipe were wanted before: their deliveries may stand in a log long after."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from qsc_bot.models.registry import Account, RecipeEntry, Retired
from qsc_bot.setup.states import is_leaving, wanted_of, written

MOST_OF_A_NAME: Final = 50

_Use = Mapping[str, set[str]]


def retired_of(name: str, account: Account) -> dict[str, datetime]:
    """The revisions of a recipe that were wanted before, each with the time from which on deliveries count again."""
    return {one.revision: datetime.fromisoformat(one.at) for one in account.retired if one.name == name}


def with_retired(before: Account, after: Account, *, at: datetime) -> Account:
    """The account after a change, which remembers what is no longer wanted and what is wanted again."""
    known = [(one.name, one.revision) for one in before.retired]
    was, had, now = _firing(before), _fired(before), _firing(after)
    marks = [
        (name, revision)
        for name in sorted({*was, *had, *now, *(name for name, _ in known)})
        for revision in sorted(_changed(name, was, had, now, {one for at, one in known if at == name}))
    ]
    if not marks:
        return after
    kept = [one for one in after.retired if (one.name, one.revision) not in marks]
    new = [Retired(name=name, revision=revision, at=written(at)) for name, revision in marks]
    return replace(after, retired=list(_bounded([*kept, *new])))


def _changed(name: str, was: _Use, had: _Use, now: _Use, known: set[str]) -> set[str]:
    none: set[str] = set()
    fires, fired, shall = was.get(name, none), had.get(name, none), now.get(name, none)
    given_up = {one for one in fired - shall if one in fires or one not in known}
    return given_up | ((shall - fires) & (fired | known))


def _firing(account: Account) -> dict[str, set[str]]:
    """What is wanted to fire, by name."""
    return {
        entry.name: {wanted_of(entry, account)[1]}
        for entry in account.recipes
        if entry.enabled and not is_leaving(entry)
    }


def _fired(account: Account) -> dict[str, set[str]]:
    """What may have fired up to now, by name."""
    firing = _firing(account)
    return {entry.name: firing.get(entry.name, set()) | set(_recorded(entry)) for entry in account.recipes}


def _recorded(entry: RecipeEntry) -> Iterator[str]:
    if entry.enabled:
        yield entry.revision
    if entry.confirmed and entry.confirmed.content.enabled:
        yield entry.confirmed.revision
    if entry.proven:
        yield entry.proven.revision


def _bounded(retired: list[Retired]) -> Iterator[Retired]:
    """The newest of each name, in their order."""
    left: dict[str, int] = {}
    for one in retired:
        left[one.name] = left.get(one.name, 0) + 1
    for one in retired:
        if left[one.name] <= MOST_OF_A_NAME:
            yield one
        left[one.name] -= 1
