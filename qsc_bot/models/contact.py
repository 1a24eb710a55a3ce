"""A contact of Social Connect, and the conversations that are this person's."""

import msgspec

from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.wire import WireId


class SocialProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One service that a contact is on."""

    type: str
    service_id: WireId


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One person as the account knows them; `tags` is null where the answer holds none."""

    id: WireId
    name: str | None = None
    tags: list[str] | None = None
    socialprofiles: list[SocialProfile] | None = None

    @property
    def conversations(self) -> tuple[ConversationId, ...]:
        """Every conversation of this person; the escalation tag covers all of them."""
        return tuple(ConversationId(one.type, str(one.service_id)) for one in self.socialprofiles or ())
