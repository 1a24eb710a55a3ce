"""The secrets of a profile: from the environment, else from where a login stored them; never shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from qsc_bot.credentials.item import Item, binding_of, owner_elsewhere
from qsc_bot.credentials.logins import Login
from qsc_bot.credentials.vault import Vault
from qsc_bot.errors import QscBotError
from qsc_bot.models.profile import SANDBOX_NAME, Profile
from qsc_bot.models.wrapping import unwrapped

BUILT_IN: Final = "built in"
NAMES: Final = ("token", "page_token", "client_secret", "app_secret", "verify_token", "url_secret")

SANDBOX_SECRETS: Final = {
    "token": "sandbox",
    "page_token": "sandbox",
    "client_secret": "sandbox-client-secret",
    "app_secret": "sandbox-app-secret",
    "verify_token": "sandbox-verify-token",
}
_SENT_IN_HEADERS: Final = frozenset({"token", "page_token"})


@dataclass(frozen=True)
class Secret:
    """A secret and where it came from; only `source` may be shown."""

    value: str = field(repr=False)
    source: str


class Secrets:
    """Finds secrets; `None` where there is none.

    The sandbox has its own, whatever the environment holds, so that a real token never reaches it. What was `given`,
    and a secret in the environment, are found without asking any store; `tell` hears of a stored one that is shadowed,
    and of what stood around one in the environment and was taken off; `warn` of one that cannot be used.
    A stored one that was made for another account or host than the profile names now counts as absent.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        vault: Vault | None = None,
        *,
        given: Mapping[str, Secret] | None = None,
        tell: Callable[[str], None] = lambda _text: None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._environ = environ
        self._vault = vault
        self._given = given or {}
        self._tell = tell
        self._warn = warn or tell
        self._told: set[str] = set()
        self._unwrapped: set[str] = set()
        self._items: dict[str, Item | None] = {}
        self._trouble: dict[str, str] = {}
        self._refused: dict[tuple[str, str], str] = {}

    def token(self, profile: Profile) -> Secret | None:
        """The Social Connect API token."""
        return self._find(profile, "token")

    def page_token(self, profile: Profile) -> Secret | None:
        """Meta's token of the Page."""
        return self._find(profile, "page_token")

    def client_secret(self, profile: Profile) -> Secret | None:
        """What Social Connect signs its webhooks with."""
        return self._find(profile, "client_secret")

    def app_secret(self, profile: Profile) -> Secret | None:
        """What Meta signs its webhooks with."""
        return self._find(profile, "app_secret")

    def verify_token(self, profile: Profile) -> Secret | None:
        """The word that Meta repeats when it first calls a webhook."""
        return self._find(profile, "verify_token")

    def url_secret(self, profile: Profile) -> Secret | None:
        """What `{secret}` in a webhook's address stands for; the sandbox has none of its own."""
        return self._find(profile, "url_secret")

    def values(self, profile: Profile) -> list[str]:
        """Every secret of the environment or read so far, for taking them out of what is shown; asks no store."""
        found = [secret for name in NAMES if (secret := self._direct(profile, name))]
        direct = [secret.value for secret in found if secret.source != BUILT_IN]  # what everybody knows hides nothing
        item = self._items.get(profile.name)
        return [*direct, *(item.values.values() if item else ())]

    def sources(self, profile: Profile) -> dict[str, str | None]:
        """Where each secret would come from, as far as that is known without asking the keychain."""
        stored = self._recorded(profile)
        return {name: self._direct_source(profile, name) or stored.get(name) for name in NAMES}

    def shadowed(self, profile: Profile) -> list[str]:
        """The names of stored secrets that the environment hides."""
        return [name for name in self._recorded(profile) if self._in_environ(name)]

    def trouble(self, profile: Profile, name: str = "token") -> str | None:
        """Why a stored secret could not be read or was not used, where that was tried in vain."""
        return self._trouble.get(profile.name) or self._refused.get((profile.name, name))

    def foreign(self, profile: Profile) -> dict[str, str]:
        """Whose each stored secret is that the profile may not use, as far as that is known without the keychain."""
        login = self._login(profile)
        if login is None or login.binding is None:
            return {}
        owners = {name: owner_elsewhere(name, login.binding, binding_of(profile)) for name in login.names}
        return {name: owner for name, owner in owners.items() if owner}

    def _find(self, profile: Profile, name: str) -> Secret | None:
        secret = self._direct(profile, name)
        if secret is None:
            return self._stored(profile, name)
        self._tell_unused(name, secret)
        self._tell_wrapping(name, secret)
        self._tell_shadow(profile, name)
        return secret

    def _direct(self, profile: Profile, name: str) -> Secret | None:
        if name in self._given:
            return self._given[name]
        if profile.name == SANDBOX_NAME and name in SANDBOX_SECRETS:
            return Secret(SANDBOX_SECRETS[name], BUILT_IN)
        variable, value = variable_of(name), self._in_environ(name)
        return Secret(checked(name, value, source=variable), variable) if value else None

    def _direct_source(self, profile: Profile, name: str) -> str | None:
        if profile.name == SANDBOX_NAME and name in SANDBOX_SECRETS:
            return BUILT_IN
        return variable_of(name) if self._in_environ(name) else None

    def _in_environ(self, name: str) -> str:
        """What the environment holds, empty where it holds nothing; files of secrets often end with a newline."""
        return unwrapped(self._environ.get(variable_of(name), ""))[0]

    def _login(self, profile: Profile) -> Login | None:
        return self._vault.login(profile.name) if self._vault and profile.name != SANDBOX_NAME else None

    def _recorded(self, profile: Profile) -> dict[str, str]:
        login, foreign = self._login(profile), self.foreign(profile)
        if self._vault is None or login is None:
            return {}
        return {name: self._vault.source(login.place) for name in login.names if name not in foreign}

    def _stored(self, profile: Profile, name: str) -> Secret | None:
        item = self._item(profile, name)
        if self._vault is None or item is None or not item.values.get(name):
            return None
        owner = owner_elsewhere(name, item.binding, binding_of(profile)) if item.binding else None
        if owner:
            self._refuse(profile, name, owner)
            return None
        source = self._vault.source(item.place)
        return Secret(checked(name, item.values[name], source=source), source)

    def _refuse(self, profile: Profile, name: str, owner: str) -> None:
        key, (told,) = (profile.name, name), whose({name: owner}, profile.name)
        if key not in self._refused and name not in _SENT_IN_HEADERS:  # of a token the call that fails tells it
            self._warn(f"{told}, so it is not used")
        self._refused[key] = told

    def _item(self, profile: Profile, name: str) -> Item | None:
        """What is stored for a profile, read once: for its token always, for others only where a login kept them."""
        key = profile.name
        if self._vault is None or key == SANDBOX_NAME:
            return None
        login = self._login(profile)
        if key not in self._items and (name == "token" or (login is not None and name in login.names)):
            try:
                self._items[key] = self._vault.read(key)
            except QscBotError as error:
                self._items[key] = None
                self._trouble[key] = error.message
                if name not in _SENT_IN_HEADERS:  # of a token the call that fails tells it
                    self._warn(f"{error.message}, so the {words_of(name)} stored for {key} is not used")
        return self._items.get(key)

    def _tell_unused(self, name: str, secret: Secret) -> None:
        """Warn of a secret of the environment in whose place the sandbox's own signs; its tokens go without saying."""
        other = self._in_environ(name) not in ("", secret.value)
        if secret.source == BUILT_IN and other and name not in (*_SENT_IN_HEADERS, *self._told):
            self._told.add(name)
            self._warn(f"{variable_of(name)} is not used: the sandbox has a {words_of(name)} of its own")

    def _tell_wrapping(self, name: str, secret: Secret) -> None:
        variable = variable_of(name)
        if secret.source != variable or name in self._unwrapped:
            return
        self._unwrapped.add(name)
        for what in unwrapped(self._environ.get(variable, ""))[1]:
            self._tell(f"{variable}: {what} taken off")

    def _tell_shadow(self, profile: Profile, name: str) -> None:
        if name not in self._told and not self._given and name in self.shadowed(profile):
            self._told.add(name)
            self._tell(f"{variable_of(name)} shadows the {words_of(name)} stored for {profile.name}")


def variable_of(name: str) -> str:
    """The variable of the environment for one kind of secret."""
    return f"QSC_BOT_{name.upper()}"


def words_of(name: str) -> str:
    """One kind of secret as messages call it."""
    return name.replace("_", " ").replace("url", "URL").replace("page", "Page")


def whose(owners: Mapping[str, str], profile: str) -> list[str]:
    """Sentences that say which stored secrets belong elsewhere, one for each owner."""
    sentences = []
    for owner in dict.fromkeys(owners.values()):
        *others, last = [words_of(name) for name in owners if owners[name] == owner]
        named = (
            f"{', '.join(others)} and {last} stored for {profile} belong"
            if others
            else f"{last} stored for {profile} belongs"
        )
        sentences.append(f"the {named} to {owner}")
    return sentences


def checked(name: str, value: str, *, source: str) -> str:
    """The value, if it can be sent as what it is; raises `config.secret` without showing it."""
    if name in _SENT_IN_HEADERS and not (value.isascii() and value.isprintable() and " " not in value):
        raise QscBotError("config.secret", f"{source} holds a character that no token has")
    return value
