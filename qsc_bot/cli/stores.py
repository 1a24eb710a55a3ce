"""What is kept on this machine, opened for a run: secrets, the ledger of calls, the index of conversations."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qsc_bot.cli.surroundings import Surroundings

if TYPE_CHECKING:
    from qsc_bot.credentials.vault import Vault
    from qsc_bot.models.profile import Profile
    from qsc_bot.storage.budget import Ledger
    from qsc_bot.storage.deliveries import Deliveries
    from qsc_bot.storage.index import Index


def open_vault(around: Surroundings, state: Path, *, tell: Callable[[str], None]) -> "Vault":
    """Where logins store secrets; what is read from there is hidden on both streams from then on."""
    from qsc_bot.cli.watched import WatchedVault
    from qsc_bot.credentials.file_store import FileStore
    from qsc_bot.credentials.keychain import Keychain, load_backend
    from qsc_bot.credentials.logins import Logins

    return WatchedVault(
        met=around.met,
        keychain=Keychain(around.environ, tell=tell, load=around.keyring or load_backend),
        file=FileStore(state / "secrets.json"),
        logins=Logins(state / "logins.json"),
    )


def open_ledger(
    around: Surroundings, state: Path, *, command: Callable[[], str], tell: Callable[[str], None]
) -> "Ledger":
    """Where calls are counted, for all processes of this machine; `command` names this run's, without its words."""
    from qsc_bot.storage.account import Process
    from qsc_bot.storage.budget import Ledger

    started_ms = int(around.unix_seconds() * 1000)
    process = Process(name=f"{os.getpid()}-{started_ms}", command=command)
    return Ledger(state / "budget.db", process=process, tell=tell)


def open_profile_index(
    profile: "Profile", cache: Path, *, now: Callable[[], float], tell: Callable[[str], None]
) -> "Index":
    """What is known on this machine of a profile's conversations."""
    from qsc_bot.storage.index import index_key, open_index

    return open_index(cache / "index.db", index_key(profile), now=now, tell=tell)


def open_deliveries(
    around: Surroundings, state: Path, profile: "Profile", *, tell: Callable[[str], None]
) -> "Deliveries":
    """What arrived at an account's webhooks on this machine."""
    from qsc_bot.storage.deliveries import FILE, Deliveries

    return Deliveries(state / FILE, account=profile.account_key, now=around.unix_seconds, tell=tell)
