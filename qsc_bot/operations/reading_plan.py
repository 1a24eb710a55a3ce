"""The calls that reading named conversations would take, planned without one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from typing import Final

from qsc_bot.api.contacts import UNSUPPORTED
from qsc_bot.models.call_plan import PlannedCalls
from qsc_bot.models.conversation import ConversationId, Method
from qsc_bot.models.limits import Limits
from qsc_bot.operations.call_plan import CONTACT, FIRST_LOOK, HANDOVER, MENTIONS, META, MODE, OWNER, as_record, planned
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.selection import ContactName, MentionName, Named
from qsc_bot.operations.waiting import Condition, Patience, check_waitable
from qsc_bot.results import Record

ACCOUNTS: Final = "GET /me/accounts"
MENTION: Final = "GET /{account_id}/inbox/mention/{topic_id}/{mention_id}"
CONTEXT: Final = "GET /{account_id}/inbox/context/{topic_id}/{mention_id}"
CONTACT_BY_ID: Final = "GET /{account_id}/inbox/contact/{contact_id}"
APPS: Final = "GET /{page_id}/subscribed_apps"


def plan_status(connection: Connection, named: Sequence[Named], *, limits: Limits | None) -> Record:
    """The calls of one fresh reading of each."""
    return as_record(status_calls(connection, named), limits)


def status_calls(connection: Connection, named: Sequence[Named]) -> list[PlannedCalls]:
    """A reading of each by its method; what must be looked up first counts as that call alone."""
    people = dict.fromkeys(one for one in named if isinstance(one, ConversationId))
    return [*_lookups(connection, named), *_readings(connection, people, "one reading for each")]


def plan_show(connection: Connection, named: Named, *, limits: Limits | None) -> Record:
    """The calls of showing one conversation."""
    if not isinstance(named, ConversationId):
        return as_record(_lookups(connection, [named]), limits)
    return as_record(_one(connection, named), limits)


def plan_explanation(connection: Connection, named: Named, *, limits: Limits | None) -> Record:
    """The calls of explaining one conversation."""
    if not isinstance(named, ConversationId):
        return as_record(_lookups(connection, [named]), limits)
    is_on_messenger = connection.drivers.method_of(named.service) is Method.MESSENGER
    around = _page(connection) if is_on_messenger else _recipes(connection)
    return as_record([*_one(connection, named), *_others(connection, named), *around], limits)


def plan_wait(
    connection: Connection, named: Named, condition: Condition, patience: Patience, *, limits: Limits | None
) -> Record:
    """The calls of one look, and how many looks there are at most until the timeout; raises what a wait refuses."""
    looks = 1 + ceil(patience.timeout_s / patience.interval_s)
    if not isinstance(named, ConversationId):
        return as_record(_lookups(connection, [named]), limits, scope=FIRST_LOOK, looks=looks)
    check_waitable(connection, named, condition)
    if condition.escalated is None:
        return as_record(_readings(connection, [named], "who holds it"), limits, scope=FIRST_LOOK, looks=looks)
    method = connection.drivers.method_of(named.service)
    look = _contacts(connection, [named], "whether it is escalated")
    then = _perhaps(connection, [method], "who holds it, once the condition holds")
    return as_record([*look, *then], limits, scope=FIRST_LOOK, looks=looks)


def _lookups(connection: Connection, named: Iterable[Named]) -> Iterator[PlannedCalls]:
    """What it takes to learn which conversations are meant; how each is read, only the answer tells."""
    kinds = Counter(type(one) for one in named)
    if number := kinds[MentionName]:
        yield planned(MENTION, number, "whose messages these are; reading those comes after it", at_least=True)
    if number := kinds[ContactName]:
        if connection.contacts.must_ask_topics():
            yield planned(ACCOUNTS, 1, "the topics of the account", at_least=True)
        yield planned(
            CONTACT_BY_ID, number, "which conversations are theirs; reading those comes after it", at_least=True
        )


def _one(connection: Connection, person: ConversationId) -> Iterator[PlannedCalls]:
    """Who holds it, its newest message and its contact."""
    yield from _readings(connection, [person], "who holds it")
    yield planned(MENTIONS, 1, "the newest messages, 100 a call, until the customer's is found", at_least=True)
    yield planned(CONTEXT, 0, "the thread around it, where there is one", at_least=True)
    if connection.drivers.method_of(person.service) is not Method.TAG:
        yield from _contacts(connection, [person], "the contact and its tags")


def _readings(connection: Connection, people: Iterable[ConversationId], reason: str) -> Iterator[PlannedCalls]:
    """A fresh reading of each, by the method of its service."""
    by_method = {method: list[ConversationId]() for method in Method}
    for person in people:
        by_method[connection.drivers.method_of(person.service)].append(person)
    yield from _contacts(connection, by_method[Method.TAG], reason)
    if number := len(by_method[Method.HANDOVER]):
        yield planned(HANDOVER, number, reason)
    if (number := len(by_method[Method.MESSENGER])) and connection.profile.messenger:
        yield planned(OWNER, number, reason, remote=META)


def _contacts(connection: Connection, people: Iterable[ConversationId], reason: str) -> Iterator[PlannedCalls]:
    """The contact of each; the bot channels' topics are asked for where nobody has named them yet."""
    services = [person.service for person in people if person.service not in UNSUPPORTED]
    if number := sum(map(connection.contacts.must_ask_topics, set(services))):
        yield planned(ACCOUNTS, number, "the topics of the account", at_least=True)
    if services:
        yield planned(CONTACT, len(services), reason)


def _others(connection: Connection, person: ConversationId) -> Iterator[PlannedCalls]:
    if connection.drivers.method_of(person.service) is not Method.TAG:
        reason = "the contact's other conversations, where the tag contradicts who holds this one"
        yield from _perhaps(connection, (Method.HANDOVER, Method.MESSENGER), reason)


def _perhaps(connection: Connection, methods: Sequence[Method], reason: str) -> Iterator[PlannedCalls]:
    """Readings that are made only where an answer calls for them."""
    if Method.HANDOVER in methods:
        yield planned(HANDOVER, 0, reason, at_least=True)
    if Method.MESSENGER in methods and connection.profile.messenger:
        yield planned(OWNER, 0, reason, remote=META, at_least=True)


def _page(connection: Connection) -> Iterator[PlannedCalls]:
    if connection.profile.messenger:
        yield planned(MODE, 1, "whether routing is on", remote=META)
        yield planned(
            APPS, 0, "the Page's apps, where somebody waits or another app holds it", remote=META, at_least=True
        )


def _recipes(connection: Connection) -> Iterator[PlannedCalls]:
    """The recipes, where they are kept by calls and not by a person."""
    recipes = connection.profile.recipes
    if recipes.backend == "api" and recipes.path:
        for noun in ("webhooks", "recipes"):
            yield planned(f"GET {recipes.path.rstrip('/')}/{noun}", 1, f"the {noun}, 100 a call", at_least=True)
