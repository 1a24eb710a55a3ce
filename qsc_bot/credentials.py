"""The secrets of a profile, taken from the environment, and never shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.profile import SANDBOX_NAME, Profile

BUILT_IN: Final = "built in"

_SANDBOX_SECRETS: Final = {
    "QSC_BOT_TOKEN": "sandbox",
    "QSC_BOT_PAGE_TOKEN": "sandbox",
    "QSC_BOT_CLIENT_SECRET": "sandbox-client-secret",
    "QSC_BOT_APP_SECRET": "sandbox-app-secret",
    "QSC_BOT_VERIFY_TOKEN": "sandbox-verify-token",
}
_VARIABLES: Final = (*_SANDBOX_SECRETS, "QSC_BOT_URL_SECRET")
_SENT_IN_HEADERS: Final = frozenset({"QSC_BOT_TOKEN", "QSC_BOT_PAGE_TOKEN"})


@dataclass(frozen=True)
class Secret:
    """A secret and where it came from; only `source` may be shown."""

    value: str = field(repr=False)
    source: str


class Secrets:
    """Finds secrets; `None` where there is none.

    The sandbox has its own, whatever the environment holds, so that a real token never reaches it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def token(self, profile: Profile) -> Secret | None:
        """The Social Connect API token."""
        return self._find(profile, "QSC_BOT_TOKEN")

    def page_token(self, profile: Profile) -> Secret | None:
        """Meta's token of the Page."""
        return self._find(profile, "QSC_BOT_PAGE_TOKEN")

    def client_secret(self, profile: Profile) -> Secret | None:
        """What Social Connect signs its webhooks with."""
        return self._find(profile, "QSC_BOT_CLIENT_SECRET")

    def app_secret(self, profile: Profile) -> Secret | None:
        """What Meta signs its webhooks with."""
        return self._find(profile, "QSC_BOT_APP_SECRET")

    def verify_token(self, profile: Profile) -> Secret | None:
        """The word that Meta repeats when it first calls a webhook."""
        return self._find(profile, "QSC_BOT_VERIFY_TOKEN")

    def url_secret(self, profile: Profile) -> Secret | None:
        """What `{secret}` in a webhook's address stands for; the sandbox has none of its own."""
        return self._find(profile, "QSC_BOT_URL_SECRET")

    def values(self, profile: Profile) -> list[str]:
        """Every secret of this profile, for taking them out of what is shown."""
        found = (self._find(profile, variable) for variable in _VARIABLES)
        return [secret.value for secret in found if secret]

    def _find(self, profile: Profile, variable: str) -> Secret | None:
        if profile.name == SANDBOX_NAME and variable in _SANDBOX_SECRETS:
            return Secret(_SANDBOX_SECRETS[variable], BUILT_IN)
        value = self._environ.get(variable, "").strip()  # files of secrets often end with a newline
        if not value:
            return None
        if variable in _SENT_IN_HEADERS and not (value.isascii() and value.isprintable() and " " not in value):
            raise QscBotError("config.secret", f"{variable} holds a character that no token has")
        return Secret(value, variable)
