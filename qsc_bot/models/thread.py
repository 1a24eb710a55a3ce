"""Messenger threads as Meta's Graph API shows them."""

from typing import Any

import msgspec

from qsc_bot.models.wire import WireId


class ThreadOwner(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a thread; without `app_id` the holder is hidden from us."""

    app_id: WireId | None = None
    expiration: float | None = None


class OwnerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One element of the answer of `thread_owner`."""

    thread_owner: ThreadOwner = ThreadOwner()


class OwnerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `thread_owner`; an empty list is an idle thread, or one that we may not see."""

    data: list[OwnerRow]


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a thread; the person is the one that is not the Page."""

    id: WireId


class Participants(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of a thread."""

    data: list[Participant] = []


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """One thread of the Page; `is_owner` comes only when routing is on."""

    id: WireId
    updated_time: str | None = None
    is_owner: bool | None = None
    participants: Participants = Participants()


class Cursors(msgspec.Struct, frozen=True, kw_only=True):
    """Where the next page begins."""

    after: str | None = None


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """`next` is read as a sign that there is more; it is never followed, since it may carry a token."""

    cursors: Cursors = Cursors()
    next: str | None = None


class ThreadPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of threads."""

    data: list[Thread]
    paging: Paging = Paging()


class RawPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of anything."""

    data: list[Any]
    paging: Paging = Paging()


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """Which kinds of routing the Page has; their meaning is inferred from their names."""

    msgr_multi_app: bool | None = None
    ig_multi_app: bool | None = None


class FeatureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the mode check."""

    messaging_feature_status: Features


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app that is connected to the Page, and the events that the Page sends it."""

    id: WireId
    name: str | None = None
    subscribed_fields: list[str] = []


class AppsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The connected apps, as far as this one may see them."""

    data: list[App]


class Success(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a write; one documented sample has the text `true`."""

    success: bool | str
