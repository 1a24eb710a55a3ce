"""The proof that a recipe was entered: what its deliveries, stored here or told of by a log, say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.address import is_loopback
from qsc_bot.models.delivery import RECIPE_KEY, REVISION_KEY
from qsc_bot.models.setup import Recipe
from qsc_bot.models.wording import counted
from qsc_bot.operations.recipe import SHOWN
from qsc_bot.operations.webhook import check_name
from qsc_bot.results import Record
from qsc_bot.setup.delivered import merged, of_revision, sightings_of
from qsc_bot.setup.evidence import Sighting
from qsc_bot.setup.form import changed_labels
from qsc_bot.setup.guided import GuidedSetup
from qsc_bot.storage.delivery_rows import Fired


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found of a recipe: stored deliveries, the oldest first, and what a log tells, revision by revision.

    `outside` is what is wrong with a delivery that the filter should have left out.
    """

    fired: Sequence[Fired] = ()
    logged: Mapping[str, Sighting] = field(default_factory=dict)
    outside: str | None = None
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def sightings(self) -> dict[str, Sighting]:
        """Both, revision by revision."""
        return merged(sightings_of(self.fired), self.logged)


class RecipeDrifted(QscBotError):
    """Deliveries show another recipe than the wanted one; `report` is the recipe with the evidence."""

    def __init__(self, message: str, *, hint: Sequence[str], report: Record) -> None:
        super().__init__("recipe.drifted", message, hint=hint)
        self.report = report


def check_marked(setup: GuidedSetup, name: str) -> Recipe:
    """The recipe; raises `recipe.not_found`, and `recipe.not_seen` where its deliveries bear no marker."""
    recipe = setup.recipe(check_name(name))
    if not setup.has_marker(name):
        raise QscBotError(
            "recipe.not_seen", f"recipe {name} was made with --marker none: its deliveries bear no marker"
        )
    return recipe


def is_told(setup: GuidedSetup, name: str, found: Found, *, or_drift: bool) -> bool:
    """Whether this proves something already: that the wanted recipe fires, or also that another one does."""
    try:
        verdict = setup.weigh(name, found.sightings)
    except QscBotError as error:
        if error.code != "recipe.not_seen":
            raise
        return False
    return or_drift or verdict.drift is None


def telling(setup: GuidedSetup, recipe: Recipe, fired: Sequence[Fired]) -> list[Fired]:
    """The deliveries that tell of the recipe as it is wanted now."""
    return of_revision(fired, recipe.revision, since=setup.counts_from(recipe.name))


def blind(recipe: Recipe, since: datetime) -> QscBotError:
    """The refusal where nothing on this machine can ever see a delivery, with what can."""
    host = urlsplit(recipe.url or "").hostname or ""
    bring = "" if is_loopback(host) else f" (something must bring what {host} gets to this machine)"
    return QscBotError(
        "recipe.not_seen",
        f"recipe {recipe.name}: no delivery with its marker is stored here since {since:%Y-%m-%d %H:%M} UTC, "
        f"and without --log and --listen none can be seen: they go to {host or 'its address'}",
        hint=(
            f"kubectl logs deploy/bot | qsc-bot recipe verify {recipe.name} --log -",
            f"qsc-bot recipe verify {recipe.name} --listen{bring}",
        ),
    )


def verify_recipe(setup: GuidedSetup, name: str, found: Found) -> Record:
    """Judge what was found, and record what it proves.

    Raises `recipe.not_seen` where it proves nothing, `recipe.drifted` where not the wanted one fires.
    """
    recipe = check_marked(setup, name)
    verdict = setup.see(name, found.sightings, outside=found.outside)
    after = setup.recipe(name)
    warnings = [*verdict.warnings, *found.warnings, *setup.faults(name)]
    record = Record(schema="recipe", item=after, fields=SHOWN, warnings=warnings)
    if verdict.drift is None:
        record.outcome = "unchanged" if after.state == recipe.state else "updated"
        record.notes = (*(() if after.evidence is None else (_told(after),)), *found.notes)
        return record
    record.exit_code = ExitCode.CONFLICT
    cure = _filter_cure(setup, after) if verdict.drift == found.outside else _cure(setup, after, verdict.live)
    raise RecipeDrifted(verdict.drift, hint=cure, report=record)


def _told(recipe: Recipe) -> str:
    seen = recipe.evidence
    assert seen is not None
    times = counted(seen.count, "time")
    if seen.first and seen.last:
        times += f", first {seen.first:%Y-%m-%d %H:%M}, last {seen.last:%Y-%m-%d %H:%M} UTC"
    return f"revision {seen.revision} was delivered {times}; this proves its address, not its filter"


def _cure(setup: GuidedSetup, recipe: Recipe, live: str) -> tuple[str, ...]:
    path = f"https://{setup.screen.host}/, {' > '.join((*setup.path, recipe.name))}"
    if live != recipe.revision:
        known = setup.difference_from(recipe.name, live)
        fields = (
            changed_labels(known)
            if known
            else f"the URL, to {RECIPE_KEY}={recipe.name}&{REVISION_KEY}={recipe.revision}"
        )
        return (f"at {path}, change: {fields}", f"qsc-bot recipe show {recipe.name} --form")
    if recipe.pending == "delete":
        return (f"at {path}, delete it, then: qsc-bot recipe confirm {recipe.name}",)
    return (f"at {path}, switch it off, then: qsc-bot recipe confirm {recipe.name}",)


def _filter_cure(setup: GuidedSetup, recipe: Recipe) -> tuple[str, ...]:
    path = f"https://{setup.screen.host}/, {' > '.join((*setup.path, recipe.name))}"
    return (
        f"at {path}, look at the conditions",
        f"qsc-bot recipe show {recipe.name} --form",
        f"qsc-bot recipe confirm {recipe.name}",
    )
