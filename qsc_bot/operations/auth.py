"""How a profile is logged in: whose token, what it may do, where it comes from, and how long it can live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from qsc_bot.credentials.logins import Login
from qsc_bot.credentials.secrets import Secret, Secrets, variable_of, whose, words_of
from qsc_bot.credentials.vault import Vault
from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.auth import AuthStatus, User
from qsc_bot.models.profile import Profile
from qsc_bot.results import Record

if TYPE_CHECKING:
    from qsc_bot.api.accounts import Accounts

LONGEST_LIFE: Final = timedelta(days=90)
"""Tokens end within three months (https://developers.engagor.com/documentation/changelog); assumed: 90 days."""
WARNED_BEFORE: Final = timedelta(days=14)
NEEDED_SCOPES: Final[Mapping[str, str]] = {
    "accounts_read": "every command that reads",
    "accounts_write": "escalation, handover by the tag, webhook and recipe",
    "accounts_handover": "handover on WhatsApp, Live Chat, Viber and Twilio",
}
_SCHEMA: Final = "auth-status"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Where the secrets of a profile are found and kept."""

    secrets: Secrets
    vault: Vault


def tell_login(
    profile: Profile, user: User, scopes: list[str] | None, credentials: Credentials, *, is_new: bool
) -> Record:
    """How things stand right after a login."""
    item = _item(profile, credentials, stored=True, works=True, user=user, scopes=scopes)
    login = credentials.vault.login(profile.name)
    announced = (
        [f"the secrets are kept in {credentials.vault.source('file')}, not encrypted, readable by you alone"]
        if login and login.place == "file"
        else []
    )
    return Record(
        schema=_SCHEMA,
        item=item,
        outcome="created" if is_new else "updated",
        warnings=[
            *announced,
            *_doubt_warnings(profile, login, credentials.vault),
            *_scope_warnings(scopes),
            *_shadow_warnings(profile, item.shadowed),
        ],
        next=("qsc-bot conversation list",),
    )


def show_status(
    profile: Profile, credentials: Credentials, accounts: "Accounts", *, now: datetime, expires_within: timedelta | None
) -> Record:
    """How a profile is logged in, by one or two calls; exits 4 without a working token.

    With `expires_within` it also exits 4 where the token can end within that time. The end of a token from the
    environment is not known, and then nothing is said of it.
    """
    token = credentials.secrets.token(profile)
    user, fault = _ask_user(accounts, credentials.secrets, profile, token)
    scopes = accounts.scopes() if user else None
    stored = token is not None and token.source != variable_of("token")
    item = _item(profile, credentials, stored=stored, works=user is not None, user=user, scopes=scopes)
    if token is not None:
        item = msgspec.structs.replace(item, secrets={**item.secrets, "token": token.source})
    ends = item.token_ends_at
    is_late = ends is not None and expires_within is not None and ends - now <= expires_within
    return Record(
        schema=_SCHEMA,
        item=item,
        warnings=[
            *([fault] if fault else _scope_warnings(scopes)),
            *_end_warnings(ends, now),
            *_doubt_warnings(profile, credentials.vault.login(profile.name), credentials.vault),
            *_foreign_warnings(profile, credentials.secrets, told=fault or ""),
            *_shadow_warnings(profile, item.shadowed),
        ],
        next=() if user else (f"qsc-bot auth login -p {profile.name}",),
        exit_code=ExitCode.NOT_LOGGED_IN if is_late or user is None else ExitCode.OK,
    )


def forget(profile: Profile, credentials: Credentials, *, is_known: bool) -> Record:
    """Forget what a login stored, and tell what the environment still provides; `is_known`: it has a profile."""
    existed, fault = credentials.vault.delete(profile.name)
    item = _item(profile, credentials, stored=False)
    if not is_known:
        item = msgspec.structs.replace(item, region=None, api=None)
    left = [source for source in item.secrets.values() if source]
    return Record(
        schema=_SCHEMA,
        item=item,
        outcome="deleted" if existed else "unchanged",
        warnings=[
            *([fault.message] if fault else []),
            *([f"the environment still provides {', '.join(left)}"] if left else []),
        ],
    )


def foreign_warnings(profile: Profile, secrets: Secrets) -> list[str]:
    """Which stored secrets are not used, since they belong to another account or host than the profile says."""
    told = whose(secrets.foreign(profile), profile.name)
    return [f"{sentence}: qsc-bot auth login -p {profile.name}" for sentence in told]


def _ask_user(
    accounts: "Accounts", secrets: Secrets, profile: Profile, token: Secret | None
) -> tuple[User | None, str | None]:
    """Whose the token is, or why it does not work."""
    if token is None:
        trouble = secrets.trouble(profile) or "no login stored it"
        return None, f"there is no token: {variable_of('token')} is not set, and {trouble}"
    try:
        return accounts.user(), None
    except QscBotError as error:
        if error.code != "auth.rejected":
            raise
        return None, error.message


def _item(
    profile: Profile,
    credentials: Credentials,
    *,
    stored: bool,
    works: bool | None = None,
    user: User | None = None,
    scopes: list[str] | None = None,
) -> AuthStatus:
    login = credentials.vault.login(profile.name)
    saved_at = login.token_saved_at if login and stored else None
    return AuthStatus(
        name=profile.name,
        region=profile.region,
        api=profile.base_url,
        works=works,
        user_id=str(user.id) if user else None,
        scopes=scopes,
        missing_scopes=None if scopes is None else [scope for scope in NEEDED_SCOPES if scope not in scopes],
        secrets=credentials.secrets.sources(profile),
        shadowed=credentials.secrets.shadowed(profile),
        token_saved_at=saved_at,
        token_ends_at=saved_at + LONGEST_LIFE if saved_at else None,
    )


def _scope_warnings(scopes: Sequence[str] | None) -> list[str]:
    if scopes is None:
        return ["what the token may do cannot be read: its scopes are unknown"]
    return [
        f"the token lacks {scope}, which is needed for: {commands}"
        for scope, commands in NEEDED_SCOPES.items()
        if scope not in scopes
    ]


def _shadow_warnings(profile: Profile, shadowed: Sequence[str]) -> list[str]:
    return [f"{variable_of(name)} shadows the {words_of(name)} stored for {profile.name}" for name in shadowed]


def _doubt_warnings(profile: Profile, login: Login | None, vault: Vault) -> list[str]:
    """That the keychain may hold secrets beside those of the login."""
    if login is None or login.place == "keychain" or not login.keychain_used:
        return []
    told = f"{vault.source('keychain')} may hold secrets of another login to {profile.name}"
    return [f"{told}; qsc-bot auth logout -p {profile.name} forgets all"]


def _foreign_warnings(profile: Profile, secrets: Secrets, *, told: str) -> list[str]:
    """Which stored secrets are not used since they belong elsewhere, but for what was told already."""
    foreign = secrets.foreign(profile)
    return [] if list(foreign) == ["token"] and foreign["token"] in told else foreign_warnings(profile, secrets)


def _end_warnings(ends: datetime | None, now: datetime) -> list[str]:
    if ends is None or ends - now > WARNED_BEFORE:
        return []
    when = f"{ends:%Y-%m-%d}"
    return [f"the token ended by {when}" if ends <= now else f"the token ends by {when}; make a new one before"]
