"""Handover: who holds a contact of a bot channel; its fields are not known, so there are several shapes."""

from typing import Any

from qsc_bot.sandbox.account import HANDOVER_SERVICES
from qsc_bot.sandbox.people import Person, find_person, write_owner
from qsc_bot.sandbox.state import count_write
from qsc_bot.sandbox.wire import RefusalError, Visit, not_found

SHAPES = ("owner", "state", "status", "application", "unreadable")


def show_handover(visit: Visit, service: str, service_id: str) -> dict[str, Any]:
    """GET inbox/handover/{service}/{service_id}."""
    return describe_handover(_require(visit, service, service_id).owner, visit.settings.handover_shape)


def hand_to_agents(visit: Visit, service: str, service_id: str) -> dict[str, Any]:
    """POST inbox/handover/{service}/{service_id}; once more changes nothing (assumed)."""
    return _move(visit, service, service_id, owner="agent")


def hand_to_bot(visit: Visit, service: str, service_id: str) -> dict[str, Any]:
    """DELETE inbox/handover/{service}/{service_id}; once more changes nothing (assumed)."""
    return _move(visit, service, service_id, owner="bot")


def describe_handover(owner: str, shape: str) -> dict[str, Any]:
    """The item in one of the assumed shapes."""
    bot = owner == "bot"
    word = "application" if bot else "social_connect"
    shapes: dict[str, dict[str, Any]] = {
        "owner": {"owner": word},
        "state": {"state": owner},
        "status": {"status": "external_application" if bot else "social_connect"},
        "application": {"application": {"name": "Example bot"} if bot else None, "owner": {"type": word}},
        "unreadable": {"kind": "handover", "level": 1 if bot else 2},
    }
    return shapes[shape]


def _move(visit: Visit, service: str, service_id: str, *, owner: str) -> dict[str, Any]:
    person = _require(visit, service, service_id)
    if write_owner(visit.db, person, owner):
        count_write(visit.db, service=service, service_id=service_id)
    return describe_handover(owner, visit.settings.handover_shape)


def _require(visit: Visit, service: str, service_id: str) -> Person:
    if service not in HANDOVER_SERVICES:
        raise RefusalError(400, "unsupported_type", f"handover is not supported for {service}")
    person = find_person(visit.db, service=service, service_id=service_id)
    if person is None:
        raise not_found(f"contact {service}/{service_id} not found")
    return person
