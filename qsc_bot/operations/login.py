"""Logging in: where a token is accepted, which account is meant, and saving both or neither."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import asdict

from qsc_bot.credentials.item import Binding, Item, Place, owner_elsewhere
from qsc_bot.credentials.keychain import KeychainInDoubt
from qsc_bot.credentials.logins import Login
from qsc_bot.credentials.vault import Vault
from qsc_bot.errors import AccessDenied, QscBotError
from qsc_bot.models.account import Account
from qsc_bot.models.auth import User
from qsc_bot.models.profile import Profile

if TYPE_CHECKING:
    from qsc_bot.api.accounts import Accounts
    from qsc_bot.user_file import UserFile

_SHOWN_ACCOUNTS: Final = 3
_UNKNOWN: Final = "an account that is not known"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a login is made for `now`, and what the profile said `before` it, where there was one."""

    before: Binding | None
    now: Binding

    @property
    def is_elsewhere(self) -> bool:
        """Whether a profile that was there is turned to another account or host."""
        return self.before is not None and self.before != self.now

    def lost(self, names: Iterable[str], made_for: Binding | None) -> dict[str, str]:
        """Which of these stored secrets the login forgets, with their owner; of older ones the profile knows it."""
        known = made_for or self.before
        owners = {name: owner_elsewhere(name, known, self.now) if known else _UNKNOWN for name in names}
        return {name: owner for name, owner in owners.items() if owner}


@dataclass(frozen=True, kw_only=True)
class Home:
    """Where a token is accepted, and whose it is."""

    profile: Profile
    accounts: "Accounts"
    user: User


def find_home(candidates: Sequence[Profile], connect: "Callable[[Profile], Accounts]", *, is_fixed: bool) -> Home:
    """The first of the profiles whose host accepts the token; raises what the hosts said where none does.

    With `is_fixed` only the first may accept it, and the others serve to tell that the region is wrong.
    """
    faults: list[QscBotError] = []
    for profile in candidates:
        accounts = connect(profile)
        try:
            home = Home(profile=profile, accounts=accounts, user=accounts.user())
        except QscBotError as error:
            faults.append(error)
            continue
        if is_fixed and faults:
            raise _other_region(candidates[0], profile, faults[0])
        return home
    raise _nowhere(candidates, faults)


def choose_account(visible: Sequence[Account], wanted: str | None, ask: Callable[[Sequence[Account]], int]) -> Account:
    """The wanted account, else the only one, else the one that is answered; raises `access.account` listing them."""
    if wanted is None and len(visible) == 1:
        return visible[0]
    if wanted is None and visible:
        return visible[ask(visible)]
    found = next((one for one in visible if one.id == wanted), None)
    if found is None:
        shown = ", ".join(name_account(one) for one in visible) or "none"
        fault = f"account {wanted} is none of this token's accounts" if wanted else "this token sees no account"
        ways = tuple(f"add --account-id {one.id}" for one in visible[:_SHOWN_ACCOUNTS])
        hint = ways or ("ask for access to the account, or log in with a token of a user who has it",)
        raise AccessDenied("access.account", f"{fault}; it sees: {shown}", expected=wanted, found=shown, hint=hint)
    return found


def name_account(account: Account) -> str:
    """An account as people know it: its id and its name."""
    return f"{account.id} ({account.name})" if account.name else str(account.id)


def save(
    vault: Vault,
    file: "UserFile",
    values: Mapping[str, str],
    *,
    profile: str,
    now: datetime,
    change: Change,
    agree_to_file: Callable[[QscBotError], None],
) -> dict[str, str]:
    """Store the secrets and write the user file: both or neither.

    Stored ones that are not given anew are kept, unless they belong elsewhere: these are forgotten, and named with
    their owner. The keychain comes first; where it fails, `agree_to_file` raises unless a person agrees to the file.
    """
    file.check()
    with vault.alone():
        return _save_alone(vault, file, values, profile=profile, now=now, change=change, agree_to_file=agree_to_file)


