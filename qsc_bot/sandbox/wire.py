"""What Social Connect's calls have in common: what comes in, the envelopes that go out, the refusals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from qsc_bot.sandbox.account import TOPIC_ID, User
from qsc_bot.sandbox.world import Moment

READ = "accounts_read"
WRITE = "accounts_write"
HANDOVER = "accounts_handover"


class RefusalError(Exception):
    """Social Connect's error answer."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description


@dataclass(frozen=True, kw_only=True)
class Visit(Moment):
    """One call that was let in, with the moment it works on."""

    user: User
    params: Mapping[str, str]
    url: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back: a JSON value, or bytes as they are."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def wrap(response: Any) -> dict[str, Any]:
    """The envelope of a success."""
    return {"meta": {"code": 200}, "response": response}


def describe_refusal(refusal: RefusalError) -> dict[str, Any]:
    """The envelope of an error."""
    return {
        "code": refusal.status,
        "error": refusal.error,
        "error_description": refusal.description,
        "error_details": [],
    }


def invalid(description: str) -> RefusalError:
    """A parameter that the API refuses."""
    return RefusalError(400, "invalid_parameter", description)


def not_found(description: str) -> RefusalError:
    """An object that the API does not know."""
    return RefusalError(404, "not_found", description)


def forbidden(description: str) -> RefusalError:
    """Something that this token may not do."""
    return RefusalError(403, "no_permission", description)


def is_number(text: str) -> bool:
    """Whether this can be the id of a row."""
    return text.isascii() and text.isdigit() and len(text) < 19


def read_int(params: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    """A whole number from 0 to `most`."""
    text = params.get(name, "")
    if not text:
        return default
    if not is_number(text) or int(text) > most:
        raise invalid(f"{name} must be a number between 0 and {most}")
    return int(text)


def read_time(params: Mapping[str, str], name: str, *, default: float) -> float:
    """An ISO 8601 time as unix seconds; without an offset it is UTC (assumed)."""
    text = params.get(name, "")
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise invalid(f"{name} must be an ISO 8601 date") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def read_choice(params: Mapping[str, str], name: str, *, choices: Sequence[str], default: str) -> str:
    """One of a few words."""
    word = params.get(name) or default
    if word not in choices:
        raise invalid(f"{name} must be one of {', '.join(choices)}")
    return word


def read_json(params: Mapping[str, str], name: str, kind: type[Any], *, default: Any = None) -> Any:
    """JSON text inside a parameter; without a default the parameter is required."""
    text = params.get(name, "")
    if not text:
        if default is None:
            raise invalid(f"{name} is required")
        return default
    try:
        value = json.loads(text)
    except ValueError as error:
        raise invalid(f"{name} must be JSON") from error
    if not isinstance(value, kind):
        raise invalid(f"{name} must be a JSON {'object' if kind is dict else 'list'}")
    return value


def check_topics(params: Mapping[str, str], *, required_for: str | None = None) -> None:
    """Refuse topics that are not the account's, and none where this service needs them."""
    topics = [topic.strip() for topic in params.get("topic_ids", "").split(",") if topic.strip()]
    if required_for is not None and not topics:
        raise invalid(f"topic_ids is required for {required_for}")
    strangers = [topic for topic in topics if topic != TOPIC_ID]
    if strangers:
        raise forbidden(f"no access to topic {', '.join(strangers)}")
