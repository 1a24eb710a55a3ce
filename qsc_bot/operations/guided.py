"""Recipes that a person enters: their form, the person's word for it, and the proof in a log."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.delivery import RECIPE_KEY, REVISION_KEY
from qsc_bot.models.setup import Recipe
from qsc_bot.models.wording import counted
from qsc_bot.operations.recipe import SHOWN
from qsc_bot.operations.webhook import check_name
from qsc_bot.results import Record
from qsc_bot.setup.access_log import read_log
from qsc_bot.setup.form import Revealed, changed_labels, text_of
from qsc_bot.setup.guided import GuidedSetup


class RecipeDrifted(QscBotError):
    """Deliveries show another recipe than the wanted one; `report` is the recipe with the evidence."""

    def __init__(self, message: str, *, hint: Sequence[str], report: Record) -> None:
        super().__init__("recipe.drifted", message, hint=hint)
        self.report = report


def with_form(setup: GuidedSetup, record: Record, name: str, *, whole: bool, revealed: Revealed) -> Record:
    """The record with the form: all of it, or what waits to be entered; a recipe where nothing waits gets none."""
    recipe = setup.recipe(check_name(name))
    if recipe.pending is None and recipe.state != "pending" and not whole:
        return record
    form = setup.form(name, whole=whole, revealed=revealed)
    waits = recipe.state == "pending"
    record.item = replace(recipe, form=form)
    record.view = text_of(form)
    record.views_everywhere = True
    record.reveals = [one for one in (revealed.url_secret, revealed.authorization) if one]
    record.notes = (*record.notes, *((f"recipe {name} waits for a person to enter it",) if waits else ()))
    record.next = (f"qsc-bot recipe confirm {name}",) if waits else ()
    return record


def confirm_recipe(setup: GuidedSetup, name: str) -> Record:
    """Record that a person entered what was asked for; raises `recipe.not_found`."""
    before = setup.recipe(check_name(name))
    done = setup.confirm(name)
    after = before if done == "deleted" else setup.recipe(name)
    proof = f"qsc-bot recipe verify {name} --log FILE"
    return Record(
        schema="recipe",
        item=after,
        outcome=done,
        fields=SHOWN,
        warnings=setup.faults(name),
        next=(proof,) if after.state == "confirmed" else (),
    )


def verify_recipe(setup: GuidedSetup, name: str, chunks: Iterable[bytes]) -> Record:
    """Look for the recipe's marker in a log, and record what it proves.

    Raises `recipe.not_seen` where it proves nothing, `recipe.drifted` where not the wanted one fires.
    """
    recipe = setup.recipe(check_name(name))
    if not setup.has_marker(name):
        raise QscBotError(
            "recipe.not_seen", f"recipe {name} was made with --marker none: its deliveries bear no marker"
        )
    verdict = setup.see(name, read_log(chunks, name, now=setup.now))
    after = setup.recipe(name)
    record = Record(schema="recipe", item=after, fields=SHOWN, warnings=[*verdict.warnings, *setup.faults(name)])
    if verdict.drift is None:
        record.outcome = "unchanged" if after.state == recipe.state else "updated"
        record.notes = () if after.evidence is None else (_told(after),)
        return record
    record.exit_code = ExitCode.CONFLICT
    raise RecipeDrifted(verdict.drift, hint=_cure(setup, after, verdict.live), report=record)


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
