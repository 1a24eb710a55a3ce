"""Whose calls the ledger counts, who makes them, and what it tells of them."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from qsc_bot.storage.window import Window


@dataclass(frozen=True)
class Account:
    """Whose calls are counted: a user of one remote on one host, known by the hash of a token until `/me` is read."""

    remote: str
    host: str
    token_hash: str

    @classmethod
    def of(cls, remote: str, host: str, token: str) -> "Account":
        """The account of a token, of which only the hash is kept."""
        return cls(remote, host.lower(), sha256(token.encode()).hexdigest())

    @property
    def by_token(self) -> str:
        """The key until the user is known."""
        return f"{self.remote} {self.host} token {self.token_hash}"

    def by_user(self, user_id: str) -> str:
        """The key once the user is known, the same for each of the user's tokens."""
        return f"{self.remote} {self.host} user {user_id}"


@dataclass(frozen=True, kw_only=True)
class Process:
    """Which process counts; `command` gives its noun and verb, and never what was typed after them."""

    name: str
    command: Callable[[], str]


@dataclass(frozen=True, kw_only=True)
class Use:
    """What one process of this tool has used of the present window; `since` is by the remote's clock."""

    process: str
    command: str
    calls: int
    since: float


@dataclass(frozen=True, kw_only=True)
class Usage:
    """How much of its own limits Meta says is used, and when a reading of it ends being trusted."""

    percent: int
    seen_at: float
    regains: float | None = None


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is known of an account's calls now; a window of which nothing is known is None.

    `in_flight` of them have no answer yet; one whose process was killed counts among them for two minutes.
    """

    window: Window | None
    uses: list[Use]
    usage: Usage | None
    in_flight: int = 0
