"""The `guided` back-end: what a person enters in the settings screen, recorded, with the form for it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.registry import (
    PRIVATE_MESSAGES,
    Account,
    Change,
    Confirmed,
    Content,
    OwnFilter,
    Pending,
    Proven,
    RecipeEntry,
    WebhookEntry,
)
from qsc_bot.models.setup import Noun, Recipe, SetupForm, Webhook
from qsc_bot.setup.back_end import BackEndName, different, in_use
from qsc_bot.setup.evidence import Sighting, Verdict, counts_from, drifted, judge
from qsc_bot.setup.form import (
    COMPARE,
    ONLY_PROVEN,
    SCREEN,
    Revealed,
    Screen,
    changes_form,
    delete_form,
    switch_form,
    whole_form,
)
from qsc_bot.setup.marker import without_marker
from qsc_bot.setup.retired import retired_of, with_retired
from qsc_bot.setup.states import entered_of, faults, is_leaving, recipe_of, settled, wanted_of, written
from qsc_bot.storage.registry import AccountStore

E = TypeVar("E", WebhookEntry, RecipeEntry)


class GuidedSetup:
    """Webhooks and recipes of one account, entered by a person; no call is made."""

    backend: BackEndName = "guided"

    def __init__(self, store: AccountStore, *, screen: Screen, by: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._by = by
        self.now = now
        self.screen = screen

    def webhooks(self) -> list[Webhook]:
        """Every webhook, by name."""
        return sorted(map(_webhook, self._store.read().webhooks), key=lambda one: one.name)

    def webhook(self, name: str) -> Webhook:
        """One webhook; raises `webhook.not_found`."""
        return _webhook(_find(self._store.read().webhooks, "webhook", name))

    def recipes(self) -> list[Recipe]:
        """Every recipe, by name."""
        account = self._store.read()
        return sorted((recipe_of(one, account) for one in account.recipes), key=lambda one: one.name)

    def recipe(self, name: str) -> Recipe:
        """One recipe; raises `recipe.not_found`."""
        account = self._store.read()
        return recipe_of(_find(account.recipes, "recipe", name), account)

    def faults(self, name: str | None = None) -> list[str]:
        """What does not hold together, after an edit by hand or of the profile; of one recipe, or of all."""
        return faults(self._store.read(), name, private_message_filter=self.screen.private_message_filter or None)

    @property
    def path(self) -> tuple[str, ...]:
        """Where in the settings the recipes are."""
        return SCREEN

    def has_marker(self, name: str) -> bool:
        """Whether the recipe's deliveries bear a marker; raises `recipe.not_found`."""
        return _find(self._store.read().recipes, "recipe", name).marker

    def difference_from(self, name: str, revision: str) -> SetupForm | None:
        """What to change on the screen where this revision is entered; None where its content is not known."""
        account = self._store.read()
        entry = _find(account.recipes, "recipe", name)
        known = next((one for one in entered_of(entry) if one.revision == revision), None)
        return self._difference(name, known, wanted_of(entry, account), Revealed()) if known else None

    def put_webhook(self, name: str, url: str, *, hidden: dict[str, str], update: bool) -> str:
        """Record an address: `created`, `updated` or `unchanged`; recipes that use it become pending.

        Of what `hidden` holds only this is kept: whether an Authorization header is wanted.
        """

        def edit(account: Account) -> tuple[Account, str]:
            present = next((one for one in account.webhooks if one.name == name), None)
            entry = WebhookEntry(name=name, url=without_marker(url), authorization="authorization" in hidden)
            wanted = {"url": entry.url, "authorization": entry.authorization}
            if present is None:
                return replace(account, webhooks=[*account.webhooks, entry]), "created"
            if present == entry or (present.url == entry.url and not update and not entry.authorization):
                return account, "unchanged"
            if not update:
                raise different("webhook", name, wanted, msgspec.to_builtins(present))
            changed = replace(account, webhooks=_exchanged(account.webhooks, entry))
            users = [one for one in changed.recipes if one.webhook == name]
            recipes = changed.recipes
            for user in users:
                recipes = _exchanged(recipes, self._asked(user, "delete" if is_leaving(user) else "update", changed))
            return replace(changed, recipes=recipes), "updated"

        return self._change(edit)

    def put_recipe(self, name: str, content: dict[str, Any], *, update: bool) -> str:
        """Record a recipe for a person to enter: `created`, `updated` or `unchanged`."""
        content = content | {
            "private_message_filter": self._own_filter() if content["filter"] == PRIVATE_MESSAGES else None
        }

        def edit(account: Account) -> tuple[Account, str]:
            _find(account.webhooks, "webhook", content["webhook"])
            present = next((one for one in account.recipes if one.name == name), None)
            if present is None:
                entry = RecipeEntry(name=name, revision="0" * 12, **content)
                return replace(account, recipes=[*account.recipes, self._asked(entry, "create", account)]), "created"
            leaves = is_leaving(present)
            found = msgspec.to_builtins(present)
            if all(found[key] == value for key, value in content.items()) and not leaves:
                return account, "unchanged"
            if not update and not leaves:
                raise different("recipe", name, content, found)
            entry = self._asked(replace(present, **content), "create" if leaves else "update", account)
            return replace(account, recipes=_exchanged(account.recipes, entry)), "updated"

        return self._change(edit)

    def enable(self, name: str, *, enabled: bool) -> str:
        """Record that a recipe is to be switched on or off: `recorded` or `unchanged`; raises `recipe.not_found`."""

        def edit(account: Account) -> tuple[Account, str]:
            present = _find(account.recipes, "recipe", name)
            if present.enabled is enabled and not is_leaving(present):
                return account, "unchanged"
            entry = self._asked(replace(present, enabled=enabled), "enable" if enabled else "disable", account)
            return replace(account, recipes=_exchanged(account.recipes, entry)), "recorded"

        return self._change(edit)

    def delete(self, noun: Noun, name: str) -> str:
        """Delete a webhook, or record that a recipe is to be deleted by a person, who then confirms it."""

        def edit(account: Account) -> tuple[Account, str]:
            if noun == "webhook":
                webhook = _find(account.webhooks, noun, name)
                users = [one.name for one in account.recipes if one.webhook == name]
                if users:
                    raise in_use(name, users)
                return replace(account, webhooks=[one for one in account.webhooks if one != webhook]), "deleted"
            entry = self._asked(_find(account.recipes, noun, name), "delete", account)
            return replace(account, recipes=_exchanged(account.recipes, entry)), "recorded"

        return self._change(edit)

    def confirm(self, name: str) -> str:
        """Record that a person entered what was asked for: `updated`, `deleted` or `unchanged`."""

        def edit(account: Account) -> tuple[Account, str]:
            entry = _find(account.recipes, "recipe", name)
            if is_leaving(entry):
                return replace(account, recipes=[one for one in account.recipes if one.name != name]), "deleted"
            content, revision = wanted_of(entry, account)
            is_said = entry.confirmed is not None and entry.confirmed.content == content
            is_drifted = entry.seen is not None and entry.seen.drifted
            if is_said and not entry.pending and not is_drifted and entry.revision == revision:
                return account, "unchanged"
            said = Confirmed(revision=revision, by=self._by, at=written(self.now()), content=content)
            seen = None if is_drifted else entry.seen
            done = replace(entry, revision=revision, pending=None, confirmed=said, proven=None, seen=seen)
            return replace(account, recipes=_exchanged(account.recipes, settled(done, account))), "updated"

        return self._change(edit)

    def form(self, name: str, *, whole: bool, revealed: Revealed) -> SetupForm:
        """The form of a recipe: what waits to be entered, or all of it; raises `recipe.not_found`."""
        account = self._store.read()
        entry = _find(account.recipes, "recipe", name)
        content, revision = wanted_of(entry, account)
        all_of_it = whole_form(name, content, revision=revision, screen=self.screen, revealed=revealed)
        match entry.pending and entry.pending.change, entered_of(entry):
            case "delete", _:
                return delete_form(name, screen=self.screen)
            case "update" | "enable" | "disable" as change, [known, *_] if not whole:
                form = self._difference(name, known, (content, revision), revealed)
                if form.entries:
                    return form
                if change != "update":
                    return switch_form(name, enabled=content.enabled, screen=self.screen)
                return replace(all_of_it, path=form.path, note=COMPARE)
        return all_of_it

    def weigh(self, name: str, sightings: Mapping[str, Sighting]) -> Verdict:
        """What deliveries prove of a recipe, not recorded; raises `recipe.not_found` and `recipe.not_seen`."""
        return self._verdict(name, self._store.read(), sightings)

    def see(self, name: str, sightings: Mapping[str, Sighting], *, outside: str | None = None) -> Verdict:
        """Record what deliveries prove of a recipe; raises `recipe.not_found` and `recipe.not_seen`.

        `outside` says what is wrong with one that the wanted revision's filter should have left out.
        """
        verdicts: list[Verdict] = []

        def edit(account: Account) -> tuple[Account, str]:
            verdict = self._verdict(name, account, sightings)
            if outside and verdict.drift is None:
                verdict = drifted(verdict, outside)
            verdicts.append(verdict)
            return replace(account, recipes=_exchanged(account.recipes, settled(verdict.entry, account))), "updated"

        self._change(edit)
        return verdicts[-1]

    def counts_from(self, name: str) -> datetime | None:
        """From when on a delivery tells of the recipe as it is wanted now; raises `recipe.not_found`."""
        return counts_from(_find(self._store.read().recipes, "recipe", name))

    def _verdict(self, name: str, account: Account, sightings: Mapping[str, Sighting]) -> Verdict:
        entry = _find(account.recipes, "recipe", name)
        content, revision = wanted_of(entry, account)
        before = retired_of(name, account)
        return judge(entry, content, revision, sightings, retired=before, by=self._by, at=self.now())

    def _own_filter(self) -> str | None:
        """The profile's own filter for private messages; raises `config.invalid` where no form can show it."""
        text = self.screen.private_message_filter or None
        try:
            return msgspec.convert(text, OwnFilter | None)
        except msgspec.ValidationError as error:
            raise QscBotError(
                "config.invalid", "private_message_filter in the profile is not one line of at most 1000 characters"
            ) from error

    def _difference(
        self, name: str, known: Proven | Confirmed, wanted: tuple[Content, str], revealed: Revealed
    ) -> SetupForm:
        old = (known.content, known.revision)
        form = changes_form(name, old, wanted, screen=self.screen, revealed=revealed)
        return replace(form, note=ONLY_PROVEN) if isinstance(known, Proven) else form

    def _asked(self, entry: RecipeEntry, change: Change, account: Account) -> RecipeEntry:
        """The entry with a change that a person is asked for; what was seen before tells nothing about it."""
        _, revision = wanted_of(entry, account)
        was = entry.pending.change if entry.pending else None
        kept = was if change != "delete" and was in ("create", "update") else change
        if not entered_of(entry) and change != "delete":
            kept = "create"
        pending = Pending(change=kept, by=self._by, at=written(self.now()))
        return settled(replace(entry, revision=revision, pending=pending, seen=None), account)

    def _change(self, edit: Callable[[Account], tuple[Account, str]]) -> str:
        done: list[str] = []

        def remember(account: Account) -> Account:
            changed, word = edit(account)
            done.append(word)
            return account if changed == account else with_retired(account, changed, at=self.now())

        self._store.change(remember)
        return done[-1]


def _find(entries: list[E], noun: Noun, name: str) -> E:
    found = next((one for one in entries if one.name == name), None)
    if found is None:
        raise QscBotError(f"{noun}.not_found", f"there is no {noun} {name} in the registry")
    return found


def _exchanged(entries: list[E], entry: E) -> list[E]:
    return [entry if one.name == entry.name else one for one in entries]


def _webhook(entry: WebhookEntry) -> Webhook:
    return Webhook(name=entry.name, via=entry.via, url=entry.url, method="POST", body="[mention]", state=entry.state)
