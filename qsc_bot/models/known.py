"""What is known of a conversation from earlier runs; moments are Unix seconds, null is not known."""

from typing import Literal

from msgspec import Struct

Order = Literal["waiting", "last", "id"]
Stretch = tuple[float | None, float | None]
"""From when until when messages were read, without a gap; None and None where none were."""


class Known(Struct, frozen=True, kw_only=True):
    """One conversation as last known: its messages, its contact, and the last reading of who holds it.

    `bears` tells whether the contact bears the escalation tag; `bears_at` is null where the list of tagged contacts
    told it. `waits_from` is null for a customer who is answered, `is_untied` true where nobody knows.
    """

    service: str
    service_id: str
    mention: str | None = None
    name: str | None = None
    status: str | None = None
    assigned_to: list[str] = []
    permalink: str | None = None
    written_at: float | None = None
    replied_at: float | None = None
    waits_from: float | None = None
    is_untied: bool = False
    topics: list[str] = []
    active_at: float | None = None
    contact_id: str | None = None
    tags: list[str] | None = None
    bears: bool | None = None
    bears_at: float | None = None
    control: str | None = None
    holder: str | None = None
    is_hidden: bool = False
    control_until: float | None = None
    observed_at: float | None = None
    note: str | None = None


class Coverage(Struct, frozen=True, kw_only=True):
    """What the index covers: messages added from `swept_from` until `swept_until`, and when each list was read."""

    swept_from: float | None = None
    swept_until: float | None = None
    swept_at: float | None = None
    tagged_at: float | None = None
    contacts_at: float | None = None

    @property
    def stretch(self) -> Stretch:
        """From when until when all messages were read."""
        return self.swept_from, self.swept_until


class Wanted(Struct, frozen=True, kw_only=True):
    """Which known conversations, and in which order: active since, or bearing the tag whatever their age."""

    since: float
    services: frozenset[str] = frozenset()
    waits_before: float | None = None
    order: Order = "waiting"
    only_tagged: bool = False
