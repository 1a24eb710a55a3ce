"""The clients of one profile's remotes: transports stacked, clients on them, drivers on those."""

from collections.abc import Callable, Collection
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from qsc_bot import __version__
from qsc_bot.api.accounts import Accounts, Topics
from qsc_bot.api.automation import Automation
from qsc_bot.api.contacts import Contacts
from qsc_bot.api.graph import Graph
from qsc_bot.api.handover import Handover
from qsc_bot.api.mentions import Mentions
from qsc_bot.api.remote import Remote
from qsc_bot.api.social_connect import SocialConnect
from qsc_bot.api.subscriptions import Subscriptions
from qsc_bot.api.threads import Threads
from qsc_bot.cli.interrupts import Interrupts
from qsc_bot.control.driver import Driver, Drivers
from qsc_bot.control.escalations import Escalations
from qsc_bot.control.handover import HandoverDriver
from qsc_bot.control.messenger import MessengerDriver, NoMessenger
from qsc_bot.control.remembering import RememberingDriver
from qsc_bot.control.tag import TagDriver
from qsc_bot.credentials.secrets import Secret, Secrets, variable_of
from qsc_bot.errors import AccessDenied, QscBotError
from qsc_bot.models.conversation import Method
from qsc_bot.models.profile import Messenger, Profile
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.limits import show_limits
from qsc_bot.operations.raw import RawRemote
from qsc_bot.results import Record
from qsc_bot.setup.remote import RemoteSetup
from qsc_bot.storage.budget import Ledger
from qsc_bot.storage.facts import Facts
from qsc_bot.storage.index import Index
from qsc_bot.transport.allowance import Allowance, RemoteName
from qsc_bot.transport.auth import BearerTransport
from qsc_bot.transport.budget import Budget
from qsc_bot.transport.clock import Clock
from qsc_bot.transport.log import LogTransport
from qsc_bot.transport.pace import PacedTransport
from qsc_bot.transport.retry import RetryTransport


