"""`auth login`: what is asked of a person or read from a stream, and the order in which it is checked and saved."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qsc_bot.cli.session import Session
from qsc_bot.credentials.item import binding_of
from qsc_bot.credentials.pasted import LARGEST_CHARACTERS, clean_secret
from qsc_bot.credentials.secrets import NAMES, Secret, Secrets, variable_of, whose, words_of
from qsc_bot.errors import QscBotError
from qsc_bot.models.account import Account
from qsc_bot.models.profile import SANDBOX_NAME, Profile, check_name
from qsc_bot.operations.auth import Credentials, tell_login
from qsc_bot.operations.login import Change, Home, choose_account, find_home, name_account, save
from qsc_bot.results import Record

if TYPE_CHECKING:
    from qsc_bot.api.accounts import Accounts
    from qsc_bot.user_file import UserFile

FIRST_NAME: Final = "prod"
REGIONS: Final = ("eu", "us")
_PLACEHOLDER: Final = "0"  # until the token has told its accounts


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the words of the command line say of a login."""

    region: str | None
    account_id: str | None
    api_url: str | None
    token_stdin: bool
    token_file: Path | None
    allow_file_store: bool
    yes: bool


def log_in(here: Session, wish: Wish) -> Record:
    """Make or renew a profile: everything is read and checked before anything is saved."""
    file = here.user_file
    file.check_rewritable(yes=wish.yes)
    name = _name(here)
    check_name(name)
    candidates = _candidates(file, name, wish)
    told: list[str] = []
    token = _read_token(here, wish, told)
    connect = partial(_accounts, here, Secrets({}, given={"token": token}))
    home = find_home(candidates, connect, is_fixed=wish.region is not None)
    here.printer.notice(f"the token is accepted by {home.profile.base_url}")
    changed = file.with_profile(name, _keys(here, file.profile(name) or {}, home, wish)).with_default(name)
    profile = changed.check().profiles[name]
    scopes = home.accounts.scopes()
    change = _change(file, profile)
    foretold = _foretell(here, told, change, name)
    values = {"token": token.value, **(_ask_others(here, told) if not wish.token_stdin else {})}
    forgotten = save(
        here.vault,
        changed,
        values,
        profile=name,
        now=here.clock.now(),
        change=change,
        agree_to_file=partial(_agree_to_file, here, told, wish.allow_file_store),
    )
    _tell_forgotten(here, told, {kind: owner for kind, owner in forgotten.items() if kind not in foretold}, name)
    here.turn_to(name)
    credentials = Credentials(secrets=here.secrets, vault=here.vault)
    record = tell_login(profile, home.user, scopes, credentials, is_new=file.profile(name) is None)
    record.warnings = [*told, *record.warnings, *_profile_warnings(here, name)]
    return record


def _name(here: Session) -> str:
    given = here.options.profile or here.surroundings.environ.get("QSC_BOT_PROFILE")
    if given:
        return given
    known = here.config.default_profile
    usual = known if known and known != SANDBOX_NAME else FIRST_NAME
    return (here.prompts.can_ask and here.prompts.ask(f"name of the profile [{usual}]: ", flag="-p NAME")) or usual


def _candidates(file: "UserFile", name: str, wish: Wish) -> list[Profile]:
    """The profile as it would be on each host that is to be tried, refused where its address is not allowed."""
    old = file.profile(name) or {}
    keys = {**old, "account_id": wish.account_id or old.get("account_id", _PLACEHOLDER)}
    api_url = wish.api_url or (None if wish.region else old.get("api_url"))
    if api_url:
        return [_draft(file, name, {**keys, "api_url": api_url, "region": wish.region or old.get("region", "eu")})]
    keys.pop("api_url", None)
    first = wish.region or old.get("region", REGIONS[0])
    ordered = sorted(REGIONS, key=lambda region: region != first)
    return [_draft(file, name, {**keys, "region": region}) for region in ordered]


def _draft(file: "UserFile", name: str, keys: Mapping[str, Any]) -> Profile:
    return file.with_profile(name, keys).check().profiles[name]


def _accounts(here: Session, secrets: Secrets, profile: Profile) -> "Accounts":
    return here.trial(profile, secrets).accounts


