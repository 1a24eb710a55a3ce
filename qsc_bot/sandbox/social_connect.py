"""Social Connect's calls by path: which function answers, with which scopes; and the user's own pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qsc_bot.sandbox import account, automation, contacts, handover, mentions, publisher
from qsc_bot.sandbox.paging import wrap_list
from qsc_bot.sandbox.wire import HANDOVER, READ, WRITE, Visit


@dataclass(frozen=True)
class Endpoint:
    """One call: what it does and what the token must be allowed."""

    act: Callable[..., Any]
    scopes: tuple[str, ...] = ()
    writes: bool = False


def show_user(visit: Visit) -> dict[str, Any]:
    """GET me."""
    user = visit.user
    return {"id": user.id, "name": user.name, "company": account.ACCOUNT_NAME, "email": user.email}


def list_permissions(visit: Visit) -> list[str]:
    """GET me/permissions: the scopes as plain texts (assumed)."""
    return sorted(granted_scopes(visit.user, visit.settings.scopes))


def list_accounts(visit: Visit) -> dict[str, Any]:  # noqa: ARG001 (every endpoint is called alike)
    """GET me/accounts: the one account with its project, topic and profiles."""
    profiles = [
        {"type": service, "username": profile.id, "displayname": profile.name}
        for service, profile in account.PROFILES.items()
    ]
    topic = {
        "id": int(account.TOPIC_ID),
        "name": account.TOPIC_NAME,
        "monitoredprofiles": profiles,
        "searchkeywords": [],
    }
    project = {"id": account.PROJECT_ID, "name": account.PROJECT_NAME, "topics": [topic]}
    return wrap_list([{"id": int(account.ACCOUNT_ID), "name": account.ACCOUNT_NAME, "projects": [project]}])


def granted_scopes(user: account.User, restriction: frozenset[str] | None) -> frozenset[str]:
    """What a token may do; a restriction binds everyone but the example bot."""
    if restriction is None or user == account.EXAMPLE_BOT:
        return frozenset(account.SCOPES)
    return restriction


def _read(act: Callable[..., Any]) -> Endpoint:
    return Endpoint(act, (READ,))


def _write(act: Callable[..., Any]) -> Endpoint:
    return Endpoint(act, (READ, WRITE), writes=True)


_AUTOMATION = "/{account_id}/sandbox/automation"
ENDPOINTS: Mapping[str, Mapping[str, Endpoint]] = {
    "/me": {"GET": Endpoint(show_user)},
    "/me/accounts": {"GET": _read(list_accounts)},
    "/me/permissions": {"GET": Endpoint(list_permissions)},
    "/{account_id}/inbox/handover/{service}/{service_id}": {
        "GET": Endpoint(handover.show_handover, (HANDOVER,)),
        "POST": Endpoint(handover.hand_to_agents, (HANDOVER,), writes=True),
        "DELETE": Endpoint(handover.hand_to_bot, (HANDOVER,), writes=True),
    },
    "/{account_id}/inbox/contact/{contact_id}": {
        "GET": _read(contacts.show_contact),
        "POST": _write(contacts.update_contact),
    },
    "/{account_id}/inbox/contact/{service}/{service_id}": {
        "GET": _read(contacts.show_contact_on_service),
        "POST": _write(contacts.update_contact_on_service),
    },
    "/{account_id}/inbox/contacts": {"GET": _read(contacts.list_contacts)},
    "/{account_id}/inbox/mentions": {"GET": _read(mentions.list_mentions)},
    "/{account_id}/inbox/mention/{topic_id}/{mention_id}": {"GET": _read(mentions.show_mention)},
    "/{account_id}/inbox/context/{topic_id}/{mention_id}": {"GET": _read(mentions.show_context)},
    "/{account_id}/filter/suggestions": {"GET": _read(mentions.list_filter_suggestions)},
    "/{account_id}/publisher/add": {
        "GET": _read(publisher.show_options),
        "POST": _write(publisher.publish),
    },
    f"{_AUTOMATION}/webhooks": {
        "GET": _read(automation.list_webhooks),
        "POST": _write(automation.create_webhook),
    },
    f"{_AUTOMATION}/webhooks/{{name}}": {
        "GET": _read(automation.show_webhook),
        "POST": _write(automation.update_webhook),
        "DELETE": _write(automation.delete_webhook),
    },
    f"{_AUTOMATION}/recipes": {
        "GET": _read(automation.list_recipes),
        "POST": _write(automation.create_recipe),
    },
    f"{_AUTOMATION}/recipes/{{name}}": {
        "GET": _read(automation.show_recipe),
        "POST": _write(automation.update_recipe),
        "DELETE": _write(automation.delete_recipe),
    },
}
