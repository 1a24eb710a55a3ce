"""Automation recipes: which new private messages trigger which webhook."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.setup import Active, Recipe
from qsc_bot.operations.webhook import check_name
from qsc_bot.results import Column, Listing, Record
from qsc_bot.setup.remote import RemoteSetup

COLUMNS: Final = (
    Column("name", "NAME", "text", 0),
    Column("state", "STATE", "text", 0),
    Column("webhook", "WEBHOOK", "text", 1),
    Column("filter", "FILTER", "text", 1),
    Column("exclude_tag", "EXCLUDES TAG", "text", 2),
    Column("topic_ids", "TOPICS", "words", 3),
)
TAG: Final = re.compile(r"(?=.*\S)[^,\x00-\x1f\x7f-\x9f]{1,100}")
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


def list_recipes(setup: RemoteSetup) -> Listing[Recipe]:
    """Every recipe."""
    return Listing(schema="recipe-list", items=setup.recipes(), columns=COLUMNS, plain=PLAIN)


def show_recipe(setup: RemoteSetup, name: str) -> Record:
    """One recipe; raises `recipe.not_found`."""
    return Record(schema="recipe", item=setup.recipe(check_name(name)))


def create_recipe(setup: RemoteSetup, name: str, wish: Wish, *, update: bool) -> Record:
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
    done = setup.put_recipe(check_name(name), content, update=update)
    return Record(schema="recipe", item=setup.recipe(name), outcome=done, next=(f"qsc-bot recipe show {name}",))


def switch_recipe(setup: RemoteSetup, name: str, *, enabled: bool) -> Record:
    """Switch a recipe on or off; raises `recipe.not_found`."""
    done = setup.enable(check_name(name), enabled=enabled)
    return Record(schema="recipe", item=setup.recipe(name), outcome=done)


def delete_recipe(setup: RemoteSetup, name: str) -> Record:
    """Delete a recipe; raises `recipe.not_found`."""
    recipe = setup.recipe(check_name(name))
    setup.delete("recipe", name)
    return Record(schema="recipe", item=recipe, outcome="deleted")