class Remotes:
    """Social Connect and Graph as one profile reaches them."""

    def __init__(
        self,
        *,
        profile: Profile,
        secrets: Secrets,
        known: Callable[[], Collection[str]],
        clock: Clock,
        cache: Path,
        index: Callable[[], Index],
        ledger: Ledger,
        sleep: Callable[[float], None],
        log: Callable[[str], None] | None,
        mount: Callable[[str], httpx.BaseTransport],
        interrupts: Interrupts,
    ) -> None:
        self._profile = profile
        self._secrets = secrets
        self._known = known
        self._clock = clock
        self._sleep = sleep
        self._log = log
        self._mount = mount
        self._interrupts = interrupts
        self._budget = Budget(ledger, clock=clock, sleep=sleep)
        self._open_index = index
        self._clients: list[httpx.Client] = []
        key = f"{profile.base_url} {profile.account_id}"
        self._facts = Facts(cache / "facts.json", key=key, unix_seconds=clock.unix)

    def close(self) -> None:
        """Close every connection that was opened."""
        for client in self._clients:
            client.close()
        if "_index" in vars(self):
            self._index.close()

    @cached_property
    def connection(self) -> Connection:
        """The clients and drivers, for the operations."""
        profile = self._profile
        escalations = Escalations(
            self._contacts, tag=profile.escalation_tag, tag_filter=profile.contact_tag_filter, facts=self._facts
        )
        tag = RememberingDriver(TagDriver(self._contacts, tag=profile.escalation_tag, clock=self._clock), self._index)
        return Connection(
            profile=profile,
            contacts=self._contacts,
            mentions=Mentions(
                self._social_connect,
                topic_ids=profile.topic_ids,
                private_filter=profile.private_message_filter,
            ),
            drivers=Drivers(
                profile.channels,
                {
                    Method.TAG: lambda: tag,
                    Method.HANDOVER: self._handover,
                    Method.MESSENGER: self._remembering_messenger,
                },
            ),
            tag=tag,
            open_messenger=lambda: self._messenger,
            escalations=escalations,
            index=self._index,
            clock=self._clock,
            budget=self._budget,
            sleep=self._sleep,
            can_read=self._has_token,
            asked_to_stop=self._interrupts.asked,
            check_stop=self._interrupts.check,
        )

    @cached_property
    def _index(self) -> Index:
        return self._open_index()

    def raw(self, *, graph: bool) -> RawRemote:
        """One of the two APIs as it is; raises `config.messenger` where the profile has no Messenger."""
        if not graph:
            return self._social_connect
        if self._profile.messenger is None:
            raise QscBotError("config.messenger", f"profile {self._profile.name} has no messenger section")
        return self._graph(self._profile.messenger)

    def limits(self, *, ask: bool) -> Record:
        """How many calls are left; with `ask`, one call finds out."""
        graph = self._graph_allowance if self._profile.messenger and self._has_token(Method.MESSENGER) else None
        return show_limits(
            self._allowance,
            graph,
            reserve=self._profile.budget_reserve,
            clock=self._clock,
            ask=self._ask_limits if ask else None,
        )

    @property
    def accounts(self) -> Accounts:
        """What the token says of itself."""
        return Accounts(self._social_connect, tell_user=self._allowance.learn)

    @cached_property
    def setup(self) -> RemoteSetup:
        """Webhooks and recipes by calls; raises `config.recipes` where the profile names no path for them."""
        path = self._profile.recipes.path
        if path is None:
            raise QscBotError("config.recipes", f"profile {self._profile.name}: recipes.path is not set")
        return RemoteSetup(Automation(self._social_connect, path=path))

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """What the app and the Page subscribe to; raises `config.messenger`, and `config.secret` without app secret."""
        section = self._profile.messenger
        if section is None:
            raise QscBotError("config.messenger", f"profile {self._profile.name} has no messenger section")
        if self._app_token(self._profile) is None:
            trouble = self._secrets.trouble(self._profile, "app_secret")
            text = f"profile {self._profile.name}: {variable_of('app_secret')} is not set"
            raise QscBotError("config.secret", f"{text}; {trouble}" if trouble else text)
        allowance = self._allowed("graph-app", self._profile.graph_base, self._app_token, "app_secret")
        base_url = f"{self._profile.graph_base}/{section.graph_version}"
        renewal = (
            f"copy the App secret of app {section.bot_app_id} from its basic settings at developers.facebook.com",
            self._storing("app_secret"),
        )
        app = Graph(self._remote(base_url, "Meta app", self._app_token, allowance), renewal=renewal)
        return Subscriptions(app, self._graph(section), app_id=section.bot_app_id, page_id=section.page_id)

    def _app_token(self, profile: Profile) -> Secret | None:
        """The app's own token, made of its id and its secret; it goes in the header, as every token."""
        secret = self._secrets.app_secret(profile)
        if secret is None or profile.messenger is None:
            return None
        return Secret(f"{profile.messenger.bot_app_id}|{secret.value}", secret.source)

    @cached_property
    def _social_connect(self) -> SocialConnect:
        remote = self._remote(self._profile.base_url, "Social Connect", self._secrets.token, self._allowance)
        return SocialConnect(remote, account_id=self._profile.account_id)

    @cached_property
    def _contacts(self) -> Contacts:
        topics = Topics(configured=self._profile.topic_ids, account=self.accounts.own, facts=self._facts)
        return Contacts(self._social_connect, topics=topics)

    def _handover(self) -> Driver:
        driver = HandoverDriver(Handover(self._social_connect), clock=self._clock)
        return RememberingDriver(driver, self._index)

    @cached_property
    def _messenger(self) -> MessengerDriver | None:
        setup = self._profile.messenger
        if setup is None:
            return None
        return MessengerDriver(Threads(self._graph(setup), page_id=setup.page_id), setup, clock=self._clock)

    def _remembering_messenger(self) -> Driver:
        if self._messenger is None:
            return NoMessenger(profile=self._profile.name, now=self._clock.now)
        return RememberingDriver(self._messenger, self._index)

    def _graph(self, setup: Messenger) -> Graph:
        base_url = f"{self._profile.graph_base}/{setup.graph_version}"
        renewal = (f"make a new Page token with app {setup.bot_app_id}", self._storing("page_token"))
        return Graph(self._remote(base_url, "Meta", self._secrets.page_token, self._graph_allowance), renewal=renewal)

    def _storing(self, kind: str) -> str:
        """Where a new secret of this kind goes."""
        return f"set it as {variable_of(kind)}, or store it with qsc-bot auth login -p {self._profile.name}"

    @cached_property
    def _allowance(self) -> Allowance:
        return self._allowed("social-connect", self._profile.base_url, self._secrets.token, "token")

    @cached_property
    def _graph_allowance(self) -> Allowance:
        return self._allowed("graph", self._profile.graph_base, self._secrets.page_token, "page_token")

    def _allowed(
        self, remote: RemoteName, base_url: str, secret: Callable[[Profile], Secret | None], kind: str
    ) -> Allowance:
        def token() -> str:
            found = secret(self._profile)
            if found is None:
                raise self._no_token(kind)
            return found.value

        return self._budget.allowance(remote, urlsplit(base_url).netloc, token)

    def _ask_limits(self) -> None:
        """One call, let through whatever is thought to be left; it tells whose the token is, too."""
        with self._budget.keeping(None):
            match self._social_connect.get("/me", Any):
                case {"id": str() | int() as user}:
                    self._allowance.learn(str(user))

    def _remote(
        self, base_url: str, name: str, secret: Callable[[Profile], Secret | None], allowance: Allowance
    ) -> Remote:
        def source() -> str:
            found = secret(self._profile)
            return f"the {name} token of profile {self._profile.name}" + (f" from {found.source}" if found else "")

        transport = BearerTransport(self._logged(self._mount(base_url)), base_url=base_url, token=allowance.token)
        paced = PacedTransport(transport, allowance=allowance, clock=self._clock)
        client = httpx.Client(
            base_url=base_url,
            transport=RetryTransport(paced, clock=self._clock, sleep=self._sleep),
            timeout=self._profile.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": f"qsc-bot/{__version__}", "Accept": "application/json"},
        )
        self._clients.append(client)
        return Remote(client, name=name, source=source, secrets=self._known)

    def _no_token(self, kind: str) -> AccessDenied:
        name = self._profile.name
        variable = variable_of(kind)
        trouble = self._secrets.trouble(self._profile, kind)
        return AccessDenied(
            "auth.no_token",
            f"profile {name}: {variable} is not set, and {trouble or 'no login stored it'}",
            hint=(f"qsc-bot auth login -p {name}", f"or set {variable}"),
        )

    def _logged(self, transport: httpx.BaseTransport) -> httpx.BaseTransport:
        return transport if self._log is None else LogTransport(transport, log=self._log, secrets=self._known)

    def _has_token(self, method: Method) -> bool:
        secret = self._secrets.page_token if method is Method.MESSENGER else self._secrets.token
        return secret(self._profile) is not None
