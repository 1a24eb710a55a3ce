"""The vault of a run: what is read from it is a secret that the run has met, and must not show."""

from qsc_bot.credentials.file_store import FileStore
from qsc_bot.credentials.item import Item
from qsc_bot.credentials.keychain import Keychain
from qsc_bot.credentials.logins import Logins
from qsc_bot.credentials.vault import Vault


class WatchedVault(Vault):
    """A vault that adds to `met` every secret that is read from it."""

    def __init__(self, *, met: set[str], keychain: Keychain, file: FileStore, logins: Logins) -> None:
        super().__init__(keychain=keychain, file=file, logins=logins)
        self._met = met

    def read(self, profile: str) -> Item | None:
        """The stored secrets, known from now on."""
        item = super().read(profile)
        self._met.update(item.values.values() if item else ())
        return item
