"""Subscriptions to Messenger's events: the app's, with the app's token, and the Page's, with the Page's.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from qsc_bot.api.graph import Graph
from qsc_bot.errors import AccessDenied
from qsc_bot.models.conversation import Call
from qsc_bot.models.subscription import Layers, SubscriptionsAnswer
from qsc_bot.models.thread import App, AppsAnswer

OBJECT: Final = "page"
UNSHOWN: Final = "***"
PAGE_NEEDS: Final = (
    "the Page token needs the permissions pages_manage_metadata and pages_messaging, "
    "of a person who has the task MODERATE on the Page"
)
OWN_APP: Final = "/app"


class Subscriptions:
    """One app and one Page. Both `POST`s replace the list that is there; that `DELETE` takes it off is assumed."""

    def __init__(self, app: Graph, page: Graph, *, app_id: str, page_id: str) -> None:
        self._app = app
        self._page = page
        self._app_path = app_path(app_id)
        self._page_path = page_path(page_id)
        self._app_id = app_id
        self._page_id = page_id

    def read(self) -> Layers:
        """Both layers as they are now, in two calls."""
        subscribed = self._app.get(self._app_path, SubscriptionsAnswer, params={}).data
        own = next((one for one in subscribed if one.object == OBJECT), None)
        with _naming_permission():
            apps = self._page.get(self._page_path, AppsAnswer, params={}).data
        page = next((one.subscribed_fields for one in apps if str(one.id) == self._app_id), [])
        if own is None:
            return Layers(page=tuple(page))
        return Layers(callback=own.callback_url, active=own.active, app=own.names, page=tuple(page))

    def token_app(self) -> App:
        """The app that minted the Page token; the token goes in the header, as `debug_token` would not have it.

        Clients ask so (https://graph.facebook.com/app); Meta's reference does not name it.
        """
        return self._page.get(OWN_APP, App, params={})

    @property
    def page_token(self) -> str:
        """The Page token in words: whose it is and where it came from."""
        return self._page.remote.source()

    def send(self, call: Call, *, hidden: Mapping[str, str]) -> None:
        """Send one of the writes below, with what it hides; whether it was done is for the caller to read back."""
        fields = {key: hidden.get(key, str(value)) for key, value in (call.body or {}).items()}
        if call.path == self._app_path:
            self._app.raw(call.method, call.path, fields)
            return
        with _naming_permission():
            self._page.raw(call.method, call.path, fields)

    def is_done(self, call: Call, layers: Layers, *, hidden: Mapping[str, str]) -> bool:
        """Whether what is there is what this write was to bring, however it came about."""
        body = call.body or {}
        if call.path == self._page_path:
            return set(layers.page) == _names(body.get("subscribed_fields"))
        fields = _names(body.get("fields"))
        callback = hidden.get("callback_url", body.get("callback_url"))
        return set(layers.app) == fields and (not fields or layers.callback == callback)

    def layer(self, call: Call) -> str:
        """What a write changes, in words."""
        if call.path == self._app_path:
            return f"the subscription of app {self._app_id}"
        return f"the subscription of Page {self._page_id}"


def app_call(app_id: str, callback: str, fields: Sequence[str]) -> Call:
    """The write that lets Meta call an address, which must shake hands first; without fields, that takes all off."""
    path = app_path(app_id)
    if not fields:
        return Call(method="DELETE", path=path, body={"object": OBJECT})
    body: dict[str, object] = {"object": OBJECT, "callback_url": callback, "verify_token": UNSHOWN}
    return Call(method="POST", path=path, body=body | {"fields": ",".join(fields)})


def page_call(page_id: str, fields: Sequence[str]) -> Call:
    """The write that lets the Page send an app these events; without fields, none."""
    if not fields:
        return Call(method="DELETE", path=page_path(page_id))
    return Call(method="POST", path=page_path(page_id), body={"subscribed_fields": ",".join(fields)})


@contextmanager
def _naming_permission() -> Iterator[None]:
    """Name in a refusal what a Page token needs here."""
    try:
        yield
    except AccessDenied as error:
        if error.code == "access.denied":
            error.hint = (PAGE_NEEDS,)
        raise


def _names(fields: object) -> set[str]:
    return set(str(fields).split(",")) if fields else set()


def app_path(app_id: str) -> str:
    """Where an app's own subscriptions are."""
    return f"/{app_id}/subscriptions"


def page_path(page_id: str) -> str:
    """Where the apps of a Page are."""
    return f"/{page_id}/subscribed_apps"
