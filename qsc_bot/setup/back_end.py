"""What webhooks and recipes are set up through: calls, or a person with a form."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from qsc_bot.errors import QscBotError
from qsc_bot.models.setup import Noun, Recipe, Webhook

BackEndName = Literal["api", "guided"]


class SetupBackEnd(Protocol):
    """One account's webhooks and recipes, the same whoever puts them into Social Connect.

    Writes answer `created`, `updated`, `unchanged`, `deleted`, or `recorded` for what waits for a person.
    """

    backend: BackEndName

    def webhooks(self) -> list[Webhook]:
        """Every webhook, by name."""
        ...

    def webhook(self, name: str) -> Webhook:
        """One webhook; raises `webhook.not_found`."""
        ...

    def recipes(self) -> list[Recipe]:
        """Every recipe, by name."""
        ...

    def recipe(self, name: str) -> Recipe:
        """One recipe; raises `recipe.not_found`."""
        ...

    def faults(self, name: str | None = None) -> list[str]:
        """What is kept but does not hold together; of one recipe, or of all."""
        ...

    def put_webhook(self, name: str, url: str, *, hidden: dict[str, str], update: bool) -> str:
        """Register an address; raises `webhook.different` unless `update`."""
        ...

    def put_recipe(self, name: str, content: dict[str, Any], *, update: bool) -> str:
        """Make a recipe; raises `recipe.different` unless `update`, and `webhook.not_found`."""
        ...

    def enable(self, name: str, *, enabled: bool) -> str:
        """Switch a recipe on or off; raises `recipe.not_found`."""
        ...

    def delete(self, noun: Noun, name: str) -> str:
        """Delete a webhook or recipe; raises `webhook.not_found`, `recipe.not_found`, and `webhook.in_use`."""
        ...


def different(noun: Noun, name: str, content: Mapping[str, Any], present: Mapping[str, Any]) -> QscBotError:
    """The refusal to change what exists, naming each difference."""
    keys = [key for key in content if content[key] != present.get(key)]
    return QscBotError(
        f"{noun}.different",
        f"{noun} {name} exists with another {', '.join(keys)}",
        expected="; ".join(f"{key}: {content[key]}" for key in keys),
        found="; ".join(f"{key}: {present.get(key)}" for key in keys),
        hint=("add --update to change it", f"qsc-bot {noun} show {name}"),
    )


def in_use(name: str, users: Sequence[str]) -> QscBotError:
    """The refusal to delete a webhook that recipes trigger."""
    named = sorted(users)
    hint = tuple(f"qsc-bot recipe delete {user}" for user in named)
    return QscBotError("webhook.in_use", f"webhook {name} is used by the recipe {', '.join(named)}", hint=hint)
