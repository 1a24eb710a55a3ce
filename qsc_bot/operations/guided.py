"""Recipes that a person enters: their form, and the person's word for it."""

from msgspec.structs import replace

from qsc_bot.operations.recipe import SHOWN
from qsc_bot.operations.webhook import check_name
from qsc_bot.results import Record
from qsc_bot.setup.form import Revealed, text_of
from qsc_bot.setup.guided import GuidedSetup


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
