"""Which events Meta sends to an app: what the app subscribed to, and what the Page sends it."""

from typing import Any

import msgspec


class AppSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """An app's subscription to one kind of object; `fields` are names, or objects with a `name`."""

    object: str
    callback_url: str | None = None
    active: bool = True
    fields: list[Any] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The fields by name."""
        found = [one.get("name") if isinstance(one, dict) else one for one in self.fields]
        return tuple(name for name in found if isinstance(name, str))


class SubscriptionsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The subscriptions of an app, one for each kind of object."""

    data: list[AppSubscription]


class Layers(msgspec.Struct, frozen=True, kw_only=True):
    """Both layers of one app and one Page; an event comes only when both name its field."""

    callback: str | None = None
    active: bool = True
    app: tuple[str, ...] = ()
    page: tuple[str, ...] = ()

    @property
    def both(self) -> tuple[str, ...]:
        """The fields whose events come."""
        return tuple(name for name in self.app if name in self.page)
