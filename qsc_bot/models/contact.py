"""A contact of Social Connect, and the conversations that are this person's."""

import msgspec

from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.wire import WireId


class SocialProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One service that a contact is on."""

    type: str
    service_id: WireId


class ContactDate(msgspec.Struct, frozen=True, kw_only=True):
    """Unix seconds: when the contact was last changed; that a change of tags counts as one is assumed."""

    updated: float | None = None


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One person as the account knows them; `tags` is null where the answer holds none."""

    id: WireId
    name: str | None = None
    tags: list[str] | None = None
    socialprofiles: list[SocialProfile] | None = None
    date: ContactDate | None = None

    @property
    def conversations(self) -> tuple[ConversationId, ...]:
        """Every conversation of this person; the escalation tag covers all of them."""
        return tuple(ConversationId(one.type, str(one.service_id)) for one in self.socialprofiles or ())
