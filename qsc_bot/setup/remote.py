"""The `api` back-end: webhooks and recipes as calls, each made once, changed only when asked."""

from collections.abc import Callable
from typing import Any

from qsc_bot.api.automation import Automation
from qsc_bot.errors import NotFound, QscBotError, WriteInDoubt
from qsc_bot.models.setup import Noun, Recipe, RemoteRecipe, RemoteWebhook, Webhook
from qsc_bot.models.wire import moment
from qsc_bot.setup.back_end import BackEndName, different, in_use
from qsc_bot.setup.marker import revision_of


class RemoteSetup:
    """Webhooks and recipes of one account, behind the account's own endpoint."""

    backend: BackEndName = "api"

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
        urls = {one.name: one.url for one in self._automation.webhooks()}
        return _recipe(found, urls.get(found.webhook))

    def faults(self, name: str | None = None) -> list[str]:  # noqa: ARG002  # the remote keeps its own order
        """Nothing: what the remote keeps is what is so."""
        return []

    def put_webhook(self, name: str, url: str, *, hidden: dict[str, str], update: bool) -> str:
        """Register an address: `created`, `updated` or `unchanged`; raises `webhook.different` unless `update`.

        `hidden` holds what the remote keeps but never tells (`url_secret`, `authorization`), so that it cannot be
        compared: it is sent when the webhook is made and whenever it is updated.
        """
        return self._put("webhook", name, {"url": url}, extra=hidden, update=update, always=bool(hidden))

    def put_recipe(self, name: str, content: dict[str, Any], *, update: bool) -> str:
        """Make a recipe: `created`, `updated` or `unchanged`; raises `recipe.different` unless `update`."""
        self._automation.webhook(content["webhook"])
        extra = {"revision": revision_of({"name": name, **content})}
        return self._put("recipe", name, content, extra=extra, update=update, always=False)

    def enable(self, name: str, *, enabled: bool) -> str:
        """Switch a recipe on or off: `updated` or `unchanged`; raises `recipe.not_found`."""
        if self._automation.recipe(name).enabled is enabled:
            return "unchanged"
        wanted = {"enabled": enabled}
        self._write("recipe", name, wanted, lambda: self._automation.update("recipe", name, wanted))
        return "updated"

    def delete(self, noun: Noun, name: str) -> str:
        """Delete a webhook or recipe: `deleted`; raises `webhook.not_found`, `recipe.not_found`, `webhook.in_use`."""
        self._find(noun, name)
        users = [one.name for one in self._automation.recipes() if one.webhook == name]
        if noun == "webhook" and users:
            raise in_use(name, users)
        self._write(noun, name, None, lambda: self._automation.delete(noun, name))
        return "deleted"

    def _put(
        self, noun: Noun, name: str, content: dict[str, Any], *, extra: dict[str, Any], update: bool, always: bool
    ) -> str:
        present = self._present(noun, name, content)
        if present is None:
            whole = {"name": name, **content, **extra}
            self._write(noun, name, content, lambda: self._automation.create(noun, whole))
            return "created"
        if present == content and not (update and always):
            return "unchanged"
        if not update:
            raise different(noun, name, content, present)
        self._write(noun, name, content, lambda: self._automation.update(noun, name, content | extra))
        return "updated"

    def _write(self, noun: Noun, name: str, wanted: dict[str, Any] | None, send: Callable[[], None]) -> None:
        """Write once, then compare what is there with what was wanted (None: nothing)."""
        doubt = None
        try:
            send()
        except WriteInDoubt as error:
            doubt = error
        try:
            found = self._present(noun, name, wanted or {})
        except QscBotError as error:
            raise doubt or error from error
        if found == wanted:
            return
        if doubt is not None:
            text = f"{noun} {name}: {doubt.message}; read back, it is not as wanted"
            raise QscBotError("write.not_done", text, hint=(f"qsc-bot {noun} list",)) from doubt
        raise QscBotError(
            "setup.not_verified",
            f"{noun} {name}: the write was accepted, but read back it is not as wanted",
            expected=str(wanted or "gone"),
            found=str(found or "gone"),
        )

    def _present(self, noun: Noun, name: str, content: dict[str, Any]) -> dict[str, Any] | None:
        """What is there, in the keys of `content`; None where there is none of this name."""
        try:
            found = self._find(noun, name)
        except NotFound:
            return None
        return {key: _plain(getattr(found, key)) for key in content}

    def _find(self, noun: Noun, name: str) -> RemoteWebhook | RemoteRecipe:
        return self._automation.webhook(name) if noun == "webhook" else self._automation.recipe(name)


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
    keys = ("name", "webhook", "topic_ids", "filter", "exclude_tag", "active")
    return {key: _plain(getattr(found, key)) for key in keys}
