"""What is known of a recipe that a person enters: computed from what was recorded, never from a stored word."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from qsc_bot.models.registry import (
    PRIVATE_MESSAGES,
    Account,
    Confirmed,
    Content,
    Proven,
    RecipeEntry,
    State,
    WebhookEntry,
)
from qsc_bot.models.setup import Evidence, Recipe
from qsc_bot.setup.form import SECRET_MARK, has_stray_braces
from qsc_bot.setup.marker import revision_of


def content_of(entry: RecipeEntry, webhook: WebhookEntry) -> Content:
    """What the recipe does, with its webhook's address."""
    return Content(
        webhook=entry.webhook,
        url=webhook.url,
        topic_ids=entry.topic_ids,
        filter=entry.filter,
        private_message_filter=entry.private_message_filter if entry.filter == PRIVATE_MESSAGES else None,
        exclude_tag=entry.exclude_tag,
        active=entry.active,
        enabled=entry.enabled,
        authorization=webhook.authorization,
        marker=entry.marker,
    )


def revision_in(name: str, content: Content) -> str:
    """The revision of a content; a header, an own filter and a missing marker count only where there are such."""
    fields: dict[str, Any] = {"name": name, **msgspec.to_builtins(content)}
    if not content.authorization:
        del fields["authorization"]
    if content.marker:
        del fields["marker"]
    if content.private_message_filter is None:
        del fields["private_message_filter"]
    return revision_of(fields)


def wanted_of(entry: RecipeEntry, account: Account) -> tuple[Content, str]:
    """The wanted content and its revision."""
    webhook = next(one for one in account.webhooks if one.name == entry.webhook)
    content = content_of(entry, webhook)
    return content, revision_in(entry.name, content)


def state_of(entry: RecipeEntry, content: Content, revision: str) -> State:
    """The state of a recipe, from what is wanted, what a person said, and what was seen."""
    if entry.seen and entry.seen.drifted:
        return "drifted"
    if entry.pending or entry.revision != revision:
        return "pending"
    if entry.seen and entry.seen.revision == revision and entry.enabled:
        return "verified" if entry.seen.verified else "seen"
    if entry.confirmed and entry.confirmed.content == content:
        return "confirmed" if entry.enabled else "disabled"
    return "pending"


def is_leaving(entry: RecipeEntry) -> bool:
    """Whether the recipe is to be deleted."""
    return entry.pending is not None and entry.pending.change == "delete"


def entered_of(entry: RecipeEntry) -> list[Proven | Confirmed]:
    """What is known to have been entered, the newest first."""
    return [one for one in (entry.proven, entry.confirmed) if one]


def faults(account: Account, name: str | None, *, private_message_filter: str | None) -> list[str]:
    """What does not hold together, in the file or with the profile's filter of now; of one recipe, or of all."""
    told = []
    for entry in account.recipes if name is None else [one for one in account.recipes if one.name == name]:
        content, revision = wanted_of(entry, account)
        state = state_of(entry, content, revision)
        if entry.revision != revision:
            told.append(
                f"recipe {entry.name}: the registry file says revision {entry.revision}, its content is {revision}: "
                f"it was changed by hand, so it waits for: qsc-bot recipe confirm {entry.name}"
            )
        elif entry.state != state:
            told.append(f"recipe {entry.name}: the registry file says {entry.state}; by what is recorded it is {state}")
        if entry.filter == PRIVATE_MESSAGES and content.private_message_filter != private_message_filter:
            told.append(
                f"recipe {entry.name}: private_message_filter is {private_message_filter or 'not set'} in the profile, "
                f"and {content.private_message_filter or 'none'} was recorded; recipe create --update records it"
            )
        if has_stray_braces(content.url):
            told.append(f"recipe {entry.name}: its address holds braces that are not those of {SECRET_MARK}")
    return told


def settled(entry: RecipeEntry, account: Account) -> RecipeEntry:
    """The entry with the state that follows from it, for readers of the file."""
    content, revision = wanted_of(entry, account)
    return msgspec.structs.replace(entry, state=state_of(entry, content, revision))


def recipe_of(entry: RecipeEntry, account: Account) -> Recipe:
    """A recipe as shown."""
    content, revision = wanted_of(entry, account)
    confirmed, seen = entry.confirmed, entry.seen
    return Recipe(
        name=entry.name,
        webhook=entry.webhook,
        topic_ids=entry.topic_ids,
        filter=entry.filter,
        exclude_tag=entry.exclude_tag,
        active=entry.active,
        enabled=entry.enabled,
        backend="guided",
        state=state_of(entry, content, revision),
        revision=revision,
        live_revision=seen.revision if seen else None,
        url=content.url,
        pending=entry.pending.change if entry.pending else None,
        confirmed_by=confirmed.by if confirmed else None,
        confirmed_at=moment_in(confirmed.at) if confirmed else None,
        evidence=_evidence(entry),
    )


def _evidence(entry: RecipeEntry) -> Evidence | None:
    seen = entry.seen
    if seen is None:
        return None
    return Evidence(
        revision=seen.revision,
        count=seen.count,
        first=moment_in(seen.first),
        last=moment_in(seen.last),
        by=seen.by,
        at=datetime.fromisoformat(seen.at),
    )


def moment_in(text: str | None) -> datetime | None:
    """A moment as the registry writes it."""
    return datetime.fromisoformat(text) if text else None


def written(moment: datetime) -> str:
    """A moment as the registry writes it: in UTC, with whole seconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