def _save_alone(
    vault: Vault,
    file: "UserFile",
    values: Mapping[str, str],
    *,
    profile: str,
    now: datetime,
    change: Change,
    agree_to_file: Callable[[QscBotError], None],
) -> dict[str, str]:
    stored, fault = _read_stored(vault, profile)
    old = dict(stored.values) if stored else {}
    forgotten = change.lost([name for name in old if name not in values], stored.binding if stored else None)
    kept = {**{name: value for name, value in old.items() if name not in forgotten}, **values}
    place: Place = "keychain"
    with _undone(vault, profile, stored) as written:
        fault = fault or _keychain_fault(vault, profile, kept, change.now, written)
        if fault is not None:
            agree_to_file(fault)
            place = "file"
            written.places.append(place)
            vault.write(profile, kept, place=place, binding=change.now)
        made_for = asdict(change.now)
        vault.record(profile, Login(place=place, names=sorted(kept), saved_at=now, token_saved_at=now, **made_for))
        file.write()
    return forgotten


def _read_stored(vault: Vault, profile: str) -> tuple[Item | None, QscBotError | None]:
    try:
        return vault.read(profile), None
    except QscBotError as error:
        if error.code != "auth.keychain":
            raise
        return None, error


def _keychain_fault(
    vault: Vault, profile: str, values: Mapping[str, str], binding: Binding, written: "_Written"
) -> QscBotError | None:
    """Why the keychain does not take the secrets; it puts its item of before back by itself, if it can."""
    written.places.append("keychain")
    try:
        vault.write(profile, values, place="keychain", binding=binding)
    except QscBotError as error:
        written.places.remove("keychain")
        if error.code != "auth.keychain":
            raise
        written.in_doubt = isinstance(error, KeychainInDoubt)
        return error
    return None


@dataclass
class _Written:
    """Which places a login wrote to; `in_doubt`: the keychain may yet take what it did not take in time."""

    places: list[Place] = field(default_factory=list)
    in_doubt: bool = False


@contextmanager
def _undone(vault: Vault, profile: str, before: Item | None) -> Iterator[_Written]:
    """Put the stored secrets back where what follows fails or is interrupted, and tell what could not be put back."""
    login = vault.login(profile)
    written = _Written()
    try:
        yield written
    except BaseException as fault:
        if not (written.places or written.in_doubt):
            raise
        left = vault.restore(profile, before, login, written=written.places, doubtful=written.in_doubt)
        if left:
            _tell_leftovers(fault, left, profile)
        raise


def _tell_leftovers(fault: BaseException, left: Sequence[str], profile: str) -> None:
    """Raise the fault as one that tells them too; a fault of ours is left to be reported, with a note of them."""
    told = f"{' and '.join(left)} may hold what this login stored, which could not be taken back"
    hint = f"qsc-bot auth logout -p {profile} forgets it"
    if isinstance(fault, QscBotError):
        raise QscBotError(fault.code, f"{fault.message}; {told}", hint=(*fault.hint, hint)) from fault
    if isinstance(fault, KeyboardInterrupt):
        raise QscBotError("run.interrupted", f"stopped by Ctrl-C; {told}", hint=(hint,)) from fault
    if isinstance(fault, OSError):
        what = fault.strerror or type(fault).__name__
        raise QscBotError("config.state", f"the login could not be saved: {what}; {told}", hint=(hint,)) from fault
    fault.add_note(f"{told}; {hint}")


def _other_region(chosen: Profile, accepting: Profile, fault: QscBotError) -> AccessDenied:
    return AccessDenied(
        "auth.rejected",
        f"{fault.message}; {accepting.base_url} accepts it, {chosen.base_url} does not",
        hint=(f"log in with --region {accepting.region}",),
    )


def _nowhere(candidates: Sequence[Profile], faults: Sequence[QscBotError]) -> QscBotError:
    other = next((fault for fault in faults if fault.code != "auth.rejected"), None)
    if other is not None:
        return other
    hosts = " and ".join(profile.base_url for profile in candidates)
    return AccessDenied("auth.rejected", f"{faults[0].message}; tried: {hosts}")
