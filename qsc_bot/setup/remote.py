"""The `api` back-end: webhooks and recipes as calls, each made once, changed only when asked."""

import hashlib
import json
from typing import Any, Final

from qsc_bot.api.automation import Automation, Noun
from qsc_bot.errors import QscBotError
from qsc_bot.models.setup import Recipe, RemoteRecipe, RemoteWebhook, Webhook
from qsc_bot.models.wire import moment

REVISION_LETTERS: Final = 12


class RemoteSetup:
    """Webhooks and recipes of one account, behind the account's own endpoint."""

    def __init__(self, automation: Automation) -> None:
        self._automation = automation

    def webhooks(self) -> list[Webhook]:
        """Every webhook, by name."""
        return sorted(map(_webhook, self._automation.webhooks()), key=lambda one: one.name)

    def webhook(self, name: str) -> Webhook:
        """One webhook; raises `webhook.not_found`."""
        return _webhook(self._automation.webhook(name))

    def recipes(self) -> list[Recipe]:
        """Every recipe, by name."""
        urls = {one.name: one.url for one in self._automation.webhooks()}
        recipes = [_recipe(one, urls.get(one.webhook)) for one in self._automation.recipes()]
        return sorted(recipes, key=lambda one: one.name)

    def recipe(self, name: str) -> Recipe:
        """One recipe; raises `recipe.not_found`."""
        found = self._automation.recipe(name)
        return _recipe(found, self._automation.webhook(found.webhook).url)

    def put_webhook(self, name: str, url: str, *, hidden: dict[str, str], update: bool) -> str:
        """Register an address: `created`, `updated` or `unchanged`; raises `webhook.different` unless `update`.

        `hidden` holds what the remote keeps but never tells (`url_secret`, `authorization`), so that it cannot be
        compared: it is sent when the webhook is made and when it is updated.
        """
        known = {one.name: one for one in self._automation.webhooks()}
        found = known.get(name)
        present = {"url": found.url} if found else None
        return self._put("webhook", name, {"url": url}, present, hidden=hidden, update=update)

    def put_recipe(self, name: str, content: dict[str, Any], *, update: bool) -> str:
        """Make a recipe: `created`, `updated` or `unchanged`; raises `recipe.different` unless `update`."""
        self._automation.webhook(content["webhook"])
        known = {one.name: one for one in self._automation.recipes()}
        found = known.get(name)
        present = {key: _plain(getattr(found, key)) for key in content} if found else None
        revision = revision_of({"name": name, **content})
        return self._put("recipe", name, content, present, hidden={"revision": revision}, update=update)

    def enable(self, name: str, *, enabled: bool) -> str:
        """Switch a recipe on or off: `updated` or `unchanged`; raises `recipe.not_found`."""
        if self._automation.recipe(name).enabled is enabled:
            return "unchanged"
        self._automation.update("recipe", name, {"enabled": enabled})
        return "updated"

    def delete_webhook(self, name: str) -> None:
        """Delete a webhook that no recipe uses; raises `webhook.not_found`, `webhook.in_use`."""
        self._automation.webhook(name)
        users = sorted(one.name for one in self._automation.recipes() if one.webhook == name)
        if users:
            hint = tuple(f"qsc-bot recipe delete {user}" for user in users)
            raise QscBotError("webhook.in_use", f"webhook {name} is used by the recipe {', '.join(users)}", hint=hint)
        self._automation.delete("webhook", name)

    def delete_recipe(self, name: str) -> None:
        """Delete a recipe; raises `recipe.not_found`."""
        self._automation.recipe(name)
        self._automation.delete("recipe", name)

    def _put(
        self,
        noun: Noun,
        name: str,
        content: dict[str, Any],
        present: dict[str, Any] | None,
        *,
        hidden: dict[str, Any],
        update: bool,
    ) -> str:
        if present is None:
            self._automation.create(noun, {"name": name, **content, **hidden})
            return "created"
        if present == content and not (update and hidden):
            return "unchanged"
        if not update:
            raise _different(noun, name, content, present)
        self._automation.update(noun, name, content | hidden)
        return "updated"


def revision_of(content: dict[str, Any]) -> str:
    """A short name for one content of a recipe: the same content has the same revision, on every machine."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:REVISION_LETTERS]


def _different(noun: Noun, name: str, content: dict[str, Any], present: dict[str, Any]) -> QscBotError:
    keys = [key for key in content if content[key] != present.get(key)]
    return QscBotError(
        f"{noun}.different",
        f"{noun} {name} exists with another {', '.join(keys)}",
        expected="; ".join(f"{key}: {content[key]}" for key in keys),
        found="; ".join(f"{key}: {present.get(key)}" for key in keys),
        hint=("add --update to change it", f"qsc-bot {noun} show {name}"),
    )


def _plain(value: Any) -> Any:
    return [str(one) for one in value] if isinstance(value, list) else value


def _webhook(found: RemoteWebhook) -> Webhook:
    return Webhook(
        name=found.name,
        via="social-connect",
        url=found.url,
        method=found.method,
        body=found.body,
        state=found.state,
        last_delivery_at=moment(found.last_delivery_at),
    )


def _recipe(found: RemoteRecipe, url: str | None) -> Recipe:
    return Recipe(
        name=found.name,
        webhook=found.webhook,
        topic_ids=[str(topic) for topic in found.topic_ids],
        filter=found.filter,
        exclude_tag=found.exclude_tag,
        active=found.active,
        enabled=found.enabled,
        backend="api",
        state="active" if found.enabled else "disabled",
        revision=revision_of(_content(found)),
        live_revision=found.revision,
        url=url,
    )


def _content(found: RemoteRecipe) -> dict[str, Any]:
    keys = ("name", "webhook", "topic_ids", "filter", "exclude_tag", "active", "enabled")
    return {key: _plain(getattr(found, key)) for key in keys}
