"""A tag driver, its list of tagged contacts and the list of conversations, on one wire and one cache."""

from pathlib import Path
from typing import Any, Final

from msgspec import to_builtins
from msgspec.structs import replace

from qsc_bot.control.tag import TagDriver
from qsc_bot.models.conversation import Conversation
from qsc_bot.models.mention import Mention
from qsc_bot.operations.listing import list_conversations
from qsc_bot.operations.query import Query
from qsc_bot.results import Ending
from tests.api.machine import PROD, machine
from tests.api.wire import Wire, envelope
from tests.control.people import CLOCK
from tests.operations.messages import customer

TAG: Final = "escalated to agent"
LIST: Final = "GET /1417/inbox/contacts"
MENTIONS: Final = "GET /1417/inbox/mentions"
SERVICES: Final = ("facebook", "whatsapp", "web", "viber", "twilio", "wechat", "instagram")


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


def written(*mentions: Mention) -> Any:
    """Mentions as the API answers them."""
    return envelope({"data": [to_builtins(one, enc_hook=str) for one in mentions]})


class Bench:
    """A driver and its list; every service moves by the tag, and nothing is known but proofs of earlier benches."""

    def __init__(self, wire: Wire, cache: Path, *, tag: str = TAG, tag_filter: str | None = None) -> None:
        for part in cache.glob("index.db*"):
            part.unlink()
        channels = dict.fromkeys(SERVICES, "tag")
        profile = replace(PROD, escalation_tag=tag, contact_tag_filter=tag_filter, channels=channels)
        made = machine(cache, profile=profile)
        made.wire.answers |= wire.answers
        self.wire = made.wire
        self.connection = made.remotes.connection
        self.list = self.connection.escalations
        self.driver = TagDriver(self.connection.contacts, tag=tag, clock=CLOCK)

    def on_contact(self, name: str, response: dict[str, Any]) -> "Bench":
        """Say what reading one contact is answered with."""
        service, _, service_id = name.partition(":")
        self.wire.on(f"GET /1417/inbox/contact/{service}/{service_id}", envelope(response))
        return self

    def survey(self, *names: str) -> dict[str, str]:
        """Who holds each, by a list of those who wrote."""
        return {row.id: row.control.value for row in self.rows(*names)[0] if row.id in names}

    def rows(self, *names: str, **wish: Any) -> tuple[list[Conversation], Ending]:
        """The list where these have written, the last of them the longest ago."""
        count = len(names)
        self.wire.on(MENTIONS, written(*(customer(name, count - at, number=at) for at, name in enumerate(names))))
        listing = list_conversations(self.connection, Query(**wish), tell=lambda _: None)
        return list(listing.items), listing.ending()

    def escalated(self, name: str) -> bool | None:
        """Whether one who wrote is escalated, as far as the list of tagged contacts tells."""
        self.on_contact(name, {"id": 999})
        rows, _ = self.rows(name)
        return next(row.escalated for row in rows if row.id == name)
