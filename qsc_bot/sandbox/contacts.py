"""Contacts: reading them, changing their tags and fields, listing them by tag."""

import json
import sqlite3
from typing import Any

from qsc_bot.sandbox.account import TOPIC_BOUND_SERVICES
from qsc_bot.sandbox.filters import FilterError, parse_contact_tag
from qsc_bot.sandbox.paging import Selection, read_page, wrap_page
from qsc_bot.sandbox.people import find_person, people_of, tags_of, write_tags
from qsc_bot.sandbox.state import count_write
from qsc_bot.sandbox.wire import (
    RefusalError,
    Visit,
    check_topics,
    invalid,
    is_number,
    not_found,
    read_choice,
    read_json,
    read_time,
)

FIELDS = ("name", "email", "company", "phone")
TAG_MODES = ("add", "update", "delete")
ATTRIBUTE_MODES = ("update", "overwrite", "delete")
SORTS = {"dateadd": "added", "lastupdate": "updated"}


def show_contact(visit: Visit, contact_id: str) -> dict[str, Any]:
    """GET inbox/contact/{contact_id}."""
    return _describe(visit.db, _by_id(visit, contact_id))


def show_contact_on_service(visit: Visit, service: str, service_id: str) -> dict[str, Any]:
    """GET inbox/contact/{service}/{service_id}."""
    return _describe(visit.db, _by_service(visit, service, service_id))


def update_contact(visit: Visit, contact_id: str) -> dict[str, Any]:
    """POST inbox/contact/{contact_id}; the write counts for each of the contact's conversations."""
    number = _by_id(visit, contact_id)
    if _update(visit, number):
        for person in people_of(visit.db, number):
            count_write(visit.db, service=person.service, service_id=person.service_id)
    return _describe(visit.db, number)


def update_contact_on_service(visit: Visit, service: str, service_id: str) -> dict[str, Any]:
    """POST inbox/contact/{service}/{service_id}."""
    number = _by_service(visit, service, service_id)
    if _update(visit, number):
        count_write(visit.db, service=service, service_id=service_id)
    return _describe(visit.db, number)


def list_contacts(visit: Visit) -> dict[str, Any]:
    """GET inbox/contacts."""
    choices = [f"{name}:{way}" for name in SORTS for way in ("asc", "desc")]
    name, _, way = read_choice(visit.params, "sort", choices=choices, default="dateadd:asc").partition(":")
    conditions: list[tuple[str, list[Any]]] = [("updated >= ?", [read_time(visit.params, "updated_since", default=0)])]
    if visit.params.get("filter"):
        tag = _read_tag_filter(visit.params["filter"])
        conditions.append(("id IN (SELECT contact_id FROM contact_tags WHERE tag = ?)", [tag]))
    for field in read_json(visit.params, "required_fields", list, default=[]):
        if field not in FIELDS:
            raise invalid(f"required_fields: unknown field {field!r}")
        conditions.append((f"{field} <> ''", []))
    selection = Selection(table="contacts", order=SORTS[name], descending=way == "desc", conditions=conditions)
    page = read_page(visit, selection, default_limit=20, most=50)
    return wrap_page([_describe(visit.db, row["id"]) for row in page.rows], page)


def _read_tag_filter(text: str) -> str:
    try:
        return parse_contact_tag(text)
    except FilterError as error:
        raise invalid(f"filter: {error}") from error


def _by_id(visit: Visit, contact_id: str) -> int:
    """The contact of this id; where all its profiles need a topic, so does this call (assumed)."""
    people = people_of(visit.db, int(contact_id)) if is_number(contact_id) else []
    services = {person.service for person in people}
    bound = bool(services) and services <= TOPIC_BOUND_SERVICES
    check_topics(visit.params, required_for=min(services) if bound else None)
    if not people:
        raise not_found(f"contact {contact_id} not found")
    return people[0].contact_id


def _by_service(visit: Visit, service: str, service_id: str) -> int:
    if service == "instagram":
        raise RefusalError(400, "unsupported_type", "contacts of instagram are not supported")
    check_topics(visit.params, required_for=service if service in TOPIC_BOUND_SERVICES else None)
    person = find_person(visit.db, service=service, service_id=service_id)
    if person is None:
        raise not_found(f"contact {service}/{service_id} not found")
    return person.contact_id


def _update(visit: Visit, contact_id: int) -> bool:
    """Apply `updates`; whether the tags changed. Keys that are not known are ignored (assumed)."""
    updates = read_json(visit.params, "updates", dict)
    options = read_json(visit.params, "options", dict, default={})
    if "socialprofiles" in updates:
        raise invalid("updates: socialprofiles cannot be changed")
    for field in FIELDS:
        if field in updates:
            _write_field(visit, contact_id, field, updates[field])
    if "customattributes" in updates:
        _write_attributes(visit, contact_id, updates["customattributes"], options)
    if "tags" not in updates:
        return False
    return _write_tags(visit, contact_id, updates["tags"], options)


def _write_field(visit: Visit, contact_id: int, field: str, value: Any) -> None:
    if not isinstance(value, str):
        raise invalid(f"updates: {field} must be text")
    sql = f"UPDATE contacts SET {field} = ?, updated = ? WHERE id = ?"  # noqa: S608 (one of FIELDS)
    visit.db.execute(sql, (value, int(visit.now), contact_id))


def _write_tags(visit: Visit, contact_id: int, tags: Any, options: dict[str, str]) -> bool:
    """Change the tags; mode `update` replaces the list (assumed: only the modes' names are documented)."""
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag for tag in tags):
        raise invalid("updates: tags must be a list of texts")
    mode = read_choice(options, "tags_edit_mode", choices=TAG_MODES, default="update")
    present = tags_of(visit.db, contact_id)
    wanted = {
        "add": [*present, *tags],
        "delete": [tag for tag in present if tag not in tags],
        "update": tags,
    }[mode]
    return write_tags(visit.db, contact_id=contact_id, tags=wanted, now=visit.now)


def _write_attributes(visit: Visit, contact_id: int, values: Any, options: dict[str, str]) -> None:
    """Change the custom attributes, told apart by their `name` (assumed)."""
    if not isinstance(values, list) or not all(isinstance(item, dict) and "name" in item for item in values):
        raise invalid("updates: customattributes must be a list of objects with a name")
    mode = read_choice(options, "customattributes_edit_mode", choices=ATTRIBUTE_MODES, default="update")
    row = visit.db.execute("SELECT customattributes FROM contacts WHERE id = ?", (contact_id,)).fetchone()
    present = {item["name"]: item for item in json.loads(row["customattributes"])}
    given = {item["name"]: item for item in values}
    kept = {name: item for name, item in present.items() if name not in given}
    wanted = {"update": kept | given, "overwrite": given, "delete": kept}[mode]
    visit.db.execute(
        "UPDATE contacts SET customattributes = ?, updated = ? WHERE id = ?",
        (json.dumps(list(wanted.values())), int(visit.now), contact_id),
    )


def _describe(db: sqlite3.Connection, contact_id: int) -> dict[str, Any]:
    row = db.execute("SELECT * FROM contacts WHERE id = ?", (contact_id,)).fetchone()
    return {
        "id": str(row["id"]),
        **{field: row[field] for field in FIELDS},
        "tags": tags_of(db, contact_id),
        "socialprofiles": [
            {"type": person.service, "service_id": person.service_id} for person in people_of(db, contact_id)
        ],
        "customattributes": json.loads(row["customattributes"]),
        "date": {"added": row["added"], "updated": row["updated"]},
    }
