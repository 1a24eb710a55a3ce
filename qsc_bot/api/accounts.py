"""The user, the rights and the accounts of a token, and the topics that the bot channels need."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final

from qsc_bot.api.social_connect import SocialConnect
from qsc_bot.errors import AccessDenied, ApiError, QscBotError
from qsc_bot.models.account import Account
from qsc_bot.models.auth import User
from qsc_bot.storage.facts import Facts

ALL_SERVICES: Final = "*"
_UNREADABLE: Final = frozenset({"api.wrong_shape", "api.not_json", "api.not_found", "api.refused", "access.denied"})


class Accounts:
    """What the token can see."""

    def __init__(self, remote: SocialConnect, *, tell_user: Callable[[str], None] = lambda _id: None) -> None:
        self._remote = remote
        self._tell_user = tell_user

    def user(self) -> User:
        """Whom the token was made for (`GET /me`, as public clients use it); `tell_user` hears the id."""
        user = self._remote.get("/me", User)
        self._tell_user(str(user.id))
        return user

    def scopes(self) -> list[str] | None:
        """What the token may do (`GET /me/permissions`); None where that cannot be read.

        The form of its elements is documented nowhere: plain texts are assumed, and all else is unknown.
        """
        try:
            found = self._remote.get("/me/permissions", Any)
        except ApiError as error:
            if error.code not in _UNREADABLE:
                raise
            return None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            return None
        return sorted(found)

    def visible(self) -> list[Account]:
        """Every account that the token can see."""
        return [account for page in self._remote.accounts() for account in page]

    def own(self) -> Account:
        """The configured account, with its projects and topics; raises `access.account` when the token has another."""
        seen: list[str] = []
        for page in self._remote.accounts():
            for account in page:
                if account.id == self._remote.account_id:
                    return account
                seen.append(str(account.id))
        raise AccessDenied(
            "access.account",
            f"account {self._remote.account_id} is none of this token's accounts",
            expected=self._remote.account_id,
            found=", ".join(seen) or "none",
        )


class Topics:
    """The topics to look in: the profile's, else all that watch a profile on the service, remembered."""

    def __init__(self, *, configured: Sequence[str], account: Callable[[], Account], facts: Facts) -> None:
        self._configured = list(configured)
        self._account = account
        self._facts = facts
        self._asking = Lock()

    def all(self) -> list[str]:
        """The topic ids of every service: the profile's, else all of the account."""
        if self._configured:
            return self._configured
        known = self._facts.topics(ALL_SERVICES)
        if not known:
            known = [str(topic.id) for project in self._account().projects for topic in project.topics]
            self._facts.remember_topics(ALL_SERVICES, known)
        return known

    def of(self, service: str) -> list[str]:
        """The topic ids for one service; raises `config.topic` when there is none."""
        with self._asking:
            return self._configured or self._facts.topics(service) or self._ask(service)

    def known(self, service: str) -> list[str]:
        """The topic ids for one service as far as no call is needed."""
        return self._configured or self._facts.topics(service)

    def _ask(self, service: str) -> list[str]:
        found = self._account().topics_of(service)
        if not found:
            raise QscBotError(
                "config.topic",
                f"{service} needs a topic, and no topic of this account watches a {service} profile",
            )
        self._facts.remember_topics(service, found)
        return found
