"""When the last delivery came, as far as this machine took it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from qsc_bot.models.delivery import Via
from qsc_bot.models.setup import Recipe, Webhook

Newest = Mapping[tuple[Via, str | None], datetime]
"""The moment of the last delivery, by who sent it and the recipe whose marker it bore."""


def timed_recipe(recipe: Recipe, newest: Newest) -> Recipe:
    """The recipe with the moment of its last delivery."""
    return replace(recipe, last_delivery_at=newest.get((Via.SOCIAL_CONNECT, recipe.name)))


def timed_webhook(webhook: Webhook, newest: Newest, recipes: Callable[[], Iterable[Recipe]]) -> Webhook:
    """The webhook with the moment of its last delivery: a marker names a recipe, and that its webhook.

    What the remote itself tells is not changed.
    """
    if webhook.last_delivery_at or not newest:
        return webhook
    via = Via(webhook.via)
    names = [None] if via is Via.MESSENGER else [one.name for one in recipes() if one.webhook == webhook.name]
    return replace(
        webhook, last_delivery_at=max((newest[via, one] for one in names if (via, one) in newest), default=None)
    )