def _keys(here: Session, old: Mapping[str, Any], home: Home, wish: Wish) -> dict[str, Any]:
    """The profile's keys with the account that is meant; topics that stand there for this account stay."""
    wanted = wish.account_id or old.get("account_id")
    account = choose_account(home.accounts.visible(), wanted, partial(_ask_account, here))
    found = [str(topic.id) for project in account.projects for topic in project.topics]
    kept = old.get("topic_ids") if old.get("account_id") == account.id else None
    keys = {key: value for key, value in old.items() if key != "api_url"}
    keys |= {"account_id": str(account.id), "region": home.profile.region, "topic_ids": kept or found}
    return keys | ({"api_url": home.profile.api_url} if home.profile.api_url else {})


def _ask_account(here: Session, visible: Sequence[Account]) -> int:
    return here.prompts.choose("which account?", [name_account(one) for one in visible], flag="--account-id ID")


def _read_token(here: Session, wish: Wish, told: list[str]) -> Secret:
    if wish.token_stdin and wish.token_file:
        raise QscBotError("usage.invalid", "--token-stdin and --token-file cannot both be given")
    if wish.token_file:
        return _cleaned(here, told, _read_file(wish.token_file), f"the file {wish.token_file}")
    if wish.token_stdin:
        return _cleaned(here, told, here.prompts.read_text(LARGEST_CHARACTERS), "standard input")
    typed = here.prompts.ask_hidden("token of the Social Connect API (not shown): ", flag="--token-stdin")
    return _cleaned(here, told, typed, "what was typed")


def _read_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LARGEST_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise QscBotError("config.secret", f"{path} cannot be read: {reason}") from None


def _cleaned(here: Session, told: list[str], text: str, source: str) -> Secret:
    value, taken = clean_secret(text, source=source)
    for what in taken:
        _tell(here, told, f"{source}: {what} taken off")
    return Secret(value, source)


def _tell(here: Session, told: list[str], text: str) -> None:
    """Say something at once, since what follows may fail; programs are told it with the result."""
    if here.printer.is_for_programs:
        told.append(text)
    else:
        here.printer.warning(text)


def _change(file: "UserFile", profile: Profile) -> Change:
    before = file.check().profiles.get(profile.name)
    return Change(before=binding_of(before) if before else None, now=binding_of(profile))


def _foretell(here: Session, told: list[str], change: Change, name: str) -> Collection[str]:
    """Say which secrets the login will forget, before they are asked for anew; the keychain is not asked for that."""
    login = here.vault.login(name)
    others = [kind for kind in login.names if kind != "token"] if login else []
    lost = change.lost(others, login.binding if login else None)
    _tell_forgotten(here, told, lost, name)
    return lost.keys()


def _tell_forgotten(here: Session, told: list[str], owners: Mapping[str, str], name: str) -> None:
    for sentence in whose(owners, name):
        _tell(here, told, f"{sentence}: forgotten by this login")


def _profile_warnings(here: Session, name: str) -> list[str]:
    other = here.surroundings.environ.get("QSC_BOT_PROFILE")
    return [f"QSC_BOT_PROFILE names {other}, which is used in place of {name}"] if other and other != name else []


def _ask_others(here: Session, told: list[str]) -> dict[str, str]:
    """The other secrets, one by one; an empty answer leaves one as it is."""
    if not here.prompts.can_ask:
        return {}
    found = {}
    for name in NAMES[1:]:
        question = f"{words_of(name)}, {variable_of(name)} (not shown, Enter skips): "
        typed = here.prompts.ask_hidden(question, flag="--no-input")
        if typed.strip():
            found[name] = _cleaned(here, told, typed, f"the {words_of(name)}").value
    return found


def _agree_to_file(here: Session, told: list[str], is_allowed: bool, fault: QscBotError) -> None:
    if is_allowed:
        _tell(here, told, fault.message)
        return
    if not here.prompts.can_ask:
        hint = ("set QSC_BOT_TOKEN instead", "or add --allow-file-store to keep the secrets in a file")
        raise QscBotError(fault.code, fault.message, hint=hint)
    where = here.vault.source("file")
    here.prompts.confirm(f"{fault.message}; keep the secrets in {where}, readable by you alone, not encrypted")
