"""Automation recipes: which new private messages trigger which webhook."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.choices import Active
from qsc_bot.models.setup import Recipe
from qsc_bot.operations.webhook import check_name
from qsc_bot.results import Column, Ending, Listing, Record
from qsc_bot.setup.back_end import SetupBackEnd

COLUMNS: Final = (
    Column("name", "NAME", "text", 0),
    Column("state", "STATE", "text", 0),
    Column("webhook", "WEBHOOK", "text", 1),
    Column("filter", "FILTER", "text", 1),
    Column("exclude_tag", "EXCLUDES TAG", "text", 2),
    Column("topic_ids", "TOPICS", "words", 3),
)
TAG: Final = re.compile(r"(?=.*\S)[^,\x00-\x1f\x7f-\x9f]{1,100}")
SHOWN: Final = tuple(field for field in Recipe.__struct_fields__ if field != "form")
"""What of a recipe is shown as fields; its form is a screen of its own."""
FILTER_TEXT: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,1000}")
PLAIN: Final = ("name", "state", "webhook", "filter", "exclude_tag", "active", "topic_ids", "revision")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a recipe shall be. `filter` is `private-messages`, `filter:STRING` or `saved:NAME`."""

    webhook: str
    topic_ids: Sequence[str]
    filter: str
    exclude_tag: str | None
    active: Active
    enabled: bool
    marker: bool = True


def filter_of(*, private_messages: bool, string: str | None, saved: str | None) -> str:
    """The filter as it is kept; raises `usage.invalid` when more than one is asked for."""
    asked = [
        text
        for text in (
            "private-messages" if private_messages else None,
            string and f"filter:{string}",
            saved and f"saved:{saved}",
        )
        if text
    ]
    if len(asked) > 1:
        raise QscBotError(
            "usage.invalid",
            "a recipe has one filter",
            expected="one of --private-messages, --filter, --saved-filter",
        )
    if asked and not FILTER_TEXT.fullmatch(asked[0]):
        raise QscBotError("usage.invalid", "a filter is one line of at most 1000 characters")
    return asked[0] if asked else "private-messages"


def excluded(tag: str | None, escalation_tag: str, *, nobody: bool) -> str | None:
    """The tag whose contacts are left out; raises `usage.tag` for what cannot be a tag."""
    if tag is not None and nobody:
        raise QscBotError("usage.invalid", "--exclude-tag and --no-exclude-tag contradict each other")
    return None if nobody else check_tag(tag) if tag is not None else escalation_tag


def check_tag(tag: str) -> str:
    """A text that can be a tag; raises `usage.tag`."""
    if not TAG.fullmatch(tag):
        raise QscBotError(
            "usage.tag",
            f"{tag[:80]!r} cannot be a tag",
            expected="1 to 100 characters, no comma, no control character",
        )
    return tag


def list_recipes(setup: SetupBackEnd) -> Listing[Recipe]:
    """Every recipe."""
    ending = Ending(warnings=setup.faults())
    return Listing(schema="recipe-list", items=setup.recipes(), columns=COLUMNS, plain=PLAIN, ending=lambda: ending)


def show_recipe(setup: SetupBackEnd, name: str) -> Record:
    """One recipe; raises `recipe.not_found`."""
    recipe = setup.recipe(check_name(name))
    waiting = (f"qsc-bot recipe show {name} --form", f"qsc-bot recipe confirm {name}")
    return Record(
        schema="recipe",
        item=recipe,
        fields=SHOWN,
        warnings=setup.faults(name),
        next=waiting if recipe.state == "pending" else (),
    )


def create_recipe(setup: SetupBackEnd, name: str, wish: Wish, *, update: bool) -> Record:
    """Make a recipe; what is there already, equal, stays `unchanged`; raises `recipe.different` unless `update`."""
    if not wish.topic_ids:
        raise QscBotError(
            "config.topic",
            f"recipe {name} needs a topic",
            hint=("add --topic ID", "or set topic_ids in the profile"),
        )
    content: dict[str, Any] = {
        "webhook": check_name(wish.webhook),
        "topic_ids": list(wish.topic_ids),
        "filter": wish.filter,
        "exclude_tag": wish.exclude_tag,
        "active": wish.active,
        "enabled": wish.enabled,
    }
    if setup.backend == "guided":
        content["marker"] = wish.marker
    elif not wish.marker:
        raise QscBotError("usage.invalid", "--marker none is for recipes that a person enters")
    done = setup.put_recipe(check_name(name), content, update=update)
    return _done(setup, name, done, next_command=f"qsc-bot recipe show {name}")


def switch_recipe(setup: SetupBackEnd, name: str, *, enabled: bool) -> Record:
    """Switch a recipe on or off; raises `recipe.not_found`."""
    done = setup.enable(check_name(name), enabled=enabled)
    return _done(setup, name, done)


def delete_recipe(setup: SetupBackEnd, name: str) -> Record:
    """Delete a recipe, or record that a person is to delete it; raises `recipe.not_found`."""
    recipe = setup.recipe(check_name(name))
    done = setup.delete("recipe", name)
    if done == "recorded":
        return _done(setup, name, done)
    return Record(schema="recipe", item=recipe, outcome=done, fields=SHOWN)


def _done(setup: SetupBackEnd, name: str, done: str, next_command: str | None = None) -> Record:
    return Record(
        schema="recipe",
        item=setup.recipe(name),
        outcome=done,
        fields=SHOWN,
        warnings=setup.faults(name),
        next=(next_command,) if next_command else (),
    )
