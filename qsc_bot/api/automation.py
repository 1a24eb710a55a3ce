"""Webhooks and recipes by calls: for the sandbox, and for accounts that were given such an endpoint.

No public endpoint of Social Connect creates or lists recipes and webhooks. The path comes from the profile
(`recipes.path`), never from here; the calls below it are this tool's own contract.
"""

import json
from typing import Any, Final, TypeVar

from qsc_bot.api.social_connect import SocialConnect
from qsc_bot.errors import NotFound
from qsc_bot.models.setup import Noun, RemoteRecipe, RemoteWebhook

T = TypeVar("T", RemoteWebhook, RemoteRecipe)
PAGE: Final = "100"


class Automation:
    """Reads, makes, changes and deletes webhooks and recipes below one path."""

    def __init__(self, remote: SocialConnect, *, path: str) -> None:
        self._remote = remote
        self._path = path.replace("{account_id}", remote.account_id).rstrip("/")

    def webhooks(self) -> list[RemoteWebhook]:
        """Every webhook."""
        return self._all("webhook", RemoteWebhook)

    def recipes(self) -> list[RemoteRecipe]:
        """Every recipe."""
        return self._all("recipe", RemoteRecipe)

    def webhook(self, name: str) -> RemoteWebhook:
        """One webhook; raises `webhook.not_found`."""
        return self._one("webhook", name, RemoteWebhook)

    def recipe(self, name: str) -> RemoteRecipe:
        """One recipe; raises `recipe.not_found`."""
        return self._one("recipe", name, RemoteRecipe)

    def create(self, noun: Noun, content: dict[str, Any]) -> None:
        """Make a webhook or recipe."""
        self._remote.write("POST", f"{self._path}/{noun}s", Any, form={noun: json.dumps(content)})

    def update(self, noun: Noun, name: str, content: dict[str, Any]) -> None:
        """Change what is named in `content` and leave the rest."""
        self._remote.write("POST", f"{self._path}/{noun}s/{name}", Any, form={"updates": json.dumps(content)})

    def delete(self, noun: Noun, name: str) -> None:
        """Delete a webhook or recipe."""
        self._remote.write("DELETE", f"{self._path}/{noun}s/{name}", Any)

    def _all(self, noun: Noun, kind: type[T]) -> list[T]:
        pages = self._remote.pages(f"{self._path}/{noun}s", kind, params={"limit": PAGE})
        return [one for page in pages for one in page]

    def _one(self, noun: Noun, name: str, kind: type[T]) -> T:
        try:
            return self._remote.get(f"{self._path}/{noun}s/{name}", kind)
        except NotFound as error:
            raise NotFound(
                f"{noun}.not_found", f"there is no {noun} named {name}", hint=(f"qsc-bot {noun} list",)
            ) from error
