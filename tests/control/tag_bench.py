"""A tag driver and its list of tagged contacts, on one wire and one cache."""

from pathlib import Path
from typing import Any, Final

import pytest

from qsc_bot.api.accounts import Topics
from qsc_bot.api.contacts import Contacts
from qsc_bot.control.escalations import Escalations
from qsc_bot.control.tag import TagDriver
from qsc_bot.models.conversation import Method
from qsc_bot.storage.facts import Facts
from tests.api.wire import NOW, Wire, envelope, social_connect
from tests.control.people import CLOCK, row, words

TAG: Final = "escalated to agent"
LIST: Final = "GET /1417/inbox/contacts"


def contact(number: int, *tags: str, profiles: tuple[str, ...] | None = None, **more: Any) -> dict[str, Any]:
    """A contact with these tags, on X unless told otherwise."""
    names = profiles if profiles is not None else (f"twitter:{number}",)
    pairs = [name.split(":") for name in names]
    return {
        "id": number,
        "tags": list(tags),
        "socialprofiles": [{"type": service, "service_id": service_id} for service, service_id in pairs],
        **more,
    }


def listed(*contacts: dict[str, Any]) -> Wire:
    """A wire whose list of tagged contacts holds these."""
    return Wire().on(LIST, envelope({"data": list(contacts)}))


class Bench:
    """A driver and its list."""

    def __init__(self, wire: Wire, cache: Path, *, tag: str = TAG, tag_filter: str | None = None) -> None:
        facts = Facts(cache / "facts.json", key="key", unix_seconds=lambda: NOW)
        topics = Topics(configured=["46283"], account=lambda: pytest.fail("asked"), facts=facts)
        contacts = Contacts(social_connect(wire), topics=topics)
        self.wire = wire
        self.list = Escalations(contacts, tag=tag, tag_filter=tag_filter, facts=facts, now=CLOCK.now)
        self.driver = TagDriver(contacts, self.list, tag=tag, clock=CLOCK)

    def on_contact(self, name: str, response: dict[str, Any]) -> "Bench":
        """Say what reading one contact is answered with."""
        service, _, service_id = name.partition(":")
        self.wire.on(f"GET /1417/inbox/contact/{service}/{service_id}", envelope(response))
        return self

    def survey(self, *names: str) -> dict[str, str]:
        """Who holds each, by a survey."""
        return words(self.driver.survey([row(name, Method.TAG) for name in names]))
