"""Whether a recipe's filter is the wanted one: what was delivered beyond it, and what was not delivered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from qsc_bot.control.driver import DEFAULT_METHODS
from qsc_bot.models.conversation import Method
from qsc_bot.models.mention import Mention
from qsc_bot.models.registry import PRIVATE_MESSAGES
from qsc_bot.models.setup import Recipe
from qsc_bot.models.wording import counted
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.excluded import MOST, look_at_contacts, looked_at, tagged_since
from qsc_bot.operations.sweep import is_private
from qsc_bot.storage.delivery_rows import Fired

PAGES: Final = 10
"""So many calls at most, of 100 messages each."""
GRACE: Final = timedelta(minutes=2)
"""A message as young as this may be on its way still."""
NAMED: Final = 3


@dataclass(frozen=True, kw_only=True)
class Beyond:
    """What deliveries tell of the filter: `outside` is what is wrong with one that it should have left out.

    `warnings` are what could not be found out, `notes` what was looked at.
    """

    outside: str | None = None
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()


def delivered_beyond(connection: Connection, recipe: Recipe, fired: Sequence[Fired]) -> Beyond:
    """What was delivered that the filter should have left out; for an excluded tag, contacts are read, a call each."""
    public = [one for one in fired if one.is_private is False and not _is_always_private(one)]
    if recipe.filter == PRIVATE_MESSAGES and public:
        newest = public[-1]
        several = "is no private message" if len(public) == 1 else "are no private messages"
        text = f"recipe {recipe.name}: {len(public)} of {counted(len(fired), 'stored event')} {several}"
        return Beyond(outside=f"{text}, the last {_named(newest)}")
    tag = recipe.exclude_tag
    if tag is None or not any(one.conversation for one in fired):
        return Beyond()
    found = look_at_contacts(connection, tag, fired)
    told = looked_at(found)
    warnings = [*found.unreadable, *tagged_since(found, tag)]
    if found.excluded:
        text = f"recipe {recipe.name}: a delivery comes from a contact with the tag {tag}: {_named(found.excluded)}"
        return Beyond(outside=f"{text}; {told}", warnings=warnings)
    if found.looked_at == found.total:
        return Beyond(warnings=warnings, notes=[f"{told} for the tag {tag}"])
    if found.looked_at == 0:
        return Beyond(warnings=[*warnings, f"no contact was looked at for the tag {tag}"])
    newest_first = "the newest " if found.looked_at == MOST else ""
    return Beyond(warnings=[*warnings, f"only {newest_first}{told} for the tag {tag}"])


def not_delivered(connection: Connection, recipe: Recipe, fired: Sequence[Fired]) -> list[str]:
    """Private messages of the inbox, since the first of these deliveries, that none of them brought: as a warning.

    Contacts that a message says to be excluded are left out. At most `PAGES` calls.
    """
    if recipe.filter != PRIVATE_MESSAGES or not recipe.enabled or not fired:
        return []
    begin, until = fired[0].received_at, connection.clock.now() - GRACE
    known = {one.dedupe_key for one in fired}
    missing: list[str] = []
    for number, page in enumerate(connection.mentions.newest_first(begin, until), 1):
        missing += [
            str(one.conversation) for one in _wanted(connection, recipe, page, begin) if one.unique_id not in known
        ]
        if number == PAGES:
            break
    if not missing:
        return []
    names = list(dict.fromkeys(missing))
    shown = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    verb = "has" if len(missing) == 1 else "have"
    text = f"{counted(len(missing), 'private message')} since {begin:%Y-%m-%d %H:%M} UTC {verb} no delivery here"
    return [f"{text} ({shown}): filter too narrow, or was nothing listening?"]


def _wanted(connection: Connection, recipe: Recipe, page: Sequence[Mention], begin: datetime) -> Iterator[Mention]:
    """The customers' private messages that the recipe should have brought."""
    for one in page:
        is_of_it = str(one.topic.id) in recipe.topic_ids and one.conversation is not None
        tags = one.author.tags if isinstance(one.author.tags, list) else []
        is_new = one.at is not None and one.at >= begin
        is_wanted = is_of_it and is_new and recipe.exclude_tag not in tags
        if is_wanted and is_private(one, is_filtered=connection.mentions.is_filtered):
            yield one


def _is_always_private(fired: Fired) -> bool:
    """Whether the channel carries private messages only, whatever a message's type is called."""
    service = (fired.conversation or "").partition(":")[0]
    return DEFAULT_METHODS.get(service) is Method.HANDOVER


def _named(fired: Fired) -> str:
    return f"{fired.conversation or 'of nobody known'} at {fired.received_at:%Y-%m-%d %H:%M} UTC"
