"""The one Messenger webhook of an app: Meta holds it, and the registry our name for it and what was asked for."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from qsc_bot.api.subscriptions import Subscriptions, app_call, page_call
from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.models.conversation import Call
from qsc_bot.models.profile import Messenger
from qsc_bot.models.registry import Account, MessengerEntry
from qsc_bot.models.setup import Webhook
from qsc_bot.models.subscription import Layers
from qsc_bot.setup.back_end import different
from qsc_bot.setup.form import SECRET_MARK, filled
from qsc_bot.setup.subscription_writes import write_all
from qsc_bot.storage.registry import AccountStore
from qsc_bot.transport.redact import redact

UNTOLD: Final = frozenset({"access.denied", "api.refused", "api.wrong_shape", "conversation.not_found"})
"""Answers by which Meta does not tell whose a token is."""


class MessengerSetup:
    """The subscriptions of the profile's app and Page; `open_remote` raises what is missing to reach Meta."""

    def __init__(
        self,
        store: AccountStore,
        open_remote: Callable[[], Subscriptions],
        section: Messenger,
        *,
        url_secret: str | None,
    ) -> None:
        self._store = store
        self._open_remote = open_remote
        self._app_id = section.bot_app_id
        self._page_id = section.page_id
        self._url_secret = url_secret

    def entry(self) -> MessengerEntry | None:
        """What is recorded for this app and this Page."""
        return next((one for one in self._store.read().messenger if self._is_ours(one)), None)

    def layers(self) -> Layers:
        """Both layers as Meta tells them now."""
        return self._open_remote().read()

    def check_token(self) -> list[str]:
        """Refuse a Page token of another app, since a write would replace that app's list: raises `access.app`.

        Where Meta does not tell the token's app, a warning is returned instead.
        """
        remote = self._open_remote()
        try:
            app = remote.token_app()
        except ApiError as error:
            if error.code not in UNTOLD:
                raise
            text = f"Meta does not tell which app the Page token is of, so it was not compared with app {self._app_id}"
            return [f"{text}: {error.message}"]
        if str(app.id) == self._app_id:
            return []
        other = f"app {app.id}" + (f" ({app.name})" if app.name else "")
        raise QscBotError(
            "access.app",
            f"{remote.page_token} is of {other}, and messenger.bot_app_id of the profile is {self._app_id}; "
            "nothing was written",
            hint=(
                f"set QSC_BOT_PAGE_TOKEN to a Page token that app {self._app_id} minted",
                "or, where the other app is the bot's, set messenger.bot_app_id",
            ),
        )

    def check(self, wanted: MessengerEntry, layers: Layers, *, update: bool) -> None:
        """Refuse another name for the same webhook; raises `webhook.different` for another content unless `update`."""
        known = self.entry()
        if known and known.name != wanted.name:
            text = f"app {self._app_id} has one webhook for Page {self._page_id}, and it is recorded as {known.name}"
            raise QscBotError("webhook.different", text, hint=(f"qsc-bot webhook delete {known.name}",))
        if update:
            return
        present = {"url": wanted.url, "subscribe": sorted(known.subscribe if known else wanted.subscribe)}
        if layers.app and not self.is_called_at(wanted.url, layers):
            present["url"] = self._shown(layers.callback)
        content = {"url": wanted.url, "subscribe": sorted(wanted.subscribe)}
        if content != present:
            raise different("webhook", wanted.name, content, present)

    def calls(self, wanted: MessengerEntry, layers: Layers) -> list[Call]:
        """The writes that are needed: a POST replaces the list, so what others put there stays in it."""
        known, called = self.entry(), self.is_called_at(wanted.url, layers) and layers.active
        app, page = (_changed(names, known, wanted) for names in (layers.app, layers.page))
        calls = []
        if not called or app != list(layers.app):
            calls.append(app_call(self._app_id, wanted.url, app))
        return calls if page == list(layers.page) else [*calls, page_call(self._page_id, page)]

    def put(self, wanted: MessengerEntry, layers: Layers, *, verify_token: str) -> tuple[str, Layers]:
        """Subscribe on both layers and record it: `created`, `updated` or `unchanged`, and the layers read back.

        It is recorded with the first write, and then with fields that are given up, which a write that fails leaves.
        Raises `webhook.no_handshake` where the address does not answer as Meta wants, what `write_all` raises, and
        `setup.not_verified`.
        """
        calls, known = self.calls(wanted, layers), self.entry()
        given_up = [name for name in (known.subscribe if known else ()) if name not in wanted.subscribe]
        begun, after = replace(wanted, subscribe=[*wanted.subscribe, *given_up]), layers
        if calls:
            hidden = {"verify_token": verify_token, "callback_url": filled(wanted.url, self._url_secret)}
            after = write_all(self._open_remote(), calls, hidden, note=lambda: self._record(begun))
        self._record(wanted)
        if calls and (faults := self.faults(wanted, after)):
            text = f"webhook {wanted.name}: the writes were accepted, but read back {'; '.join(faults)}"
            raise QscBotError("setup.not_verified", text)
        return "created" if known is None else "updated" if calls or known != wanted else "unchanged", after

    def is_ours(self, entry: MessengerEntry, layers: Layers) -> bool:
        """Whether Meta calls our address, or none; where it calls another, its fields are somebody else's."""
        return not layers.app or self.is_called_at(entry.url, layers)

    def delete_calls(self, entry: MessengerEntry, layers: Layers) -> list[Call]:
        """The writes that take off what was asked for; fields that others put there stay."""
        if not self.is_ours(entry, layers):
            return []
        app, page = _without(layers.app, entry.subscribe), _without(layers.page, entry.subscribe)
        calls = [] if page == list(layers.page) else [page_call(self._page_id, page)]
        return calls if app == list(layers.app) else [*calls, app_call(self._app_id, entry.url, app)]

    def delete(self, entry: MessengerEntry, layers: Layers, *, verify_token: Callable[[], str]) -> None:
        """Take off what was asked for, and forget it; raises `setup.not_verified` where it is still there.

        The verify token is asked for where fields of others stay on the app, which Meta then calls anew.
        """
        calls = self.delete_calls(entry, layers)
        hidden = {"callback_url": layers.callback or ""}
        if any("verify_token" in (call.body or {}) for call in calls):
            hidden["verify_token"] = verify_token()
        if calls:
            after = write_all(self._open_remote(), calls, hidden, note=lambda: None)
            left = [name for name in entry.subscribe if name in after.app or name in after.page]
            if left:
                text = f"webhook {entry.name}: the writes were accepted, but {', '.join(left)} is still there"
                raise QscBotError("setup.not_verified", text)
        self._store.change(lambda account: replace(account, messenger=self._others(account)))

    def is_called_at(self, url: str, layers: Layers) -> bool:
        """Whether Meta calls this address; where the secret in it is not at hand, all else of it must be the same."""
        callback = layers.callback or ""
        if self._url_secret or SECRET_MARK not in url:
            return callback == filled(url, self._url_secret)
        head, _, tail = url.partition(SECRET_MARK)
        return callback.startswith(head) and callback.endswith(tail)

    def faults(self, entry: MessengerEntry, layers: Layers) -> list[str]:
        """What keeps events from coming: on which layer which fields are missing, and another address."""
        told = []
        if not self.is_ours(entry, layers):
            told.append(f"Meta calls another address: {self._shown(layers.callback)}")
        if layers.app and not layers.active:
            told.append(f"the subscription of app {self._app_id} is not active")
        for words, names in ((f"app {self._app_id}", layers.app), (f"Page {self._page_id}", layers.page)):
            missing = [name for name in entry.subscribe if name not in names]
            if missing:
                told.append(f"the subscription of {words} lacks {', '.join(missing)}")
        return told

    def one_sided(self, entry: MessengerEntry, layers: Layers) -> list[str]:
        """Fields that nobody asked for here and that stand on one layer only, so that no such event comes."""
        app, page = f"app {self._app_id}", f"Page {self._page_id}"
        told = []
        if names := _without(layers.app, [*layers.page, *entry.subscribe]):
            told.append(f"{app} subscribes to {', '.join(names)}, and {page} does not send {_them(names)}")
        if names := _without(layers.page, [*layers.app, *entry.subscribe]):
            told.append(f"{page} sends {', '.join(names)}, and {app} does not subscribe to {_them(names)}")
        return told

    def webhook(self, entry: MessengerEntry, layers: Layers | None) -> Webhook:
        """The webhook as shown; `subscribe` is what comes, or what was asked for where Meta could not be read."""
        state = "unknown" if layers is None else "drifted" if self.faults(entry, layers) else "active"
        return Webhook(
            name=entry.name,
            via="messenger",
            url=entry.url,
            method="POST",
            body="[event]",
            subscribe=list(layers.both) if layers else entry.subscribe,
            state=state,
        )

    def entry_of(self, name: str, url: str, fields: Sequence[str]) -> MessengerEntry:
        """An entry for this app and Page; raises `usage.invalid` for a field that cannot be one."""
        given = {"name": name, "app_id": self._app_id, "page_id": self._page_id, "url": url}
        try:
            return msgspec.convert(given | {"subscribe": list(dict.fromkeys(fields))}, MessengerEntry)
        except msgspec.ValidationError as error:
            raise QscBotError("usage.invalid", f"--subscribe names a field of Messenger's events: {error}") from error

    def _record(self, entry: MessengerEntry) -> None:
        self._store.change(lambda account: replace(account, messenger=[*self._others(account), entry]))

    def _is_ours(self, entry: MessengerEntry) -> bool:
        return (entry.app_id, entry.page_id) == (self._app_id, self._page_id)

    def _others(self, account: Account) -> list[MessengerEntry]:
        return [one for one in account.messenger if not self._is_ours(one)]

    def _shown(self, callback: str | None) -> str:
        return redact(callback or "none", [self._url_secret] if self._url_secret else [])


def _changed(present: Sequence[str], known: MessengerEntry | None, wanted: MessengerEntry) -> list[str]:
    """A layer's fields: those of others as they are, ours as they are wanted now."""
    given_up = [name for name in (known.subscribe if known else ()) if name not in wanted.subscribe]
    return list(dict.fromkeys([*_without(present, given_up), *wanted.subscribe]))


def _them(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _without(present: Sequence[str], gone: Sequence[str]) -> list[str]:
    return [name for name in present if name not in gone]
