"""`recipe verify`: where a recipe's deliveries are looked for, and how long."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from qsc_bot.cli.arrivals import stored_deliveries, timed
from qsc_bot.cli.guided import log_chunks
from qsc_bot.cli.session import Session
from qsc_bot.cli.writes import kept_reserve
from qsc_bot.errors import QscBotError
from qsc_bot.models.address import is_loopback
from qsc_bot.models.conversation import Method
from qsc_bot.models.delivery import Via
from qsc_bot.operations import filtering, proof
from qsc_bot.setup.access_log import read_log
from qsc_bot.setup.evidence import Sighting
from qsc_bot.setup.form import SECRET_MARK
from qsc_bot.storage.deliveries import KEPT, Deliveries
from qsc_bot.storage.delivery_rows import Fired

if TYPE_CHECKING:
    from qsc_bot.models.setup import Recipe
    from qsc_bot.results import Record
    from qsc_bot.setup.guided import GuidedSetup
    from qsc_bot.webhook.receiver import Arrival, Refused, Rules

OWN_PATH: Final = "/social-connect"
PORT: Final = 8787
TIMEOUT: Final = timedelta(minutes=10)
POLL_SECONDS: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Search:
    """Where is looked: in what is stored since a moment, in a log, and with `listen` at a port until the time is over.

    Without `listen`, another port or time-out than the usual one is refused as `usage.invalid`.
    """

    since: timedelta | datetime = KEPT
    log: str | None = None
    listen: bool = False
    port: int = PORT
    timeout: timedelta = TIMEOUT
    compare: bool | None = None

    def __post_init__(self) -> None:
        if not self.listen and (self.port, self.timeout) != (PORT, TIMEOUT):
            raise QscBotError("usage.invalid", "--port and --timeout are for --listen")


def prove(here: Session, name: str, search: Search) -> "Record":
    """Look for the recipe's deliveries, and record what they prove; see `proof.verify_recipe`.

    Raises `recipe.not_seen` at once where none can ever be seen.
    """
    guided = here.guided
    recipe = proof.check_marked(guided, name)
    since = here.clock.now() - search.since if isinstance(search.since, timedelta) else search.since
    logged = _logged(here, guided, name, search.log) if search.log else {}
    with stored_deliveries(here, make=search.listen) as store:
        found = proof.Found(fired=store.fired(name, since=since) if store else (), logged=logged)
        if store and search.listen and not proof.is_told(guided, name, found, or_drift=False):
            _Listening(here, guided, recipe, store, since=since, logged=logged).until_told(search.port, search.timeout)
            found = replace(found, fired=store.fired(name, since=since))
    if not found.sightings and search.log is None and not search.listen:
        raise proof.blind(recipe, since)
    found = _with_filter(here, guided, recipe, found, compare=search.compare)
    try:
        return timed(here, proof.verify_recipe(guided, name, found))
    except proof.RecipeDrifted as drift:
        timed(here, drift.report)
        raise


def _logged(here: Session, guided: "GuidedSetup", name: str, log: str) -> dict[str, Sighting]:
    with log_chunks(here, log) as chunks:
        return read_log(chunks, name, now=guided.now)


def _with_filter(
    here: Session, guided: "GuidedSetup", recipe: "Recipe", found: proof.Found, *, compare: bool | None
) -> proof.Found:
    """The same, with what the deliveries and the inbox tell of the filter, as far as the account may be asked."""
    telling = proof.telling(guided, recipe, found.fired)
    if not telling:
        return found
    connection = here.connection
    with kept_reserve(here, across_reset=False).holding(connection):
        beyond = filtering.delivered_beyond(connection, recipe, telling)
    warnings = list(beyond.warnings)
    if compare or (compare is None and connection.can_read(Method.TAG)):
        here.printer.notice(
            f"comparing with the inbox since {telling[0].received_at:%Y-%m-%d %H:%M} UTC: "
            f"a call for each 100 messages, {filtering.PAGES} at most; --no-compare leaves it out"
        )
        warnings += _missing(here, recipe, telling)
    return replace(found, outside=beyond.outside, warnings=warnings, notes=beyond.notes)


def _missing(here: Session, recipe: "Recipe", telling: list[Fired]) -> list[str]:
    try:
        with kept_reserve(here, across_reset=False).holding(here.connection):
            return filtering.not_delivered(here.connection, recipe, telling)
    except QscBotError as error:
        return [f"the inbox could not be compared: {error.message}"]


class _Listening:
    """A receiver that is there until a delivery tells something."""

    def __init__(
        self,
        here: Session,
        guided: "GuidedSetup",
        recipe: "Recipe",
        store: Deliveries,
        *,
        since: datetime,
        logged: Mapping[str, Sighting],
    ) -> None:
        self._here = here
        self._guided = guided
        self._recipe = recipe
        self._store = store
        self._since = since
        self._logged = logged
        self._heard: SimpleQueue[Arrival | Refused] = SimpleQueue()

    def until_told(self, port: int, timeout: timedelta) -> None:
        """Listen on a port of this machine until a delivery tells something or the time is over."""
        from qsc_bot.cli.receiving import served
        from qsc_bot.webhook.receiver import Receiver

        here = self._here
        receiver = Receiver(
            self._rules(),
            keep=lambda arrived, events, answer: self._store.store(arrived, events, answer=answer),
            tell=self._heard.put,
            refuse=self._heard.put,
        )
        with served(receiver, port=port, refuse=self._heard.put) as used:
            until = here.clock.now() + timeout
            self._begin(used, until)
            while here.clock.now() < until and not self._is_told():
                here.surroundings.sleep(POLL_SECONDS)

    def _rules(self) -> "Rules":
        from qsc_bot.webhook.receiver import Rules

        here = self._here
        client, url_secret = here.secrets.client_secret(here.profile), here.secrets.url_secret(here.profile)
        if client is None:
            here.printer.warning(
                "QSC_BOT_CLIENT_SECRET is not set, so no signature is checked: at most `seen` is proven"
            )
        return Rules(
            paths=dict.fromkeys((OWN_PATH, self._path), Via.SOCIAL_CONNECT),
            signing={Via.SOCIAL_CONNECT: client.value} if client else {},
            url_secret=url_secret.value if url_secret else None,
            takes_unsigned=client is None,
        )

    @property
    def _path(self) -> str:
        """The path of the recipe's own address, which a tunnel passes on as it is."""
        path = urlsplit(self._recipe.url or "").path
        return "/".join(part for part in path.split("/") if part != SECRET_MARK) or "/"

    def _begin(self, port: int, until: datetime) -> None:
        printer, host = self._here.printer, urlsplit(self._recipe.url or "").hostname or ""
        paths = " and ".join(dict.fromkeys((self._path, OWN_PATH)))
        printer.notice(
            f"listening at http://127.0.0.1:{port}{paths} for a delivery of recipe "
            f"{self._recipe.name}, until {until:%H:%M} UTC; Ctrl-C ends it"
        )
        if not is_loopback(host):
            printer.warning(
                f"deliveries go to {host}: something there must pass them on to this port, or none will come"
            )

    def _is_told(self) -> bool:
        """Tell what was heard; whether it proves something."""
        from qsc_bot.webhook.receiver import Refused

        heard_ours = False
        while not self._heard.empty():
            heard = self._heard.get()
            if isinstance(heard, Refused):
                self._here.printer.notice(
                    f"refused: {heard.reason} ({heard.status}){f', {heard.note}' if heard.note else ''}"
                )
                continue
            ours = heard.request.recipe == self._recipe.name
            signed = "signed" if heard.request.verified else "unsigned"
            marker = f"revision {heard.request.revision}" if ours else "without this recipe's marker"
            self._here.printer.notice(f"a delivery came, {signed}, {marker}")
            heard_ours = heard_ours or ours
        if not heard_ours:
            return False
        found = proof.Found(fired=self._store.fired(self._recipe.name, since=self._since), logged=self._logged)
        return proof.is_told(self._guided, self._recipe.name, found, or_drift=True)
